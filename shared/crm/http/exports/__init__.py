"""Routes, models and responses of exports."""
