"""Adapters for exports."""
