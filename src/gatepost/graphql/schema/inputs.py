"""What is said about a row that comes in: the new row, what changes in one, what rows must be equal to.

In: a codec and a use. Out: its input object type, whose members are columns and, in the place of a key, node ids. Never: a
type without members, which GraphQL does not know.
"""

from collections.abc import Iterator

from graphql import (
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLNonNull,
)

from gatepost.graphql.meaning import AttributeField, ComputedCondition, NodeIdCondition, Rows
from gatepost.graphql.registry.model import Attribute, Codec, Kind, Relation, Resource

from .draft import Draft, Use, means
from .types import has_type, input_type, is_composite

BEHAVIOURS = {
    Use.INPUT: ("attribute:insert", "nodeId:insert"),
    Use.PATCH: ("attribute:update", "nodeId:update"),
    Use.BASE: ("attribute:base", "nodeId:base"),
    Use.CONDITION: ("condition:attribute:filterBy", "nodeId:filterBy"),
}
DESCRIPTIONS = {
    Use.INPUT: "The values of a `{}`.",
    Use.PATCH: "What changes in a `{}`: members that are left out stay as they are.",
    Use.BASE: "A `{}`, none of whose members is required.",
    Use.CONDITION: "What a `{}` is to be: every member that is given must be equal, or null.",
}


def declare(draft: Draft, codec: Codec, type_name: str) -> None:
    """Let the inputs for rows of `type_name` be there when needed."""
    names = draft.names
    for use, name in (
        (Use.INPUT, names.input_type(type_name)),
        (Use.PATCH, names.patch_type(type_name)),
        (Use.BASE, names.base_input_type(type_name)),
        (Use.CONDITION, names.condition_type(type_name)),
    ):
        _declare(draft, codec, use, name, DESCRIPTIONS[use].format(type_name))


def _declare(draft: Draft, codec: Codec, use: Use, name: str, description: str) -> None:
    draft.declare(name, lambda: _input(draft, codec, use, name, description), codec, use)


def _input(draft: Draft, codec: Codec, use: Use, name: str, description: str) -> GraphQLNamedType | None:
    """The members are decided at once, their types when the schema is whole: a type may hold lists of itself."""
    columns = list(_columns(draft, codec, use))
    keys = list(_keys(draft, codec, use))
    computed = list(_computed(draft, codec)) if use is Use.CONDITION else []

    def fields() -> dict[str, GraphQLInputField]:
        members: dict[str, GraphQLInputField] = {}
        draft.add_all(name, members, (_column(draft, attribute, use) for attribute in columns))
        draft.add_all(name, members, (_key(draft, codec, relation, use) for relation in keys))
        return draft.add_all(name, members, (_computed_member(draft, resource) for resource in computed))

    if not columns and not keys and not computed:
        return None
    rows = Rows(codec, draft.table(codec))
    return GraphQLInputObjectType(name, fields, description=description, extensions=means(rows))


# ---------------------------------------------------------------- columns


def _columns(draft: Draft, codec: Codec, use: Use) -> Iterator[Attribute]:
    behaviour, _ = BEHAVIOURS[use]
    for attribute in codec.base.attributes.values():
        if draft.registry.may(attribute, behaviour) and has_type(draft, attribute.codec, Use.INPUT):
            yield attribute


def _column(draft: Draft, attribute: Attribute, use: Use) -> tuple[str, GraphQLInputField]:
    kind = input_type(draft, attribute.codec)
    assert kind
    needed = use is Use.INPUT and attribute.not_null and not attribute.has_default
    description = "What it must be equal to." if use is Use.CONDITION else attribute.description
    return draft.names.attribute(attribute), _member(kind, needed, description, AttributeField(attribute))


def _member(kind: GraphQLInputType, needed: bool, description: str | None, meaning: object) -> GraphQLInputField:
    return GraphQLInputField(
        GraphQLNonNull(kind) if needed else kind, description=description, extensions=means(meaning)
    )


# ---------------------------------------------------------------- node ids in the place of keys


def _keys(draft: Draft, codec: Codec, use: Use) -> Iterator[Relation]:
    _, behaviour = BEHAVIOURS[use]
    for relation in draft.relations(codec):
        forward = not relation.backward and relation.unique
        if forward and draft.registry.may(relation, behaviour) and draft.node_table(relation.target.codec):
            yield relation


def _key(draft: Draft, codec: Codec, relation: Relation, use: Use) -> tuple[str, GraphQLInputField]:
    needed = use is Use.INPUT and any(codec.base.attributes[local].not_null for local, _ in relation.pairs)
    description = f"The node id of a `{draft.name_of(relation.target.codec, Use.OUTPUT)}`."
    meaning = NodeIdCondition(relation, relation.target)
    return draft.names.node_id_attribute(relation), _member(GraphQLID, needed, description, meaning)


# ---------------------------------------------------------------- what functions compute


def computed_scalars(draft: Draft, codec: Codec, behaviour: str) -> Iterator[Resource]:
    """Functions of a row alone that give one plain value, and may be used so."""
    for resource in codec.functions.values():
        if _is_plain(resource) and draft.registry.may(resource, behaviour):
            yield resource


def _is_plain(resource: Resource) -> bool:
    several = resource.returns_set or resource.returns_array or resource.codec.base.kind in (Kind.ARRAY, Kind.RANGE)
    others = (resource.parameters or ())[1:]
    return not several and not is_composite(resource.codec) and not any(one.required for one in others)


def _computed(draft: Draft, codec: Codec) -> Iterator[Resource]:
    for resource in computed_scalars(draft, codec, "condition:proc:filterBy"):
        if has_type(draft, resource.codec, Use.INPUT):
            yield resource


def _computed_member(draft: Draft, resource: Resource) -> tuple[str, GraphQLInputField]:
    kind = input_type(draft, resource.codec)
    assert kind
    meaning = ComputedCondition(resource)
    return draft.names.computed(resource), _member(kind, False, "What it must be equal to.", meaning)
