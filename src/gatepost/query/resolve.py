"""What a tree refers to, held against the catalog.

In: a Read and the Catalog. Out: whether running it can run code that is not PostgreSQL's own.
Never: an assumption: a column that is not in the catalog may be a function, so it is not inert.
"""

from gatepost.catalog import Catalog, Name

from .operators import OPERATOR_NAMES, SYMBOLS
from .tree import (
    Both,
    Cast,
    Column,
    Compare,
    Condition,
    Either,
    Exists,
    Expression,
    Holds,
    JsonPath,
    Literal,
    Not,
    Present,
    Read,
    Star,
    State,
)

PLAIN_TYPES = frozenset(
    [
        "text",
        "varchar",
        "int",
        "int2",
        "int4",
        "int8",
        "integer",
        "smallint",
        "bigint",
        "numeric",
        "decimal",
        "real",
        "float",
        "float4",
        "float8",
        "boolean",
        "bool",
        "date",
        "timestamp",
        "timestamptz",
        "time",
        "timetz",
        "interval",
        "uuid",
        "json",
        "jsonb",
    ]
)


def is_inert(read: Read, catalog: Catalog) -> bool:
    """Whether the read, its embeds included, runs no function but PostgreSQL's own harmless ones."""
    return Inertness(catalog).read(read)


class Inertness:
    """Walks a read; `columns` are those of what each alias stands for."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.columns: dict[str, frozenset[str]] = {}

    def read(self, read: Read) -> bool:
        """A read over an inert relation whose every part is inert."""
        source = read.source
        if not isinstance(source, Name) or source not in self.catalog.inert:
            return False
        if read.distinct or read.having or read.lock:
            return False
        if read.link and read.link.via and read.link.via not in self.catalog.inert:
            return False
        self.columns[read.alias] = frozenset(self.catalog.tables[source].columns)
        return (
            all(self.embedded(embed.alias, embed.read) for embed in read.embeds)
            and all(self.expression(item.value) for item in read.outputs)
            and all(self.expression(item.value) for embed in read.embeds for item in embed.outputs)
            and all(self.expression(term.value) for term in read.order)
            and all(self.condition(part) for part in read.where)
            and not (read.link and {"=", "::"} & self.catalog.hazards)
        )

    def embedded(self, alias: str, read: Read) -> bool:
        """An embed; its parent sees its outputs under its alias."""
        inert = self.read(read)
        names = {item.name or getattr(item.value, "name", "") for item in read.outputs}
        stars = (
            self.columns.get(read.alias, frozenset()) if any(isinstance(i.value, Star) for i in read.outputs) else ()
        )
        self.columns[alias] = frozenset(names) | frozenset(stars)
        return inert

    def expression(self, node: Expression) -> bool:
        """An expression of known columns, JSON steps and casts to PostgreSQL's own types."""
        match node:
            case Column(name, of):
                return name in self.columns.get(of, ())
            case Star() | Literal(_, None):
                return True
            case JsonPath(value):
                return not {"->", "->>"} & self.catalog.hazards and self.expression(value)
            case Cast(value, type_):
                return (
                    type_.strip().lower() in PLAIN_TYPES and "::" not in self.catalog.hazards and self.expression(value)
                )
            case _:  # whatever else there is: a function, or a read of its own
                return False

    def condition(self, node: Condition) -> bool:
        """A condition whose operators cannot be a project's own."""
        match node:
            case Compare(left, operator, right):
                names = {SYMBOLS[operator], OPERATOR_NAMES[operator], "::"}  # a cast may stand before an operator
                return not names & self.catalog.hazards and self.expression(left) and self.expression(right)
            case State(value):
                return self.expression(value)
            case Both(parts) | Either(parts):
                return all(self.condition(part) for part in parts)
            case Not(part):
                return self.condition(part)
            case Present():
                return True
            case Exists() | Holds():
                return False
