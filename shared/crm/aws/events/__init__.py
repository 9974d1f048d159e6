"""Adapters for the event bus, the table's stream and mail."""
