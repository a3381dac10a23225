"""Gatepost: identity down to the row, for Python on PostgreSQL."""

__version__ = "0.1.0"
