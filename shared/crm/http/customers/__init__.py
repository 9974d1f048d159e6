"""Routes, models and answers of customers."""
