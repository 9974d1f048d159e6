"""Routes, models and answers of loyalty programs, points and rewards."""
