"""Routes, models and responses of customers."""
