"""Importing customers from files: mapping, planning, reports and reverts."""
