"""Ports: Protocols that the use cases depend on; every method takes the merchant first."""
