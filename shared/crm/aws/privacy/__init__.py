"""Adapters for privacy requests and erasure."""
