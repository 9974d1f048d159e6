"""Cells and columns of spreadsheets, for imports and exports."""
