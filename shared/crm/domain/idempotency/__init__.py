"""Requests that carry an Idempotency-Key."""
