"""Khách Quen: a customer database for merchants."""
