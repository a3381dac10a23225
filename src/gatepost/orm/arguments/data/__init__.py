"""`data`, `create`, `update`: what a write is told.

In: a call's objects. Out: checked values by field and actions on related rows.
Never: SQL, or a rule of a policy.
"""

from gatepost.orm.arguments.data.reader import create_data, update_data

__all__ = ["create_data", "update_data"]
