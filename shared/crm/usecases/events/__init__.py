"""Use cases of published events and bounced mails."""
