"""Routes, models and responses of loyalty programs, points and rewards."""
