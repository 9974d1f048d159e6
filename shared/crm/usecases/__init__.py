"""Use cases: one function each, with the ports it needs in its signature."""
