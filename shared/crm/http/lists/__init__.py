"""Routes, models and answers of lists and search."""
