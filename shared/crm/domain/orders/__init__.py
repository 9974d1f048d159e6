"""Orders, checkouts and interactions, and what they count towards a customer."""
