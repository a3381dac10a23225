"""A change of a database: what it is called, the SQL that makes it, what it may cost.

In: nothing. Out: Changes, and the order in which they work.
Never: SQL run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from gatepost.evolve.layout.types import bare

TableName = tuple[str, str]


class Stage(IntEnum):
    """The order of changes: what others stand on goes last and comes first."""

    PREPARE = 0
    RENAME = 1
    DROP_KEYS = 2
    DROP_TABLES = 3
    DROP_INDEXES = 4
    ENUMS = 5
    CREATE_TABLES = 6
    ADD_COLUMNS = 7
    ALTER_COLUMNS = 8
    DROP_COLUMNS = 9
    DROP_ENUMS = 10
    PRIMARY_KEYS = 11
    INDEXES = 12
    FOREIGN_KEYS = 13


@dataclass(frozen=True, slots=True)
class Change:
    """`text` is for people. `danger` says what data it destroys, or may: it is asked about. `stop` says why it cannot
    be made as things are. `retypes` is the column that gets another type.
    """

    stage: Stage
    text: str
    statements: tuple[str, ...]
    danger: str | None = None
    stop: str | None = None
    retypes: tuple[TableName, str] | None = None

    @property
    def renames(self) -> bool:
        """Whether it gives something a new name."""
        return self.stage is Stage.RENAME


@dataclass(frozen=True, slots=True)
class Rename:
    """Something that went while something alike came: a column of a table, or a table (`column` None)."""

    table: TableName
    old: str
    new: str
    column: bool

    @property
    def question(self) -> str:
        """For people."""
        if self.column:
            return f"Is {shown(self.table)}.{self.new} the column {self.old} under a new name?"
        return f"Is {shown((self.table[0], self.new))} the table {self.old} under a new name?"

    @property
    def change(self) -> Change:
        """What renames it."""
        table = qualified(self.table)
        if self.column:
            statement = f"ALTER TABLE {table} RENAME COLUMN {bare(self.old)} TO {bare(self.new)}"
            return Change(Stage.RENAME, f"rename column {shown(self.table)}.{self.old} to {self.new}", (statement,))
        statement = f"ALTER TABLE {table} RENAME TO {bare(self.new)}"
        return Change(Stage.RENAME, f"rename table {shown(self.table)} to {self.new}", (statement,))


@dataclass(slots=True)
class Difference:
    """What must change. `renames` are questions still open."""

    changes: list[Change] = field(default_factory=list[Change])
    renames: list[Rename] = field(default_factory=list[Rename])

    @property
    def ordered(self) -> list[Change]:
        """In the order in which they work."""
        return sorted(self.changes, key=lambda change: change.stage)

    @property
    def dangers(self) -> list[str]:
        """What is lost, or may be."""
        return [change.danger for change in self.ordered if change.danger]

    @property
    def stops(self) -> list[str]:
        """What cannot be done as things are."""
        return [change.stop for change in self.ordered if change.stop]


def qualified(table: TableName) -> str:
    """`public."Post"`, for SQL."""
    return f"{bare(table[0])}.{bare(table[1])}"


def shown(table: TableName) -> str:
    """`Post`, or `other.Post`: for people."""
    return table[1] if table[0] == "public" else f"{table[0]}.{table[1]}"


def listed(names: Sequence[str]) -> str:
    """`"a", b`."""
    return ", ".join(bare(name) for name in names)
