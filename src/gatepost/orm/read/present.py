"""How a field's value travels: the SQL that shows it in JSON, and the Python type that reads it there.

In: a field and the expression of its value. Out: an expression, a type for the decoder, at times a last step.
Never: a datetime without a zone, or a number that lost digits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from gatepost.query.tree import Apply, Case, Cast, Compare, Expression, Fragment, Literal, Operation
from gatepost.zmodel.schema import Enum, Field, Schema
from gatepost.zmodel.terms import Type

EPOCH = Fragment("'1970-01-01'::date")
BASE64, NEWLINE, NO_TEXT, NO_ITEMS = Fragment("'base64'"), Fragment("E'\\n'"), Fragment("''"), Fragment("'{}'")
ZONED = "timestamptz"
TIMES = ("Time", "Timetz")
TYPES: dict[str, type] = {
    "String": str,
    "Boolean": bool,
    "Int": int,
    "BigInt": int,
    "Float": float,
    "Decimal": Decimal,
    "DateTime": datetime,
    "Bytes": bytes,
}


@dataclass(frozen=True, slots=True)
class Presented:
    """A value in JSON: its SQL, the type it is decoded to (or null), and what is left to do with it then."""

    value: Expression
    type: Any
    finish: Callable[[Any], Any] | None = None


def presented(schema: Schema, field: Field, value: Expression) -> Presented:
    """A field's value."""
    kind, name = field.type.kind, field.type.name
    if kind == "type" or name == "Json":
        return Presented(Apply("coalesce", (value, NO_ITEMS)) if field.type.array and kind != "type" else value, Any)
    if kind == "enum":
        return of_enum(schema.enums[name], field.type, value)
    if field.type.array:
        return of_list(field, value)
    return Presented(shown(field, value), TYPES[name] | None)


def shown(field: Field, value: Expression) -> Expression:
    """A single value, so that its JSON says all of it."""
    native = field.native.name if field.native else ""
    match field.type.name:
        case "DateTime" if native in TIMES:
            return Cast(Operation(EPOCH, "+", value), ZONED)
        case "DateTime":
            return Cast(value, ZONED)
        case "Bytes":
            return Apply("translate", (Apply("encode", (value, BASE64)), NEWLINE, NO_TEXT))
        case "Decimal" if native == "Money":
            return Cast(value, "numeric")
        case "Decimal" if not native:
            return Apply("trim_scale", (value,))
        case "Int" if native == "Oid":
            return Cast(value, "bigint")
        case _:
            return value


def of_list(field: Field, value: Expression) -> Presented:
    """A list; where the database has null, it is empty."""
    name = field.type.name
    if name == "DateTime":
        value = Cast(value, f"{ZONED}[]")
    value = Apply("coalesce", (value, NO_ITEMS))
    if name == "Bytes":
        return Presented(value, list[str], from_hex)
    return Presented(value, list[TYPES[name] | None])


def from_hex(items: list[str]) -> list[bytes]:
    """Bytes as PostgreSQL writes them in a list (`\\x0aff`)."""
    return [bytes.fromhex(item[2:]) for item in items]


def of_enum(enum: Enum, type: Type, value: Expression) -> Presented:
    """A member by its name in the schema."""
    renamed = [member for member in enum.members if member.name != member.value]
    if type.array:
        return Presented(Apply("coalesce", (value, NO_ITEMS)), list[str | None], renaming(enum) if renamed else None)
    if not renamed:
        return Presented(value, str | None)
    text = Cast(value, "text")
    branches = tuple((Compare(text, "equal", Literal(m.value)), Literal(m.name, "text")) for m in renamed)
    return Presented(Case(branches, text), str | None)


def renaming(enum: Enum) -> Callable[[list[str | None]], list[str | None]]:
    """Members by their names in the schema, of their names in the database."""
    names = {member.value: member.name for member in enum.members}

    def rename(items: list[str | None]) -> list[str | None]:
        return [names.get(item, item) if item is not None else None for item in items]

    return rename
