"""What a database says of itself: its tables and functions, its keys.

In: one of our own logins. Out: facts, read in one round trip from one snapshot. Never: what a surface makes of them.
"""
