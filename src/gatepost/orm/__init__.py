"""SURFACE: ZenStack's client, in Python.

In: a schema, a database, calls as methods and dictionaries. Out: rows as plain dicts, or an OrmError.
Never: a rule that is decided here; `policy` says what holds, this room asks for it.
"""
