"""Readers of import files, and writers of templates and reports."""
