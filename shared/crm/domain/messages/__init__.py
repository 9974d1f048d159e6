"""Every sentence that a user reads, in Vietnamese and English."""
