"""Cells and dates of spreadsheets, for imports and exports."""
