"""The HTTP API: resolver, problem responses, request and response models."""
