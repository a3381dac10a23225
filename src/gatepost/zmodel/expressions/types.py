"""Types: what a type in a text stands for, and which fits where.

In: a type as written. Out: a Type; whether a value of one type may stand where another is wanted.
Never: a report: who asks knows what to say.
"""

import re

from gatepost.zmodel import nodes
from gatepost.zmodel.link import Owned, Program
from gatepost.zmodel.terms import Kind, Type

SCALARS = ("String", "Boolean", "Int", "BigInt", "Float", "Decimal", "DateTime", "Json", "Bytes")
NO_SCALARS: dict[str, Kind] = {
    "Any": "any",
    "Null": "null",
    "Object": "object",
    "Void": "any",
    "Undefined": "any",
    "Unsupported": "unsupported",
}
BUILTIN = {*SCALARS, *NO_SCALARS}
# Inside expressions some types are one.
SHAPES = {"BigInt": "Int", "Decimal": "Float", "Json": "Any", "Bytes": "Any"}
ISO_TIME = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d)?(\.\d+)?(([+-]\d\d:\d\d)|Z)?)?)?)?", re.IGNORECASE)

UNKNOWN = Type("?", "unknown")
ANY = Type("Any", "any")
NULL = Type("Null", "null")


def declared(program: Program, use: nodes.TypeUse) -> Type:
    """What a type as written stands for; unknown where nothing of that name is in sight."""
    if use.name in SCALARS:
        return Type(use.name, "scalar", use.array, use.optional)
    if use.name in NO_SCALARS:
        return Type(use.name, NO_SCALARS[use.name], use.array, use.optional)
    match program.type_named(use.name, use.at.source.name):
        case nodes.Model():
            kind: Kind = "model"
        case nodes.TypeDefinition():
            kind = "type"
        case nodes.Enum():
            kind = "enum"
        case None:
            return UNKNOWN
    return Type(use.name, kind, use.array, use.optional)


class Types:
    """Types of fields, each worked out once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[int, Type] = {}

    def of(self, field: nodes.Field) -> Type:
        """The type of a field."""
        known = self._known.get(id(field))
        if known is None:
            known = self._known[id(field)] = declared(self._program, field.type)
        return known

    def target(self, field: nodes.Field) -> nodes.Container | None:
        """The model or type that a field refers to."""
        kind = self.of(field).kind
        return self._program.containers.get(field.type.name) if kind in ("model", "type") else None

    def relation(self, owned: Owned) -> bool:
        """Whether a field is a relation."""
        return self.of(owned.field).kind == "model"


def shape(of: Type) -> str | None:
    """The type as expressions see it; None for enums, models and types."""
    if of.kind == "scalar":
        return SHAPES.get(of.name, of.name)
    return {"any": "Any", "null": "Null", "object": "Object", "unsupported": "Unsupported"}.get(of.kind)


def fits(wanted: str, given: str) -> bool:
    """Whether a value of one shape may stand where another is wanted."""
    return wanted == "Any" or given in ("Any", wanted) or (wanted == "Float" and given == "Int")


def is_time(expression: nodes.Expression) -> bool:
    """Whether a literal can be read as a DateTime."""
    return isinstance(expression, nodes.Text) and ISO_TIME.fullmatch(expression.value) is not None


def words(of: Type) -> str:
    """A type as one would write it."""
    return f"{of.name}{'[]' if of.array else ''}{'?' if of.optional and not of.array else ''}"
