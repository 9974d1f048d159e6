"""Adapters for customers."""
