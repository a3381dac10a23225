"""Statements, and the only functions that quote.

In: names and values. Out: SQL text whose values are all numbered parameters.
Never: a value inside the text. Parameters travel in text form with an unknown type, so that PostgreSQL decides
how to read each one from where it stands.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    """A value that is known only when the statement is sent: the call's n-th, or what the claims hold under a path as
    that type (SQL text).
    """

    key: int | tuple[str, ...]
    type: str = ""


Parameter = bytes | None
NUMBER = "\0"
"""Where a number will stand in a text: nothing else of a statement holds that character."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with `$1 …` and its parameters in text form (None is NULL).

    `inert` says that the compiler made it, that it only reads, and that no function outside the allow-list can run
    while it does: only such a statement may share a connection with other requests. `foreign` says that a program
    wrote it: what it leaves behind in a session nobody knows.
    """

    text: str
    params: tuple[Parameter, ...] = ()
    inert: bool = False
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A statement some of whose values come later; `numbers` are whole numbers that will stand in the text itself, in
    the places of NUMBER.
    """

    text: str
    params: tuple[Parameter | Slot, ...] = ()
    inert: bool = False
    numbers: tuple[Slot, ...] = ()

    def filled(self, value: Callable[[Slot], Parameter]) -> Statement:
        """The statement, once `value` says what each slot holds."""
        params = tuple(value(each) if isinstance(each, Slot) else each for each in self.params)
        return Statement(self._numbered(value) if self.numbers else self.text, params, self.inert)

    def _numbered(self, value: Callable[[Slot], Parameter]) -> str:
        first, *rest = self.text.split(NUMBER)
        numbers = (str(int(value(each) or 0)) for each in self.numbers)
        return first + "".join(number + text for number, text in zip(numbers, rest, strict=True))


class Parameters:
    """Values in the order in which a statement first names them."""

    def __init__(self) -> None:
        self.given: list[Parameter | Slot] = []

    @property
    def values(self) -> list[Parameter]:
        """What is given, in a statement that waits for nothing."""
        return [each for each in self.given if not isinstance(each, Slot)]

    def add(self, value: str | bytes | Slot | None) -> str:
        """The placeholder of a value. A NUL character cannot be in PostgreSQL's text: it is dropped."""
        self.given.append(value.replace("\0", "").encode() if isinstance(value, str) else value)
        return f"${len(self.given)}"

    def number(self, value: int | Slot) -> str:
        """A number of rows."""
        return self.add(value if isinstance(value, Slot) else str(value))

    def most(self, value: int | Slot) -> str:
        """The most rows that are read."""
        return self.number(value)

    def claim(self, path: tuple[str, ...], type: str) -> str:
        """What the asking identity's claims hold under `path`; `type` is SQL text."""
        return f"{self.add(Slot(path, type))}::{type}"


class Settled(Parameters):
    """The values of a statement that is made once and sent often. How many rows it may read stands in the text, now
    or when it is sent: PostgreSQL, which plans by it, would plan anew each time were it a parameter.
    """

    def __init__(self) -> None:
        super().__init__()
        self.numbers: list[Slot] = []

    def most(self, value: int | Slot) -> str:
        if isinstance(value, Slot):
            self.numbers.append(value)
            return NUMBER
        return str(int(value))


class Inline(Parameters):
    """Values as quoted literals, for definitions, which take no parameters; `claims` prints what reads a claim."""

    def __init__(self, claims: Callable[[tuple[str, ...], str], str]) -> None:
        super().__init__()
        self._claims = claims

    def add(self, value: str | bytes | Slot | None) -> str:
        if isinstance(value, Slot):
            raise TypeError("a definition has no values that are known later")
        return literal(value.decode() if isinstance(value, bytes) else value)

    def claim(self, path: tuple[str, ...], type: str) -> str:
        return self._claims(path, type)


def literal(value: str | None) -> str:
    """`value` as a quoted SQL literal of unknown type (standard_conforming_strings is on)."""
    return "NULL" if value is None else "'" + value.replace("\0", "").replace("'", "''") + "'"


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
