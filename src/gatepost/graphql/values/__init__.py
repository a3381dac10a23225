"""Values on their way from a client to PostgreSQL.

In: variables, ids, cursors, input objects. Out: their shapes, which decide what a statement looks like, and their
texts, which travel as parameters. Never: SQL.
"""
