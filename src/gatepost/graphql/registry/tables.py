"""Relations → resources.

In: a Source, Codecs. Out: a Resource for each relation of an exposed schema, by oid. Never: a row, or a name for
GraphQL.
"""

from collections.abc import Mapping

from gatepost.catalog import Name
from gatepost.catalog.anatomy import Constraint, Relation
from gatepost.problem import Problem

from .codecs import Codecs
from .model import Codec, Resource, Unique
from .source import TABLE_KINDS, Source

EXPOSED = ("parent", "child", "both")


def tables(source: Source, codecs: Codecs) -> dict[int, Resource]:
    """Every exposed relation with rows, but extensions' own. Composite types get their codecs on the way."""
    found: dict[int, Resource] = {}
    for relation in source.anatomy.relations:
        if source.exposes(relation.schema):
            codec = codecs.of(relation.type)
            if codec and relation.kind in TABLE_KINDS and relation.extension is None:
                found[relation.oid] = _table(source, relation, codec)
    for relation in source.anatomy.relations:
        if relation.oid in found:
            found[relation.oid].part = is_left_out(source, relation, found)
    return found


def resource_name(source: Source, relation: Relation) -> str:
    """The name of a relation's resource: what `@name` says, on its type first."""
    said = (source.notes.types[relation.type], source.notes.relations[relation.oid])
    named = next((name for name in (note.text("name") for note in said) if name is not None), None)
    return named or source.prefix(relation.schema) + relation.name


def _table(source: Source, relation: Relation, codec: Codec) -> Resource:
    said = source.notes.relations[relation.oid]
    rights = source.rights.of_relation(relation.oid) if source.rights else "rawd"
    return Resource(
        resource_name(source, relation),
        Name(relation.schema, relation.name),
        codec,
        tuple(_unique(source, key, key_columns) for key, key_columns in _keys(source, relation)),
        is_view=relation.kind in ("v", "m"),
        insertable=relation.insertable,
        updatable=relation.updatable,
        deletable=relation.deletable,
        can_select="r" in rights,
        can_insert="a" in rights,
        can_update="w" in rights,
        can_delete="d" in rights,
        persistent=relation.persistence == "p",
        tags=said.tags,
        description=said.description,
    )


def _keys(source: Source, relation: Relation) -> list[tuple[Constraint, tuple[str, ...]]]:
    """What tells rows apart, the primary key first; a table that inherits is taken to have its parents' keys too."""
    parents = () if relation.partition else relation.parents
    keys = [key for parent in parents for key in source.keys(parent) if key.no_inherit]
    keys += source.keys(relation.oid)
    shown = {column.name for column in relation.attributes}
    found = [(key, source.columns(key)) for key in keys]
    return sorted((each for each in found if shown.issuperset(each[1])), key=lambda each: each[0].kind != "p")


def _unique(source: Source, key: Constraint, columns: tuple[str, ...]) -> Unique:
    said = source.note(key)
    return Unique(columns, key.kind == "p", said.tags, said.description)


# ------------------------------------------------------------------ partitions


def is_left_out(source: Source, relation: Relation, tables: Mapping[int, Resource]) -> bool:
    """Whether a partition, or what has some, is shown by others: by its parent, or by its children."""
    mode = _mode(source, relation)
    parent = source.anatomy.relation.get(relation.parents[0]) if relation.partition else None
    if relation.kind == "p" and mode:
        return mode == "child"
    if not parent:
        return False
    if parent.oid not in tables:
        return False
    return _mode(source, parent) not in ("child", "both")


def _mode(source: Source, relation: Relation) -> str | None:
    given = source.notes.relations[relation.oid].tags.get("partitionExpose")
    if given is None or given in EXPOSED:
        return given if isinstance(given, str) else None
    raise Problem(
        "graphql_schema",
        500,
        f"@partitionExpose on '{relation.schema}.{relation.name}' is '{given}'; it must be one of {', '.join(EXPOSED)}",
    )
