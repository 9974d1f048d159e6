"""Use cases of orders, checkouts and interactions."""
