"""Routes, models and answers of exports."""
