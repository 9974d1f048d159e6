"""Routes, models and responses of duplicate detection."""
