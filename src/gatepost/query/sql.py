"""Statements, and the only functions that quote.

In: names and values. Out: SQL text whose values are all numbered parameters.
Never: a value inside the text. Parameters travel in text form with an unknown type, so that PostgreSQL decides
how to read each one from where it stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass

Parameter = bytes | None


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with `$1 …` and its parameters in text form (None is NULL).

    `inert` says that the compiler made it, that it only reads, and that no function outside the allow-list can run
    while it does: only such a statement may share a connection with other requests.
    """

    text: str
    params: tuple[Parameter, ...] = ()
    inert: bool = False


class Parameters:
    """Values in the order in which a statement first names them."""

    def __init__(self) -> None:
        self.values: list[Parameter] = []

    def add(self, value: str | bytes | None) -> str:
        """The placeholder of a value. A NUL character cannot be in PostgreSQL's text: it is dropped."""
        self.values.append(value.replace("\0", "").encode() if isinstance(value, str) else value)
        return f"${len(self.values)}"


def identifier(name: str) -> str:
    """`name` as a quoted SQL identifier, whatever it contains (a NUL cannot be in one)."""
    if "\0" in name:
        raise ValueError("an SQL identifier cannot contain a NUL character")
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """`schema`.`name`, both quoted."""
    return f"{identifier(schema)}.{identifier(name)}"


def array_literal(values: Iterable[str]) -> bytes:
    """Values as a PostgreSQL array literal (`{"a","b\\"c"}`), for a parameter; NUL characters are dropped."""
    escaped = (value.replace("\0", "").replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return ("{" + ",".join(f'"{value}"' for value in escaped) + "}").encode()
