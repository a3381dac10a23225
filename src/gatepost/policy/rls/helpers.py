"""The functions that policies ask about other tables.

In: conditions that read tables, about the row called ROW. Out: conditions that call functions instead, and the
functions. They run as their owner, past the policies of what they read (so that none can ask itself), with a fixed
search path, and say only yes or no, or which keys the caller reaches.
Never: a table's row, or a name that depends on anything but what the function says.
"""

import hashlib

from msgspec import Struct

from gatepost.catalog import Name
from gatepost.query.read import select
from gatepost.query.sql import identifier, qualified
from gatepost.query.tree import (
    Apply,
    Column,
    Compare,
    Condition,
    Holds,
    Nothing,
    Output,
    Read,
    Select,
    Truth,
)

from .claims import inline
from .walk import columns_of, renamed

ROW = "gatepost_row"
"""The row that a rule is about."""
LIMIT = 63


class Helper(Struct, frozen=True):
    """A function: its arguments are columns of `table`, called as these are; `body` is one SELECT, `asked` its tree."""

    name: str
    table: Name
    arguments: tuple[str, ...]
    returns: str
    body: str
    asked: Read


class Helpers:
    """Makes functions in the schema `private`, each once, whoever asks."""

    def __init__(self, private: str) -> None:
        self._private = private
        self.made: dict[str, Helper] = {}

    def holds(self, table: Name, condition: Condition) -> Condition:
        """Whether the condition holds: asked for each row, or once where it does not depend on the row."""
        arguments = columns_of(condition, ROW)
        answer = Read(Nothing(), "", (Output(Truth(condition)),))
        name = self._function(table, "holds", arguments, "boolean", answer)
        called = Apply(qualified(self._private, name), tuple(Column(each, ROW) for each in arguments))
        return Holds(called if arguments else Select(Read(Nothing(), "", (Output(called),))))

    def among(self, column: str, key: tuple[Name, str], rows: Read) -> Condition:
        """Whether the row's `column` is among the values that `rows` give, worked out once a statement.

        `key` is the column that they are values of.
        """
        name = self._function(key[0], key[1], (), f"setof {type_of(*key)}", rows)
        values = Read(Nothing(), "", (Output(Apply(qualified(self._private, name), ())),))
        return Compare(Column(column, ROW), "equal", Select(values, array=True), "any")

    def _function(self, table: Name, about: str, arguments: tuple[str, ...], returns: str, read: Read) -> str:
        body = select(read, inline())
        types = [type_of(table, each) for each in arguments]
        name = hashed(f"{table.name}_{about}", (*types, returns, body))
        own = select(renamed(read, ROW, name), inline())
        self.made[name] = Helper(name, table, arguments, returns, own, read)
        return name


def hashed(words: str, content: tuple[str, ...]) -> str:
    """A name of at most 63 bytes that tells this content from any other."""
    digest = hashlib.sha256("\0".join(content).encode()).hexdigest()[:10]
    room = LIMIT - len(digest) - 1
    return f"{words.encode()[:room].decode(errors='ignore')}_{digest}"


def fitted(name: str, *content: str) -> str:
    """A name as it is where PostgreSQL takes it, else cut, and told from others by what it is about."""
    return name if len(name.encode()) <= LIMIT else hashed(name, content)


def type_of(table: Name, column: str) -> str:
    """The type of a column, whatever it is."""
    return f"{qualified(*table)}.{identifier(column)}%type"
