"""Values that rules compare, and the types in which PostgreSQL compares them.

In: columns, literals and what `auth()` holds, with their types in ZModel. Out: expressions of one SQL type.
Never: two sides that PostgreSQL has no operator for, or a text that it would have to guess the type of.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from gatepost.query import tree
from gatepost.query.sql import array_literal
from gatepost.query.tree import Claim, Expression
from gatepost.zmodel.schema import Native, Schema
from gatepost.zmodel.terms import EnumValue, ListValue, Type, Value

from .claims import form
from .names import enum_type

SCALARS = {
    "String": "text",
    "Boolean": "boolean",
    "Int": "integer",
    "BigInt": "integer",
    "Float": "float",
    "Decimal": "numeric",
    "DateTime": "timestamp",
    "Json": "json",
    "Bytes": "bytes",
}
NATIVES = {
    "Uuid": "uuid",
    "Date": "date",
    "Time": "time",
    "Timetz": "time",
    "Timestamptz": "timestamptz",
    "Real": "float",
    "Inet": "other",
    "Xml": "other",
    "Bit": "other",
    "VarBit": "other",
    "Money": "other",
}
SQL = {
    "text": "text",
    "boolean": "boolean",
    "integer": "bigint",
    "float": "double precision",
    "numeric": "numeric",
    "timestamp": "timestamp(3)",
    "timestamptz": "timestamptz",
    "date": "date",
    "time": "time",
    "json": "jsonb",
    "bytes": "bytea",
    "uuid": "uuid",
}
TEXTUAL = {"text", "uuid", "other", "enum"}
UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\Z")
UTC_NAME = tree.Literal("UTC", "text")


@dataclass(frozen=True, slots=True)
class Operand:
    """A value. `node` is its expression: of a column in the column's type, of what `auth()` holds in text.

    `claim` is the path of a value that the claims hold themselves. `value` is a literal's. `kind` is the family of SQL
    types that it belongs to; of an enum `enum` names it.
    """

    origin: Literal["column", "auth", "literal", "now"]
    kind: str
    node: Expression
    enum: str | None = None
    claim: tuple[str, ...] | None = None
    value: str | int | float | bool | None = None
    array: bool = False


def kind_of(type: Type, native: Native | None = None) -> str:
    """The family of SQL types."""
    if type.kind == "enum":
        return "enum"
    if type.kind != "scalar":
        return "json"
    return NATIVES.get(native.name, SCALARS[type.name]) if native else SCALARS.get(type.name, "text")


def literal(value: str | int | float | bool | None, text: str = "") -> Operand:
    """A literal; `text` is how a number was written."""
    match value:
        case bool():
            return Operand("literal", "boolean", tree.Literal(str(value).lower(), "boolean"), value=value)
        case int() | float():
            kind = "integer" if isinstance(value, int) else "numeric"
            return Operand("literal", kind, tree.Literal(text or str(value), SQL[kind]), value=value)
        case _:
            return Operand("literal", "text", tree.Literal(value, "text"), value=value)


def member(enum: EnumValue) -> Operand:
    """A member of an enum: its name, until it is known what it is compared with."""
    return Operand("literal", "enum", tree.Literal(enum.name, "text"), enum=enum.enum, value=enum.name)


def agreed(left: Operand, right: Operand) -> str:
    """The family in which two values are compared: a column's, since an index is of its type."""
    kinds = [each.kind for each in (left, right) if each.origin == "column"]
    if len(kinds) == 2:
        return kinds[0] if kinds[0] == kinds[1] or not TEXTUAL.issuperset(kinds) else "text"
    other = right if left.origin == "column" else left
    if not kinds:
        return _without_column(left, right)
    if other.origin == "now":
        return kinds[0]
    if kinds[0] == "other" or (kinds[0] == "enum" and other.origin == "auth"):
        return "text"
    if kinds[0] == "uuid" and other.origin == "literal":
        return "uuid" if isinstance(other.value, str) and UUID.match(other.value) else "text"
    return kinds[0]


def _without_column(left: Operand, right: Operand) -> str:
    """What `auth()` holds is text to begin with: an enum's member is its name, an id whatever it says."""
    kinds = {left.kind, right.kind} & (set(SQL) - TEXTUAL)
    if not kinds:
        return "text"
    return "numeric" if kinds == {"integer", "numeric"} else (left.kind if left.origin == "auth" else right.kind)


def rendered(schema: Schema, operand: Operand, kind: str, *, stored: bool = True) -> Expression:
    """A value as one of that family. `stored`: members of enums under their names in the database."""
    match operand.origin:
        case "column":
            return _column(operand, kind)
        case "auth":
            return _held(schema, operand, kind, stored)
        case "literal":
            return _literal(schema, operand, kind, stored)
        case "now":
            return _now(operand.node, kind)


def pair(schema: Schema, left: Operand, right: Operand) -> tuple[Expression, Expression]:
    """Both sides of a comparison, in one type."""
    kind, stored = agreed(left, right), "column" in (left.origin, right.origin)
    return rendered(schema, left, kind, stored=stored), rendered(schema, right, kind, stored=stored)


def _column(operand: Operand, kind: str) -> Expression:
    if kind == operand.kind or (kind not in ("text", "timestamp", "timestamptz")):
        return operand.node
    if kind == "text":
        return tree.Cast(operand.node, "text[]" if operand.array else "text")
    if {kind, operand.kind} == {"timestamp", "timestamptz"}:
        return tree.Apply("timezone", (UTC_NAME, operand.node))
    return operand.node


def _now(node: Expression, kind: str) -> Expression:
    """The transaction's beginning, as exact as what a column of that type holds."""
    if kind in ("timestamp", "date", "time"):
        return tree.Cast(tree.Apply("timezone", (UTC_NAME, node)), SQL[kind])
    return node


def _held(schema: Schema, operand: Operand, kind: str, stored: bool) -> Expression:
    """What `auth()` holds, as JSON writes it: moments with their zones, bytes as base64, enums by member."""
    if kind in ("enum", "text"):
        return _mapped(schema, operand) if stored and operand.enum else held_text(operand)
    if kind == "timestamp":
        moment = tree.Apply("timezone", (UTC_NAME, _cast(operand, "timestamptz")))
        return tree.Cast(moment, SQL["timestamp"])
    if kind == "bytes":
        return tree.Apply("decode", (held_text(operand), tree.Literal("base64", "text")))
    return _cast(operand, SQL.get(kind, "text"))


def held_text(operand: Operand) -> Expression:
    """What `auth()` holds, as text."""
    return operand.node if operand.claim is None else Claim(operand.claim, "text")


def _cast(operand: Operand, type: str) -> Expression:
    if operand.claim is not None:
        return Claim(operand.claim, type)
    return operand.node if type == "text" else _fitting(operand.node, type)


def _fitting(text: Expression, type: str) -> Expression:
    """A text as a type; null where it is none of that type."""
    value, shape = tree.Cast(text, type), form(type)
    if shape is None:
        return value
    return tree.Case(((tree.Compare(text, "match", tree.Literal(shape, "text")), value),), tree.Literal(None, type))


def _mapped(schema: Schema, operand: Operand) -> Expression:
    """Members of an enum as their names in the database, where those are others."""
    values = schema.enums[operand.enum or ""].values
    text = held_text(operand)
    branches = tuple(
        (tree.Compare(text, "equal", tree.Literal(name, "text")), tree.Literal(value, "text"))
        for name, value in values.items()
        if name != value
    )
    return tree.Case(branches, text) if branches else text


def _literal(schema: Schema, operand: Operand, kind: str, stored: bool) -> Expression:
    value = operand.value
    if operand.enum is not None:
        name = schema.enums[operand.enum].values[str(value)] if stored else str(value)
        return tree.Literal(name, enum_type(schema, schema.enums[operand.enum]) if kind == "enum" else "text")
    if value is None or kind == operand.kind or not isinstance(value, str):
        return operand.node
    match kind:
        case "timestamp" | "timestamptz" | "date":
            return tree.Literal(moment(value, kind), SQL[kind])
        case "json":
            return tree.Apply("to_jsonb", (operand.node,))
        case _:
            return tree.Literal(value, SQL.get(kind, "text"))


def moment(text: str, kind: str) -> str:
    """ISO text as PostgreSQL shall read it: in UTC, and without a zone where the type has none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    if kind == "date":
        return found.date().isoformat()
    return found.isoformat() if kind == "timestamptz" else found.replace(tzinfo=None).isoformat(sep=" ")


# Lists


def is_constant(items: ListValue) -> bool:
    """Whether a list holds literals only."""
    return all(isinstance(item, Value | EnumValue) for item in items.items)


def constant_array(schema: Schema, items: Sequence[Operand], kind: str, *, stored: bool) -> Expression:
    """Literals as one array; null is never equal to anything, so it is left out."""
    texts = [each for each in (_text(schema, item, kind, stored) for item in items) if each is not None]
    enum = next((item.enum for item in items if item.enum), None)
    type = enum_type(schema, schema.enums[enum]) if kind == "enum" and enum else SQL.get(kind, "text")
    return tree.Literal(array_literal(texts), f"{type}[]")


def _text(schema: Schema, item: Operand, kind: str, stored: bool) -> str | None:
    node = _literal(schema, item, kind, stored)
    value = node.value if isinstance(node, tree.Literal) else item.value
    return value if value is None or isinstance(value, str) else str(value)


def null_array(kind: str) -> Expression:
    return tree.Literal(None, f"{SQL.get(kind, 'text')}[]")
