"""Adapters for merges."""
