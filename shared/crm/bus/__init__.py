"""Inbound events from the bus: their models, and the messages that carry them."""
