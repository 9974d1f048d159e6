"""The rules of the customer book: no I/O, no clock, no AWS."""
