"""Events published on the bus."""
