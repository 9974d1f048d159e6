"""Adapters for merchants, settings and staff."""
