"""Conditions: `where`, unique `where`, `having`, and the filters of each type.

In: what a call says. Out: a Where whose values are numbers. Never: an operator that the field's type does not have.
"""
