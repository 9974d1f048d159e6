"""Values that are parsed, validated and normalized on their own: phones, names, dates, codes."""
