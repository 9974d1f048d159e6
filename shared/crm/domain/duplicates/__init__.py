"""Duplicate detection: blocking keys, scores and pairs."""
