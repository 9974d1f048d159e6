"""Use cases of loyalty programs, points and rewards."""
