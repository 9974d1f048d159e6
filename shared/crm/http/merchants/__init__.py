"""Routes, models and answers of merchants, settings and staff."""
