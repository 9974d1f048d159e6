"""Routes, models and responses of merges."""
