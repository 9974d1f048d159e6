"""Adapters for duplicate detection."""
