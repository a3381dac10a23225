"""Expressions with their names resolved: what rules and validations are made of.

In: nothing; the resolver makes them. Out: frozen terms, each with a type; `type_of` and `parts` for whoever walks them.
Never: syntax, an unresolved name, or SQL.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

Kind = Literal["scalar", "enum", "model", "type", "unsupported", "any", "null", "object", "unknown"]


class Place(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Where something stands: line and column from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Type(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The type of a field or expression.

    `name`: a builtin (String Boolean Int BigInt Float Decimal DateTime Json Bytes; Any, Null, Object, Unsupported in
    expressions), or the enum, model or type that `kind` tells.
    """

    name: str
    kind: Kind = "scalar"
    array: bool = False
    optional: bool = False


# Expressions: what rules and validations are made of. `type_of` gives the type of any of them.


class Value(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="is"):
    """A literal or null. A number with a point is a float; `text` is how it was written."""

    value: str | int | float | bool | None
    type: Type
    text: str = ""


class EnumValue(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="is"):
    """A member of an enum."""

    enum: str
    name: str


class ListValue(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="is"):
    """`[a, b]`."""

    items: tuple["Expression", ...]
    type: Type


class ObjectValue(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="is"):
    """`{a: b}`, in settings and notes."""

    entries: Mapping[str, "Expression"]


class This(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="is"):
    """The row that the rule is about; bare names outside of predicates are members of it."""

    model: str


class Element(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="is"):
    """The row that an enclosing predicate looks at.

    `level` counts the predicates from outside, from 0. `binding` is its name where one was given. `kind` is type where
    the rows are objects that `auth()` holds.
    """

    model: str
    level: int
    binding: str | None = None
    kind: Kind = "model"


class Auth(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="is"):
    """`auth()`: who asks; `name` is a model or a type, which Schema.auth tells."""

    name: str
    kind: Kind


class Before(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="is"):
    """`before()`: the row as it was before the update."""

    model: str


class Member(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="is"):
    """`of.field`: a column, a relation, or what `auth()` holds. Optional where anything on the way may be missing."""

    of: "Expression"
    field: str
    type: Type


class Not(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="is"):
    """`!operand`."""

    operand: "Expression"


class Binary(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="is"):
    """`left operator right`: && || == != < <= > >= in."""

    operator: str
    left: "Expression"
    right: "Expression"


class Predicate(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="is"):
    """`collection?[condition]`: some, every or none of the rows; in the condition they are Element(level)."""

    quantifier: Literal["some", "every", "none"]
    collection: "Expression"
    level: int
    condition: "Expression"
    binding: str | None = None


class Call(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="is"):
    """A function of the standard library; `check` takes a Member and, maybe, an operation."""

    function: str
    arguments: tuple["Expression", ...]
    type: Type


Expression = (
    Value
    | EnumValue
    | ListValue
    | ObjectValue
    | This
    | Element
    | Auth
    | Before
    | Member
    | Not
    | Binary
    | Predicate
    | Call
)

BOOLEAN = Type("Boolean")
OBJECT = Type("Object", "object")


def type_of(expression: Expression) -> Type:
    """The type of an expression."""
    match expression:
        case Value() | ListValue() | Member() | Call():
            return expression.type
        case EnumValue():
            return Type(expression.enum, "enum")
        case Element():
            return Type(expression.model, expression.kind)
        case This() | Before():
            return Type(expression.model, "model")
        case Auth():
            return Type(expression.name, expression.kind, optional=True)
        case ObjectValue():
            return OBJECT
        case _:
            return BOOLEAN


def parts(expression: Expression) -> tuple[Expression, ...]:
    """The expressions straight inside an expression."""
    match expression:
        case ListValue():
            return expression.items
        case ObjectValue():
            return tuple(expression.entries.values())
        case Member():
            return (expression.of,)
        case Not():
            return (expression.operand,)
        case Binary():
            return (expression.left, expression.right)
        case Predicate():
            return (expression.collection, expression.condition)
        case Call():
            return expression.arguments
        case _:
            return ()
