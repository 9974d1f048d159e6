"""Use cases of idempotent requests."""
