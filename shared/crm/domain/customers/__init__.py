"""A customer: fields, addresses, consents, history, and who may overwrite what."""
