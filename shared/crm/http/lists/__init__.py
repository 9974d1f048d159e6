"""Routes, models and responses of lists and search."""
