"""Expressions: names resolved, types checked, attributes bound to their parameters.

In: expressions as written. Out: expressions of the schema.
Never: what an expression is for: that is the checks' and the builder's concern.
"""
