"""Routes, models and responses of privacy requests and erasure."""
