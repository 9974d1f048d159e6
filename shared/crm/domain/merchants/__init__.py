"""Merchants, their settings and their staff."""
