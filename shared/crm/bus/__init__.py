"""Models of events on the bus, inbound and outbound, and the SQS messages that carry them."""
