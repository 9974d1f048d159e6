"""Read and write rows of csv and xlsx files."""
