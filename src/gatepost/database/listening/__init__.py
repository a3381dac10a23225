"""What a database says on its channels.

In: a login's conninfo, channels. Out: calls. Never: a row taken from a payload.
"""

BACKOFF_LIMIT = 4.0
"""Seconds after which a database that is away is tried again at the latest: it may be away for a moment, several times
in a row.
"""
