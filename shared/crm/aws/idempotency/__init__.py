"""Adapters for idempotent requests."""
