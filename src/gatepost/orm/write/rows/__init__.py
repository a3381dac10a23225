"""Rows as they are stored: put in, changed, deleted, found and read back, table by table.

In: values and conditions by field. Out: keys, as parameters. Never: a relation followed by itself.
"""
