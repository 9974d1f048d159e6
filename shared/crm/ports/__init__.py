"""Ports: what the use cases depend on, as Protocols; every method takes the merchant first."""
