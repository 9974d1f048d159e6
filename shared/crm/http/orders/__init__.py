"""Routes, models and responses of orders, checkouts and interactions."""
