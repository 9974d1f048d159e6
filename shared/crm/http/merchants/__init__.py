"""Routes, models and responses of merchants, settings and staff."""
