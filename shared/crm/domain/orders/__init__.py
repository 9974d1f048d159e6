"""Orders, checkouts and interactions, and the customer metrics computed from them."""
