"""Types shared by all rules: errors, ids, times, texts, permissions, tables and jobs."""
