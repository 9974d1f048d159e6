"""Events that are published on the bus."""
