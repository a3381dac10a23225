"""What is said about a row that comes in: the new row, what changes in one, what rows must be equal to.

In: a codec and a use. Out: its input object type, whose members are columns and, in the place of a key, node ids.
Never: a type without members, which GraphQL does not know.
"""

from collections.abc import Iterator
from functools import partial

from graphql import GraphQLID, GraphQLInputField, GraphQLInputObjectType, GraphQLNamedType

from gatepost.graphql.meaning import AttributeField, ComputedCondition, NodeIdCondition, Rows
from gatepost.graphql.registry.model import Attribute, Codec, Kind, Relation, Resource

from .draft import Draft, Members, Use, means, member, required
from .types import has_type, input_type, is_composite

Named = tuple[str, GraphQLInputField]

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
EQUAL = "What it must be equal to."


def declare(draft: Draft, codec: Codec, type_name: str) -> None:
    """Let the inputs for rows of `type_name` be there when needed."""
    names = draft.names
    for use, name in (
        (Use.INPUT, names.input_type(type_name)),
        (Use.PATCH, names.patch_type(type_name)),
        (Use.BASE, names.base_input_type(type_name)),
        (Use.CONDITION, names.condition_type(type_name)),
    ):
        description = DESCRIPTIONS[use].format(type_name)
        draft.declare(name, partial(_input, draft, codec, use, name, description), codec, use)


def _input(draft: Draft, codec: Codec, use: Use, name: str, description: str) -> GraphQLNamedType | None:
    """The members are decided at once, their types when the schema is whole: a type may hold lists of itself."""
    columns = list(_columns(draft, codec, use))
    keys = list(_keys(draft, codec, use))
    computed = list(_computed(draft, codec)) if use is Use.CONDITION else []

    def members() -> Members:
        found: Members = {}
        draft.add(name, found, (_column(draft, attribute, use) for attribute in columns))
        draft.add(name, found, (_key(draft, codec, relation, use) for relation in keys))
        return draft.add(name, found, (_computed_member(draft, resource) for resource in computed))

    if not columns and not keys and not computed:
        return None
    rows = Rows(codec, draft.table(codec))
    return GraphQLInputObjectType(name, members, description=description, extensions=means(rows))


# ---------------------------------------------------------------- columns


def _columns(draft: Draft, codec: Codec, use: Use) -> Iterator[Attribute]:
    behaviour, _ = BEHAVIOURS[use]
    for attribute in codec.base.attributes.values():
        if draft.may(attribute, behaviour) and has_type(draft, attribute.codec, Use.INPUT):
            yield attribute


def _column(draft: Draft, attribute: Attribute, use: Use) -> Named:
    needed = use is Use.INPUT and attribute.not_null and not attribute.has_default
    kind = required(input_type(draft, attribute.codec), needed)
    description = EQUAL if use is Use.CONDITION else attribute.description
    return draft.names.attribute(attribute), member(kind, AttributeField(attribute), description)


# ---------------------------------------------------------------- node ids in the place of keys


def _keys(draft: Draft, codec: Codec, use: Use) -> Iterator[Relation]:
    _, behaviour = BEHAVIOURS[use]
    for relation in draft.relations(codec):
        forward = not relation.backward and relation.unique
        if forward and draft.may(relation, behaviour) and draft.node_table(relation.target.codec):
            yield relation


def _key(draft: Draft, codec: Codec, relation: Relation, use: Use) -> Named:
    needed = use is Use.INPUT and any(codec.base.attributes[local].not_null for local, _ in relation.pairs)
    description = f"The node id of a `{draft.name_of(relation.target.codec, Use.OUTPUT)}`."
    meaning = NodeIdCondition(relation, relation.target)
    return draft.names.node_id_attribute(relation), member(required(GraphQLID, needed), meaning, description)


# ---------------------------------------------------------------- what functions compute


def computed_scalars(draft: Draft, codec: Codec, behaviour: str) -> Iterator[Resource]:
    """Functions of a row alone that give one plain value, and may be used so."""
    for resource in draft.functions_of(codec):
        if _is_plain(resource) and draft.may(resource, behaviour):
            yield resource


def _is_plain(resource: Resource) -> bool:
    lists = resource.returns_set or resource.returns_array or resource.codec.base.kind in (Kind.ARRAY, Kind.RANGE)
    others = (resource.parameters or ())[1:]
    return not lists and not is_composite(resource.codec) and not any(one.required for one in others)


def _computed(draft: Draft, codec: Codec) -> Iterator[Resource]:
    for resource in computed_scalars(draft, codec, "condition:proc:filterBy"):
        if has_type(draft, resource.codec, Use.INPUT):
            yield resource


def _computed_member(draft: Draft, resource: Resource) -> Named:
    return draft.names.computed(resource), member(input_type(draft, resource.codec), ComputedCondition(resource), EQUAL)
