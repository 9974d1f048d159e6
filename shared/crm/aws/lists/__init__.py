"""Adapters for lists and search."""
