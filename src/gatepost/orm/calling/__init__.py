"""What happens to a call: its names, its plugins, procedures, SQL of the program's own.

In: a client's state. Out: results. Never: the client itself; it stands above.
"""
