"""A database in a few lines, without one: facts as the catalog would tell them."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from msgspec.structs import replace

from gatepost.catalog import Name
from gatepost.catalog.anatomy import (
    Anatomy,
    Argument,
    Attribute,
    Constraint,
    Index,
    Procedure,
    Relation,
    Rights,
    Type,
)
from gatepost.graphql.options import Options
from gatepost.graphql.registry import Rows, build
from gatepost.graphql.registry.model import Registry

BASIC = "int4 int8 text bool json point tsvector bytea varbit timestamptz record void trigger anyelement pg_lsn"
V4 = Options(("app",))
AMBER = Options(("app",), preset="amber", ignore_indexes=False, autofix_foreign_keys=False)


class World:
    """Facts that are added one by one. A column is `name:type`, `!` behind it for not null, `=` for a default."""

    def __init__(self) -> None:
        self._oids = count(20000)
        self.types: dict[str, Type] = {}
        self.relations: dict[str, Relation] = {}
        self.constraints: list[Constraint] = []
        self.indexes: list[Index] = []
        self.procedures: list[Procedure] = []
        self.rights: Rights | None = None
        for name in BASIC.split():
            self.type(name, "pg_catalog", "p" if name in ("record", "void", "trigger", "anyelement") else "b")
            self.array(name, "pg_catalog")
        self.type("int4range", "pg_catalog", "r", of="int4")

    # -------------------------------------------------------------- types

    def type(self, name: str, schema: str = "app", kind: str = "b", *, of: str | None = None, **facts: Any) -> int:
        oid = next(self._oids)
        base = self.types[of].oid if of else 0
        self.types[name] = Type(oid, schema, name, kind, "A" if name.startswith("_") else "U", base, **facts)
        return oid

    def array(self, of: str, schema: str = "app") -> str:
        self.type(f"_{of}", schema, of=of)
        return f"_{of}"

    def enum(self, name: str, labels: str, **facts: Any) -> None:
        self.type(name, kind="e", labels=tuple(labels.split()), **facts)

    def domain(self, name: str, of: str, **facts: Any) -> None:
        self.type(name, kind="d", of=of, **facts)

    # -------------------------------------------------------------- relations

    def table(
        self,
        name: str,
        columns: str = "id:int4!=",
        *,
        schema: str = "app",
        kind: str = "r",
        key: str = "id",
        comment: str | None = None,
        comments: Mapping[str, str] | None = None,
        changes: Mapping[str, Mapping[str, Any]] | None = None,
        **facts: Any,
    ) -> int:
        """A relation; `key` its primary key's columns ('' for none), `changes` further facts of columns."""
        oid = next(self._oids)
        row = self.type(name, schema, "c", relation=oid)
        attributes = tuple(
            self._attribute(number, text, comments or {}, changes or {})
            for number, text in enumerate(columns.split(), 1)
        )
        self.relations[name] = Relation(oid, schema, name, kind, row, attributes, comment=comment, **facts)
        if key and kind in ("r", "p"):
            self.key(name, key, kind="p")
        return oid

    def _attribute(
        self, number: int, text: str, comments: Mapping[str, str], changes: Mapping[str, Mapping[str, Any]]
    ) -> Attribute:
        name, _, type = text.partition(":")
        plain = type.rstrip("!=")
        attribute = Attribute(
            name,
            number,
            self.types[plain].oid,
            not_null="!" in type,
            has_default="=" in type,
            comment=comments.get(name),
        )
        return replace(attribute, **changes.get(name, {}))

    def numbers(self, table: str, columns: str) -> tuple[int, ...]:
        by_name = {column.name: column.number for column in self.relations[table].attributes}
        return tuple(by_name[column] for column in columns.split())

    def key(self, table: str, columns: str, *, kind: str = "u", comment: str | None = None, **facts: Any) -> None:
        name = f"{table}_{'pkey' if kind == 'p' else columns.replace(' ', '_') + '_key'}"
        oid, numbers = self.relations[table].oid, self.numbers(table, columns)
        self.constraints.append(Constraint(name, kind, oid, numbers, comment=comment, **facts))
        self.indexes.append(Index(oid, numbers, unique=True))

    def refer(
        self,
        table: str,
        columns: str,
        target: str,
        others: str = "id",
        *,
        name: str | None = None,
        comment: str | None = None,
    ) -> None:
        """A foreign key."""
        name = name or f"{table}_{columns.replace(' ', '_')}_fkey"
        ends = (self.relations[table].oid, self.relations[target].oid)
        here, there = self.numbers(table, columns), self.numbers(target, others)
        self.constraints.append(Constraint(name, "f", ends[0], here, ends[1], there, comment=comment))

    def index(self, table: str, columns: str, **facts: Any) -> None:
        self.indexes.append(Index(self.relations[table].oid, self.numbers(table, columns), **facts))

    # -------------------------------------------------------------- functions

    def function(
        self,
        name: str,
        arguments: str = "",
        returns: str = "int4",
        *,
        schema: str = "app",
        volatility: str = "s",
        **facts: Any,
    ) -> None:
        """An argument is `name:type`, with its mode before it (`o/name:type`); `=` behind it for a default."""
        parts = [_argument(text) for text in arguments.split()]
        found = tuple(Argument(name, self.types[type.rstrip("=")].oid, mode) for mode, name, type in parts)
        defaults = sum(type.endswith("=") for _, _, type in parts)
        self.procedures.append(
            Procedure(
                next(self._oids),
                schema,
                name,
                self.types[returns].oid,
                found,
                defaults,
                volatility=volatility,
                **facts,
            )
        )

    # -------------------------------------------------------------- what is made of it

    @property
    def anatomy(self) -> Anatomy:
        return Anatomy(
            tuple(self.relations.values()),
            tuple(self.types.values()),
            tuple(self.constraints),
            tuple(self.indexes),
            tuple(self.procedures),
            self.rights,
        )

    def build(self, options: Options = V4, tags: Mapping[str, Any] | None = None, rows: Rows | None = None) -> Registry:
        return build(self.anatomy, options, tags, rows or {})


def _argument(text: str) -> tuple[str, str, str]:
    name, _, type = text.partition(":")
    mode, slash, rest = name.partition("/")
    return (mode, rest, type) if slash else ("i", name, type)


def app(name: str) -> Name:
    return Name("app", name)
