"""Adapters that implement the ports with AWS services."""
