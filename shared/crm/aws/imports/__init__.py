"""Adapters for imports."""
