"""Use cases: one function per operation, with the ports it needs in its signature."""
