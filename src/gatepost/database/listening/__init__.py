"""What a database says on its channels.

In: a login's conninfo, channels. Out: calls. Never: a row taken from a payload.
"""
