"""Routes, models and responses of imports."""
