"""ONE tree, ONE statement.

In: a query tree that knows no dialect, and the catalog. Out: a Statement for the scope to run.
Never: a socket, a driver, or a value pasted into SQL text.
"""
