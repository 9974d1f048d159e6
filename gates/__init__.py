"""What `make check` runs beyond the tools it finds ready-made."""
