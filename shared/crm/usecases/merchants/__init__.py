"""Use cases of merchants, settings and staff."""
