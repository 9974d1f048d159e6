"""Inbound events: whose they are, and everything that each of them changes."""
