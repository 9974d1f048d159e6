"""A customer: fields, addresses, consents, history, and the rules for overwriting fields."""
