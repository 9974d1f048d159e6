"""Routes, models and answers of orders, checkouts and interactions."""
