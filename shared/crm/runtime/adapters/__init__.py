"""Adapters for the ports, each created once per process; IAM must allow what they do.

There is a module for each capability, divided where functions need a part alone: a function loads
all modules that it names (decision 0031).
"""
