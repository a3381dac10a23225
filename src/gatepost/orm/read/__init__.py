"""Reads: one statement each, however deep.

In: a session, a model, an operation by either name, its arguments. Out: plain dicts, numbers, true or false.
Never: a row or field that a rule hides; two statements.
"""

from gatepost.orm.read.plan import Plan, plan, read

__all__ = ["Plan", "plan", "read"]
