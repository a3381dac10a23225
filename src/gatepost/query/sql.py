"""Statements, and the only functions that quote.

In: names and values. Out: SQL text whose values are all numbered parameters.
Never: a value inside the text. Parameters travel in text form with an unknown type, so that PostgreSQL decides
how to read each one from where it stands.
"""

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


def identifier(name: str) -> str:
    """`name` as a quoted SQL identifier, whatever it contains (a NUL cannot be in one)."""
    if "\0" in name:
        raise ValueError("an SQL identifier cannot contain a NUL character")
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """`schema`.`name`, both quoted."""
    return f"{identifier(schema)}.{identifier(name)}"
