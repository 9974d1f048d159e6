"""Use cases of merges."""
