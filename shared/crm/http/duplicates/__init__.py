"""Routes, models and answers of duplicate detection."""
