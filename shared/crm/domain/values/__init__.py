"""Parse, validate and normalize single values: phones, names, dates, codes."""
