"""HTTP headers that PostgREST's dialect gives a meaning of its own.

In: their texts. Out: plain data of `ast.py`, and texts of headers to answer with. Never: a body.
"""
