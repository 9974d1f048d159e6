"""Use cases of privacy requests and erasure."""
