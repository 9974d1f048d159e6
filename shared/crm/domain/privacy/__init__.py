"""Privacy requests, and the personal data stored about a customer."""
