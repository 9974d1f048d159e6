"""Routes, models and answers of imports."""
