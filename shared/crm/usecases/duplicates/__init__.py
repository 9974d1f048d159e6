"""Use cases of duplicate detection."""
