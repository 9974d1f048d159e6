"""Business rules, without I/O, clock or AWS."""
