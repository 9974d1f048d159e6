"""Adapters for loyalty programs, points and rewards."""
