"""Gatepost within Python web frameworks; each file here is imported alone, its framework is an extra."""
