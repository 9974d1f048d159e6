"""A customer: fields, addresses, consents, history and write precedence."""
