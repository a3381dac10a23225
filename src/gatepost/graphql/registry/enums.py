"""Enum tables: relations whose rows are an enum's values.

In: a Source; the rows of its enum tables. Out: which rows to read; enum codecs for the columns that refer to such a
table, and for the domains that are named after one. Never: the table itself in the schema (`-*`, for `@enum`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gatepost.catalog import Name
from gatepost.catalog.anatomy import Anatomy, Constraint, Relation
from gatepost.problem import Problem

from .model import Codec, EnumLabel, Kind
from .source import Source
from .tables import resource_name

Row = Mapping[str, str | None]
Rows = Mapping[Name, Sequence[Row]]

DOMAIN = "_enum_domain"


@dataclass(frozen=True, slots=True)
class Enums:
    """Codecs by the columns that have their values, and by the domains that are shown as them."""

    columns: Mapping[tuple[int, int], Codec]
    domains: Mapping[int, Codec]


def to_read(source: Source) -> dict[Name, tuple[str, ...]]:
    """The columns to read, as text, of each enum table."""
    found: dict[Name, tuple[str, ...]] = {}
    for key in _keys(source):
        relation = source.anatomy.relation[key.relation]
        name = Name(relation.schema, relation.name)
        columns = (*found.get(name, ()), *source.columns(key), *_describing(source, relation))
        found[name] = tuple(dict.fromkeys(columns))
    return found


def enums(source: Source, rows: Rows) -> Enums:
    """What takes the values of enum tables. A table without rows that can be read gives an enum without values."""
    columns: dict[tuple[int, int], Codec] = {}
    by_name: dict[tuple[str, str], Codec] = {}
    for key in _keys(source):
        relation = source.anatomy.relation[key.relation]
        codec = _codec(source, relation, key, rows.get(Name(relation.schema, relation.name), ()))
        columns |= dict.fromkeys(_referring(source.constraints, key), codec)
        if key.kind == "p":
            by_name[relation.schema, relation.name] = codec
        by_name.setdefault((relation.schema, f"{relation.name}_{key.name}"), codec)
    return Enums(columns, dict(_domains(source, source.anatomy, by_name)))


def _keys(source: Source) -> Iterable[Constraint]:
    """Keys whose values are an enum's: the primary key of what is tagged, or tagged themselves."""
    for key in source.constraints:
        if key.kind not in ("p", "u"):
            continue
        table = source.notes.relations[key.relation].tags.get("enum")
        if source.note(key).tags.get("enum") or (table and key.kind == "p"):
            if len(key.columns) != 1:
                relation = source.anatomy.relation[key.relation]
                raise Problem(
                    "graphql_schema",
                    500,
                    f"The constraint {key.name} of the enum table {relation.schema}.{relation.name} has "
                    f"{len(key.columns)} columns; it must have one",
                )
            yield key


def _describing(source: Source, relation: Relation) -> tuple[str, ...]:
    """The column that describes values, if there is one."""
    tagged = [
        column.name
        for column in relation.attributes
        if source.notes.attributes[relation.oid, column.number].tags.get("enumDescription")
    ]
    named = [column.name for column in relation.attributes if column.name == "description"]
    return tuple([*tagged, *named][:1])


def _codec(source: Source, relation: Relation, key: Constraint, rows: Sequence[Row]) -> Codec:
    [column] = source.columns(key)
    describing = next(iter(_describing(source, relation)), "")
    labels = tuple(EnumLabel(value, row.get(describing)) for row in rows if (value := row[column]) is not None)
    if not labels:
        source.warn(f"The enum table {relation.schema}.{relation.name} has no rows that can be read")
    primary = key.kind == "p"
    said = (source.note(key), *([source.notes.relations[relation.oid]] if primary else []))
    named = next((name for name in (note.text("enumName") for note in said) if name), None)
    type = source.anatomy.type[source.attributes[relation.oid, key.columns[0]].type]
    return Codec(
        Name(relation.schema, f"{relation.name}.{column}"),
        source.sql(type.schema, type.name),
        Kind.ENUM,
        labels=labels,
        values_of=(resource_name(source, relation), None if primary else column),
        tags={"name": named} if named else {},
    )


def _referring(constraints: Iterable[Constraint], key: Constraint) -> Iterable[tuple[int, int]]:
    return (
        (one.relation, one.columns[0])
        for one in constraints
        if one.kind == "f" and one.target == key.relation and one.target_columns == key.columns
    )


def _domains(source: Source, anatomy: Anatomy, by_name: Mapping[tuple[str, str], Codec]) -> Iterable[tuple[int, Codec]]:
    """Domains over text that say by a tag, or by their name, which enum they are."""
    for type in anatomy.types:
        base = anatomy.type.get(type.of) if type.kind == "d" else None
        if base and (base.schema, base.name) == ("pg_catalog", "text"):
            tag = source.notes.types[type.oid].tags.get("enum")
            name = tag if tag else type.name.removesuffix(DOMAIN) if type.name.endswith(DOMAIN) else None
            codec = by_name.get((type.schema, name)) if isinstance(name, str) else None
            if codec:
                yield type.oid, codec
