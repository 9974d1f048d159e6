"""What every rule builds on: errors, ids, time, texts, permissions, tables and jobs."""
