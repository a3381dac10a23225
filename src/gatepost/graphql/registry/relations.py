"""Foreign keys → relations.

In: a Source, its tables, and composite types that refer to tables. Out: each foreign key from both sides, put where it
starts. Never: a way to what is not exposed.
"""

from collections.abc import Mapping

from gatepost.catalog.anatomy import Constraint

from .codecs import Codecs, can_have_indexes
from .model import Codec, Relation, Resource, Tag
from .source import Source
from .tags import Note

Ends = Mapping[int, Resource | Codec]


def relate(source: Source, codecs: Codecs, tables: Mapping[int, Resource]) -> None:
    """Give every table and composite type the ways that foreign keys make."""
    ends: dict[int, Resource | Codec] = {**tables}
    for relation in source.anatomy.relations:
        codec = codecs.of(relation.type) if relation.kind == "c" and source.exposes(relation.schema) else None
        if codec:
            ends[relation.oid] = codec
    keys = [key for key in source.constraints if key.kind == "f"]
    for key in keys:
        _add(source, key, ends.get(key.relation), tables.get(key.target), backward=False)
    for key in keys:
        _add(source, key, ends.get(key.target), tables.get(key.relation), backward=True)


def _add(
    source: Source, key: Constraint, start: Resource | Codec | None, target: Resource | None, *, backward: bool
) -> None:
    if not start or not target:
        return
    pairs = tuple(zip(source.columns(key), source.names(key.target, key.target_columns), strict=True))
    said = source.note(key)
    owner = source.anatomy.relation[key.relation]
    relation = Relation(
        f"{owner.schema}.{owner.name}.{key.name}{' backward' if backward else ''}",
        start,
        target,
        tuple((theirs, mine) for mine, theirs in pairs) if backward else pairs,
        unique=not backward or _is_unique(source, key),
        backward=backward,
        indexed=not backward or _is_indexed(source, key),
        tags=_tags(said, backward),
        description=_description(said, backward),
    )
    same = next((one for one in start.relations.values() if _is_same(one, relation)), None)
    if same:
        source.warn(f"The constraint {key.name} of {target.id} says the same as another")
        return
    start.relations[relation.name] = relation


def _is_same(one: Relation, other: Relation) -> bool:
    mine = (one.target, one.pairs, one.backward, one.tags.get("fieldName"), one.tags.get("foreignFieldName"))
    return mine == (
        other.target,
        other.pairs,
        other.backward,
        other.tags.get("fieldName"),
        other.tags.get("foreignFieldName"),
    )


def _tags(said: Note, backward: bool) -> dict[str, Tag]:
    """A constraint's tags as they are for one of its sides."""
    behaviours = (*said.each("behavior"), *said.each("backwardBehavior" if backward else "forwardBehavior"))
    return {**said.tags, "behavior": behaviours} if behaviours else said.tags


def _description(said: Note, backward: bool) -> str | None:
    if backward:
        return said.text("backwardDescription")
    return said.text("forwardDescription") or said.description


def _is_unique(source: Source, key: Constraint) -> bool:
    """Whether a row is referred to once at most."""
    return any(set(unique.columns) <= set(key.columns) for unique in source.keys(key.relation))


def _is_indexed(source: Source, key: Constraint) -> bool:
    """Whether those who refer to a row are found quickly. What a tag pretends is taken for quick."""
    relation = source.anatomy.relation[key.relation]
    if source.options.ignore_indexes or key.name.startswith("@") or not can_have_indexes(relation):
        return True
    return any(set(key.columns) <= set(index.columns) for index in source.indexes.get(relation.oid, ()))
