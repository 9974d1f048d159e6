"""Routes by resource: each function adds to an API what a handler serves with its adapters."""
