"""Calls that change rows.

In: a session, a model, an operation, arguments. Out: rows or counts, in one transaction.
Never: SQL text, or a row that a rule does not give.
"""

from gatepost.orm.write.operations import write

__all__ = ["write"]
