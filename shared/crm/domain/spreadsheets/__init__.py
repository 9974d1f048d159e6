"""Cells and columns of spreadsheets, whatever they are used for."""
