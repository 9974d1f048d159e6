"""Models that validate events from the bus, and the SQS messages that carry them."""
