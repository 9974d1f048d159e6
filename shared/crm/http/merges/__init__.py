"""Routes, models and answers of merges."""
