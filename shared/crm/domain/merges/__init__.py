"""Merging customers into one person, and undoing it."""
