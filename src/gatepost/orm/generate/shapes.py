"""The words that shapes are said in.

In: nothing. Out: types of members, shapes of objects. Never: a word of Python or of JSON Schema.
"""

from dataclasses import dataclass
from typing import Literal

Direction = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Ref:
    """A shape or enum by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Scalar:
    """A ZModel scalar; `Any` and `Json` are anything."""

    name: str


@dataclass(frozen=True, slots=True)
class Many:
    """A list."""

    of: "TypeOf"


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several."""

    options: "tuple[TypeOf, ...]"


@dataclass(frozen=True, slots=True)
class Words:
    """One of these texts."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Null:
    """Nothing: None, null. `json` names the nulls of JSON fields as well."""

    json: bool = False


TypeOf = Ref | Scalar | Many | OneOf | Words | Null
BOOLEAN, INT, STRING, ANY = Scalar("Boolean"), Scalar("Int"), Scalar("String"), Scalar("Any")
NULL = Null()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a shape. `option` is a word of the client's own, which Python spells in snake_case."""

    name: str
    type: TypeOf
    required: bool = False
    option: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with these members and no others."""

    name: str
    members: tuple[Member, ...]
    doc: str = ""


def option(name: str, type: TypeOf, *, required: bool = False) -> Member:
    return Member(name, type, required, option=True)


def maybe(type: TypeOf, nullable: bool) -> TypeOf:
    return either(type, NULL) if nullable else type


def either(*options: TypeOf) -> TypeOf:
    """One of the options, those of options that are several themselves among them."""
    flat = [each for one in options for each in (one.options if isinstance(one, OneOf) else (one,))]
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else OneOf(unique)


def one_or_many(type: TypeOf) -> TypeOf:
    return either(type, Many(type))
