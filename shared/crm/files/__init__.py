"""Reading and writing csv and xlsx files."""
