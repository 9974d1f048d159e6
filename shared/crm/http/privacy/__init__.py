"""Routes, models and answers of privacy requests and erasure."""
