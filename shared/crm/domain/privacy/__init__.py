"""Privacy requests and the personal data that is kept of a customer."""
