"""The rules of the language.

In: a program. Out: what is wrong with it, reported; its attributes bound.
Never: a rule checked in two places, or a schema made: that is the builder's part.
"""

from gatepost.zmodel.check import attributes, datasource, models, policies, relations, structure
from gatepost.zmodel.check.context import Context

__all__ = ["Context", "check_program"]


def check_program(context: Context) -> None:
    """Every rule."""
    structure.check(context)
    datasource.check(context)
    models.check(context)
    attributes.check(context)
    relations.check(context)
    policies.check(context)
