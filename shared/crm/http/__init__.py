"""HTTP: the resolver, routes, problem details, and request and response models."""
