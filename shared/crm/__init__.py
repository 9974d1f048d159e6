"""Khách Quen: a customer database that each merchant owns."""
