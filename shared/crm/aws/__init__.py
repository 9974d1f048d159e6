"""Adapters: the ports, implemented with AWS services."""
