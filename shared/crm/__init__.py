"""Khách Quen: a customer book that a merchant owns."""
