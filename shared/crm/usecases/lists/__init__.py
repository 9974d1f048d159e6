"""Use cases of lists and search."""
