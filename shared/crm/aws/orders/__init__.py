"""Adapters for orders, checkouts and interactions."""
