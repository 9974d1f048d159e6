"""The ports, provided by AWS."""
