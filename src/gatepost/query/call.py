"""Call → SQL.

In: a function call of the tree. Out: SQL text that gives the function's rows, or its scalar under a fixed name.
Never: an argument in the text.
"""

from .payload import rows
from .read import expression
from .sql import Parameters, identifier, qualified
from .tree import NEW, SCALAR, Argument, Call

RESULT = "gatepost_call"


def call(node: Call, params: Parameters) -> str:
    """SELECT from the function; a payload, where there is one, stands before it and gives the arguments."""
    given = f"{rows(node.payload, params)}, LATERAL " if node.payload and node.payload.columns else ""
    arguments = ", ".join(argument(item, params) for item in node.arguments)
    invoked = f"{qualified(*node.function)}({arguments})"
    if node.scalar:
        return f"SELECT {RESULT}.{SCALAR} FROM {given}(SELECT {invoked} AS {SCALAR}) AS {RESULT}"
    columns = ", ".join(f"{RESULT}.*" if c == "*" else f"{RESULT}.{identifier(c)}" for c in node.returning)
    return f"SELECT {columns or f'{RESULT}.*'} FROM {given}{invoked} AS {RESULT}"


def argument(item: Argument, params: Parameters) -> str:
    """One argument, by name where it has one."""
    value = f"{identifier(NEW)}.{identifier(item.name)}" if item.value is None else expression(item.value, params)
    by_name = f"{identifier(item.name)} := {value}" if item.name else value
    return f"VARIADIC {by_name}" if item.variadic else by_name
