"""Expressions and conditions as SQL text.

In: nodes of the tree. Out: text whose values stand in Parameters. Never: a value in the text, or an unquoted name.
"""

from collections.abc import Callable, Iterable

from .operators import SYMBOLS
from .sql import Parameters, identifier, qualified
from .tree import (
    Aggregate,
    Apply,
    Both,
    Cast,
    Column,
    Compare,
    Condition,
    Either,
    Expression,
    JsonPath,
    JsonStep,
    Literal,
    Not,
    Order,
    Output,
    Present,
    Row,
    Star,
    State,
)

STATES = {"null": "NULL", "not_null": "NOT NULL", "true": "TRUE", "false": "FALSE", "unknown": "UNKNOWN"}
NULLS = {"first": " NULLS FIRST", "last": " NULLS LAST", None: ""}
DIRECTIONS = {True: " DESC", False: " ASC", None: ""}
Presence = Callable[[Present], str]


def expression(node: Expression, params: Parameters) -> str:
    """One expression."""
    match node:
        case Column(name, of):
            return f"{identifier(of)}.{identifier(name)}"
        case Star(of):
            return f"{identifier(of)}.*"
        case Row(of, type_):
            return f"({identifier(of)}.*)::{qualified(*type_)}" if type_ else f"ROW({identifier(of)}.*)"
        case Literal(value, type_):
            return params.add(value) + (f"::{type_}" if type_ else "")
        case JsonPath(value, steps, convert):
            return json_path(expression(value, params), steps, convert, params)
        case Cast(value, type_):
            return f"CAST({expression(value, params)} AS {type_})"
        case Apply():
            return apply(node, params)
        case Aggregate(function, value):
            return f"{function}({'*' if value is None else expression(value, params)})"


def json_path(value: str, steps: Iterable[JsonStep], convert: bool, params: Parameters) -> str:
    """Steps into JSON; a column that is JSON already stays bare, so that an index on it applies."""
    text = f"to_jsonb({value})" if convert else value
    for step in steps:
        arrow = "->>" if step.as_text else "->"
        text += arrow + params.add(step.key) + ("::int" if step.index else "::text")
    return f"({text})"


def apply(node: Apply, params: Parameters) -> str:
    """A function call; for each element of an array: a sub-select that gives the results."""
    arguments = ", ".join(expression(argument, params) for argument in node.arguments)
    if node.each:
        return f"SELECT {node.function}(unnest({arguments}::text[]))"
    return f"{node.function}({arguments})"


def condition(node: Condition, params: Parameters, present: Presence) -> str:
    """One condition; `present` prints what an embed's presence means in this query."""
    match node:
        case Compare():
            return compare(node, params)
        case State(value, state):
            return f"{expression(value, params)} IS {STATES[state]}"
        case Both(parts):
            return joined(parts, " AND ", "TRUE", params, present)
        case Either(parts):
            return joined(parts, " OR ", "FALSE", params, present)
        case Not(part):
            return f"NOT ({condition(part, params, present)})"
        case Present():
            return present(node)


def compare(node: Compare, params: Parameters) -> str:
    """A comparison, with ANY or ALL elements of an array where it is quantified."""
    left = expression(node.left, params)
    right = expression(node.right, params)
    if node.quantifier:
        right = f"{node.quantifier.upper()} ({right})"
    return f"{left} {SYMBOLS[node.operator]} {right}"


def joined(parts: Iterable[Condition], word: str, empty: str, params: Parameters, present: Presence) -> str:
    """Conditions under one connective."""
    texts = [condition(part, params, present) for part in parts]
    return f"({word.join(texts)})" if texts else empty


def output(node: Output, params: Parameters) -> str:
    """One item of a select list."""
    value = expression(node.value, params)
    return value if node.name is None else f"{value} AS {identifier(node.name)}"


def order_by(terms: Iterable[Order], params: Parameters) -> str:
    """An ORDER BY clause, or nothing."""
    texts = [expression(t.value, params) + DIRECTIONS[t.descending] + NULLS[t.nulls] for t in terms]
    return f" ORDER BY {', '.join(texts)}" if texts else ""


def no_presence(node: Present) -> str:
    """Where there are no embeds."""
    raise ValueError(f"nothing is embedded as {node.embed} here")
