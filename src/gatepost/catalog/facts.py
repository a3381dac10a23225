"""Facts as PostgreSQL gave them → Catalog.

In: the JSON answers of `database/facts/introspect.sql`, by query name. Out: one Catalog.
Never: a question to the database.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from . import Cardinality, Catalog, Column, Function, MediaHandler, Name, Parameter, Relation, Table
from .inert import hazards, inert_relations
from .relations import ViewKey, complete, index
from .views import Origin, base_columns

Facts = Mapping[str, Any]
Row = Mapping[str, Any]
INSERT, UPDATE, DELETE = 8, 4, 16


def catalog(facts: Facts, harmless: Iterable[Name] = ()) -> Catalog:
    """Everything at once; `harmless` names functions that may run while an inert relation is read."""
    names = {row["oid"]: Name(row["schema"], row["name"]) for row in facts["tables"]}
    shown, inherited = _shown(facts), _inherited(facts)
    tables = {names[row["oid"]]: _table(row, facts, shown, inherited) for row in facts["tables"]}
    keys = [_key(row, facts["keys"]) for row in facts["keys"] if row["kind"] == "f"]
    relations = complete(keys, _view_keys(facts, names, shown), tables)
    return Catalog(
        tables=tables,
        relations=index(relations, (_computed(row) for row in facts["computed_relations"])),
        functions=_functions(facts["functions"]),
        representations={(row["source"], row["target"]): row["function"] for row in facts["representations"]},
        media_handlers=tuple(_handler(row) for row in facts["media_handlers"]),
        role_settings={role: tuple((k, v) for k, v in pairs) for role, pairs in facts["role_settings"].items()},
        inert=inert_relations(facts, frozenset(harmless)),
        hazards=hazards(facts),
        server_version=facts["server"]["version"],
        statement_timeout=facts["server"]["statement_timeout"],
        database=facts["server"]["database"],
    )


def _shown(facts: Facts) -> dict[int, dict[Origin, list[str]]]:
    """For each view, by oid: the names under which it shows a column of another relation."""
    numbers = {row["oid"]: {c["position"]: c["name"] for c in row["columns"]} for row in facts["tables"]}
    bases = base_columns((row["oid"], row["rule"]) for row in facts["views"])
    return {
        view: {
            origin: [numbers[view][n] for n in sorted(columns) if n in numbers[view]]
            for origin, columns in found.items()
        }
        for view, found in bases.items()
        if view in numbers
    }


def _inherited(facts: Facts) -> frozenset[int]:
    """Tables whose rows are also those of tables that inherit from them, which keep no key in common with them."""
    parents = {parent for parent, _ in facts["kinships"]}
    return frozenset(row["oid"] for row in facts["tables"] if row["oid"] in parents and row["kind"] != "p")


def _table(
    row: Row, facts: Facts, shown: Mapping[int, Mapping[Origin, Sequence[str]]], inherited: frozenset[int]
) -> Table:
    uniques = [key for key in facts["keys"] if key["relation"] == row["oid"] and key["kind"] in "pu"]
    primary = next((tuple(sorted(key["columns"])) for key in uniques if key["kind"] == "p"), ())
    updatable = row["updatable"]
    return Table(
        id=Name(row["schema"], row["name"]),
        columns={column["name"]: _column(column) for column in row["columns"]},
        primary_key=primary if row["kind"] in "rp" else _view_primary_key(row["oid"], facts, shown),
        uniques=tuple(tuple(key["columns"]) for key in uniques if row["oid"] not in inherited),
        is_view=row["kind"] in "vm",
        insertable=bool(updatable & INSERT),
        updatable=bool(updatable & UPDATE),
        deletable=bool(updatable & DELETE),
        row_security=row["row_security"],
        description=row["description"],
    )


def _column(row: Row) -> Column:
    return Column(
        name=row["name"],
        type=row["type"],
        nominal_type=row["nominal_type"],
        nullable=row["nullable"],
        default=row["default"],
        max_length=row["max_length"],
        enum=tuple(row["enum"]),
        description=row["description"],
        position=row["position"],
        generated=row["generated"],
        plain=row["plain"],
    )


def _numbers(facts: Facts) -> dict[int, dict[str, int]]:
    return {row["oid"]: {c["name"]: c["position"] for c in row["columns"]} for row in facts["tables"]}


def _view_primary_key(view: int, facts: Facts, shown: Mapping[int, Mapping[Origin, Sequence[str]]]) -> tuple[str, ...]:
    """The columns that show a whole primary key of a table below; of several showings the first."""
    origins, numbers = shown.get(view, {}), _numbers(facts)
    columns: list[str] = []
    for key in facts["keys"]:
        if key["kind"] == "p" and key["relation"] in numbers:
            found = [origins.get((key["relation"], numbers[key["relation"]][c]), ()) for c in key["columns"]]
            columns += [names[0] for names in found] if all(found) else []
    return tuple(columns)


def _key(row: Row, keys: Sequence[Row]) -> Relation:
    columns = set(row["columns"])
    unique = any(
        key["relation"] == row["relation"] and key["kind"] in "pu" and set(key["columns"]) == columns for key in keys
    )
    return Relation(
        Name(row["schema"], row["table"]),
        Name(row["target_schema"], row["target_table"]),
        Cardinality.ONE_TO_ONE if unique else Cardinality.MANY_TO_ONE,
        constraint=row["name"],
        columns=tuple(zip(row["columns"], row["target_columns"], strict=True)),
    )


def _view_keys(
    facts: Facts, names: Mapping[int, Name], shown: Mapping[int, Mapping[Origin, Sequence[str]]]
) -> dict[tuple[str, Name, str], list[ViewKey]]:
    """The foreign keys that views show whole; one that shows a column twice shows its key in each combination."""
    found: dict[tuple[str, Name, str], list[ViewKey]] = defaultdict(list)
    numbers = _numbers(facts)
    sides = (("referencing", "relation", "columns"), ("referenced", "target", "target_columns"))
    foreign = [row for row in facts["keys"] if row["kind"] == "f"]
    for row, (side, relation, columns) in product(foreign, sides):
        oid = row[relation]
        if oid not in numbers:
            continue
        key = (side, names[oid], row["name"])
        wanted = [(oid, numbers[oid][column]) for column in row[columns]]
        for view, origins in shown.items():
            for combination in product(*(origins.get(origin, ()) for origin in wanted)):
                found[key].append(ViewKey(names[view], combination))
    return found


def _computed(row: Row) -> Relation:
    return Relation(
        Name(row["table_schema"], row["table_name"]),
        Name(row["target_schema"], row["target_name"]),
        Cardinality.COMPUTED,
        function=Name(row["schema"], row["name"]),
        single=row["single"],
    )


def _functions(rows: Iterable[Row]) -> dict[Name, tuple[Function, ...]]:
    by_name: dict[Name, list[Function]] = defaultdict(list)
    for function in filter(_callable, map(_function, rows)):
        by_name[function.id].append(function)
    return {name: tuple(sorted(found, key=_overload_order)) for name, found in by_name.items()}


def _overload_order(function: Function) -> tuple[int, str, list[tuple[str, str]]]:
    return (len(function.parameters), function.description or "", [(p.name, p.type) for p in function.parameters])


UNNAMED = {"bytea", "json", "jsonb", "text", "xml"}


def _callable(function: Function) -> bool:
    """Arguments go by name; a single one without a name takes a whole body of its type."""
    unnamed = [p for p in function.parameters if not p.name]
    return not unnamed or (len(unnamed) == 1 and unnamed[0].type in UNNAMED)


def _function(row: Row) -> Function:
    return Function(
        id=Name(row["schema"], row["name"]),
        parameters=tuple(Parameter(**parameter) for parameter in row["parameters"]),
        returns=Name(row["return_schema"], row["return_name"]),
        returns_set=row["returns_set"],
        returns_composite=row["returns_composite"],
        volatility=row["volatility"],
        variadic=row["variadic"],
        isolation=row["isolation"],
        settings=tuple((k, v) for k, v in row["settings"]),
        description=row["description"],
    )


def _handler(row: Row) -> MediaHandler:
    target = Name(row["target_schema"], row["target_name"])
    return MediaHandler(
        Name(row["handler_schema"], row["handler_name"]),
        row["media"],
        None if target == Name("pg_catalog", "anyelement") else target,
        aggregate=row["aggregate"],
        binary=row["binary"],
    )
