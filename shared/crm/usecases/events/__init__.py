"""Use cases of published events and bounced emails."""
