"""Resolver, problem answers, request and response models."""
