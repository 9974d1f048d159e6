"""Rows to and from csv and xlsx."""
