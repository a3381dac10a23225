"""What a tree refers to, held against the catalog.

In: a Read and the Catalog. Out: whether running it can run code that is not PostgreSQL's own.
Never: an assumption: a column that is not in the catalog may be a function, so it is not inert.
"""

import re

from gatepost.catalog import Catalog, Name

from .operators import OPERATOR_NAMES, SYMBOLS
from .tree import (
    Aggregate,
    Apply,
    Both,
    Case,
    Cast,
    Column,
    Compare,
    Condition,
    Constant,
    Either,
    Exists,
    Expression,
    Holds,
    Json,
    JsonPath,
    Listed,
    Literal,
    Lookup,
    Not,
    Nothing,
    Object,
    Operation,
    Present,
    Read,
    RowNumber,
    Select,
    Star,
    State,
    Subscript,
    Truth,
    Tuple,
    Unnest,
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
        "bit",
        "bpchar",
        "bytea",
        "cidr",
        "inet",
        "macaddr",
        "macaddr8",
        "money",
        "name",
        "varbit",
    ]
)


# Functions that read nothing but their arguments; so named, no search path can lead elsewhere.
PURE = frozenset(
    f"pg_catalog.{name}"
    for name in [
        "btrim",
        "concat",
        "convert_to",
        "date_part",
        "encode",
        "host",
        "isopen",
        "lower",
        "lower_inc",
        "point",
        "radius",
        "regexp_split_to_array",
        "replace",
        "to_char",
        "to_json",
        "translate",
        "upper",
        "upper_inc",
    ]
)


# A name in quotes alone may be a project's: only unquoted it is the same in any case.
QUALIFIED = re.compile('"pg_catalog"\\."([a-z0-9_]+)"')


def is_plain(type_: str) -> bool:
    """Whether a type (SQL text) is PostgreSQL's own, so that a cast to it runs nothing else."""
    qualified = QUALIFIED.fullmatch(type_)
    return (qualified[1] if qualified else type_.strip().lower()) in PLAIN_TYPES


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
        if read.distinct or read.having or read.lock or not self.source(read):
            return False
        if read.link and read.link.via and read.link.via not in self.catalog.inert:
            return False
        return (
            all(self.embedded(embed.alias, embed.read) for embed in read.embeds)
            and all(self.expression(item.value) for item in read.outputs)
            and all(self.expression(item.value) for embed in read.embeds for item in embed.outputs)
            and all(self.expression(term.value) for term in read.order)
            and all(self.condition(part) for part in read.where)
            and not (read.link and {"=", "::"} & self.catalog.hazards)
            and not (read.order and {"<", ">"} & self.catalog.hazards)
        )

    @property
    def casts_are_known(self) -> bool:
        """Whether a cast that nobody wrote, before a function or an operator, is PostgreSQL's own."""
        return "::" not in self.catalog.hazards

    def source(self, read: Read) -> bool:
        """An inert relation, a read of the like, or none at all; its columns are known from here on."""
        match read.source:
            case Name():
                if read.source not in self.catalog.inert:
                    return False
                self.columns[read.alias] = frozenset(self.catalog.tables[read.source].columns)
                return True
            case Read():
                return self.embedded(read.alias, read.source)
            case Nothing():
                return True
            case Unnest(value):
                self.columns[read.alias] = frozenset(["value"])
                return self.expression(value)
            case _:
                return False

    def embedded(self, alias: str, read: Read) -> bool:
        """An embed, or a read as source; who reads it sees its outputs under its alias."""
        inert = self.read(read)
        outputs = [*read.outputs, *(item for embed in read.embeds for item in embed.outputs)]
        names = {item.name or getattr(item.value, "name", "") for item in outputs}
        stars = (
            self.columns.get(read.alias, frozenset()) if any(isinstance(i.value, Star) for i in read.outputs) else ()
        )
        self.columns[alias] = frozenset(names) | frozenset(stars)
        return inert

    def expression(self, node: Expression) -> bool:  # noqa: PLR0912 - one line a kind
        """An expression of known columns, PostgreSQL's own functions and casts to its own types."""
        match node:
            case Column(name, of):
                return name in self.columns.get(of, ())
            case Star() | Literal(_, None) | Constant() | RowNumber():
                return True
            case Literal(_, type_):
                return type_ is not None and is_plain(type_)
            case Object(members):
                return all(self.expression(value) for _, value in members)
            case Tuple(values):
                return all(map(self.expression, values))
            case Select(read):
                return self.read(read)
            case Truth(tested):
                return self.condition(tested)
            case Subscript(value, index):
                return self.expression(value) and (isinstance(index, int) or self.expression(index))
            case Json(value):
                return self.casts_are_known and self.expression(value)
            case Listed(value, where, order):
                parts = [value, *(term.value for term in order)]
                return all(map(self.expression, parts)) and (where is None or self.condition(where))
            case Aggregate(("array_agg" | "count") as function, value, where, order):
                parts = [term.value for term in order] + ([] if value is None else [value])
                known = value is None or function != "count"
                return known and all(map(self.expression, parts)) and (where is None or self.condition(where))
            case Apply(function, arguments):
                known = function == "coalesce" or (function in PURE and self.casts_are_known)
                return known and all(map(self.expression, arguments))
            case Case(branches, otherwise):
                values = all(self.condition(when) and self.expression(then) for when, then in branches)
                return values and self.expression(otherwise)
            case Operation(left, operator, right):
                known = operator not in self.catalog.hazards and self.casts_are_known
                return known and self.expression(left) and self.expression(right)
            case Lookup(value):
                return self.casts_are_known and self.expression(value)
            case JsonPath(value):
                return not {"->", "->>"} & self.catalog.hazards and self.expression(value)
            case Cast(value, type_):
                return is_plain(type_) and self.casts_are_known and self.expression(value)
            case _:  # whatever else there is: a function of the project's, a row's own text
                return False

    def condition(self, node: Condition) -> bool:
        """A condition whose operators cannot be a project's own."""
        match node:
            case Compare(left, operator, right):
                names = {SYMBOLS[operator], OPERATOR_NAMES[operator], "::"}  # a cast may stand before an operator
                return not names & self.catalog.hazards and self.expression(left) and self.expression(right)
            case State(value, state):
                known = state in ("null", "not_null") or self.casts_are_known  # what is no truth is cast to one
                return known and self.expression(value)
            case Both(parts) | Either(parts):
                return all(self.condition(part) for part in parts)
            case Not(part):
                return self.condition(part)
            case Present():
                return True
            case Exists(read):
                return self.read(read)
            case Holds():
                return False
