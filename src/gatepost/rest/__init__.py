"""SURFACE: PostgREST's dialect.

In: an HTTP exchange. Out: one statement for the scope, and its result as an HTTP answer.
Never: a decision about who may see a row; that is row level security's.
"""
