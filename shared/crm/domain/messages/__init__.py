"""All messages for users, in Vietnamese and English."""
