"""Exporting customers to files."""
