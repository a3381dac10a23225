"""Mutations: what is written, and the payload that is read afterwards.

In: a field of Mutation. Out: two statements of one transaction: the write, which leaves its rows in a setting, and a
read that starts from them, so that it sees what the write and its triggers did. Never: a column written that was not
given; never a column asked back that the payload does not need.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as factory
from typing import Any, cast

from graphql import GraphQLError, GraphQLInputObjectType, get_named_type
from msgspec import json

from gatepost.query.tree import (
    Apply,
    Case,
    Cast,
    Column,
    Compare,
    Condition,
    Expression,
    Insert,
    Json,
    Listed,
    Not,
    Object,
    Output,
    Read,
    Select,
    Star,
    State,
    Stored,
    Write,
)
from gatepost.query.tree import (
    Delete as DeleteRows,
)
from gatepost.query.tree import (
    Update as UpdateRows,
)

from ..meaning import (
    MEANING,
    Argument,
    AttributeField,
    Create,
    Delete,
    FunctionMutation,
    NodeIdCondition,
    Part,
    RelationField,
    Update,
)
from ..registry.model import Codec, Kind, Resource
from ..values.leaves import known
from .conditions import key, key_of
from .context import VALUE, Context, Source, Value
from .functions import from_input, invoke, result_codec, values
from .ordering import cursor_of, node_id, ordered
from .output import JSON_TYPES, NULL, shown, typename
from .rows import member
from .selection import Field

SETTING = "gatepost.written"
NOTHING_NEW = "Attempted to update a record, but no new values were specified."
NOT_DELETED = (
    "No values were deleted in collection '{}' because no values you can delete were found matching these criteria."
)


@dataclass(frozen=True, slots=True)
class Mutation:
    """`write` runs first, and `kept` are the columns of its rows that `payload`, which is shown then, needs.
    `unless_any` is the error where it touched no row.
    """

    write: Write | Read
    kept: Mapping[str, bool]
    payload: Expression
    unless_any: str | None = None


@dataclass
class Written:
    """The row that was written, as the payload reads it."""

    alias: str
    codec: Codec
    used: dict[str, None] = factory(default_factory=dict[str, None])

    def column(self, name: str) -> Expression:
        self.used[name] = None
        return Column(name, self.alias)

    def row(self) -> Expression:
        return Cast(Apply("ROW", tuple(map(self._part, self.codec.columns))), self.codec.sql)

    def _part(self, name: str) -> Expression:
        """A column, or NULL in its place, where it cannot be known."""
        attribute = self.codec.attributes.get(name)
        return self.column(name) if attribute and attribute.can_select else NULL


def mutation(context: Context, field: Field) -> Mutation:
    """The statements of one field of Mutation."""
    argument = next(iter(field.definition.args.values()))
    given: Mapping[str, Any] = field.given(Argument.INPUT) or {}
    type_ = cast(GraphQLInputObjectType, get_named_type(cast(Any, argument).type))
    asked = Input(context, type_, given)
    match field.meaning:
        case Create(resource):
            return Table(context, field, asked, resource).create()
        case Update(resource):
            return Table(context, field, asked, resource).update()
        case Delete(resource):
            return Table(context, field, asked, resource).delete()
        case FunctionMutation(resource):
            return Function(context, field, asked, resource).call()
        case other:
            raise TypeError(f"no mutation: {other}")


# ------------------------------------------------------------------ inputs


@dataclass(frozen=True, slots=True)
class Input:
    """What a mutation was given."""

    context: Context
    type: GraphQLInputObjectType
    given: Mapping[str, Any]

    def member(self, meaning: Argument) -> Any:
        """The member of that meaning, or None."""
        return next((each for name, each in self.given.items() if self.meaning(name) is meaning), None)

    def meaning(self, name: str) -> Any:
        return self.type.fields[name].extensions.get(MEANING)

    def below(self, meaning: Argument) -> "Input":
        """The row or patch in it."""
        for name, each in self.given.items():
            if self.meaning(name) is meaning:
                type_ = cast(GraphQLInputObjectType, get_named_type(self.type.fields[name].type))
                return Input(self.context, type_, each)
        raise TypeError(f"no {meaning.value}")

    def columns(self) -> dict[str, Expression]:
        """The columns that are given, and their values; a node id gives those of its relation."""
        found: dict[str, Expression] = {}
        for name, given in self.given.items():
            match self.meaning(name):
                case AttributeField(attribute):
                    found[attribute.name] = self.context.input(attribute.codec, given)
                case NodeIdCondition(relation, resource):
                    parts: Mapping[str, Expression] = {} if given is None else self.key(resource, given)
                    found.update({own: parts.get(theirs, NULL) for own, theirs in key_of(relation, resource)})
                case _:
                    pass
        return found

    def key(self, resource: Resource, given: Any) -> Mapping[str, Expression]:
        """The key that a node id names; GraphQLError where it is of something else."""
        parts = key(self.context, resource, given)
        if parts is None:
            sent = json.encode(known(given)).decode()
            raise GraphQLError(f"Invalid node identifier for '{self.context.known.type_name(resource)}': {sent}")
        return parts


# ------------------------------------------------------------------ tables


class Table:
    """Writes of one row of a table."""

    def __init__(self, context: Context, field: Field, asked: Input, resource: Resource) -> None:
        self.context, self.field, self.asked, self.resource = context, field, asked, resource
        self.written = Written(context.alias(), resource.codec)
        self.stored = kept_as({name: each.codec for name, each in resource.codec.attributes.items()})

    def create(self) -> Mutation:
        values = self.asked.below(Argument.ROW).columns()
        payload = self.payload()
        rows = (tuple(values.values()),) if values else ()
        kept = self.kept()
        return Mutation(
            Insert(self.resource.id, returning=tuple(kept), columns=tuple(values), rows=rows), kept, payload
        )

    def update(self) -> Mutation:
        values = self.asked.below(Argument.PATCH).columns()
        if not values:
            raise GraphQLError(NOTHING_NEW)
        payload, kept = self.payload(), self.kept()
        write = UpdateRows(self.resource.id, None, tuple(kept), self.where(), tuple(values.items()))
        return Mutation(write, kept, payload)

    def delete(self) -> Mutation:
        payload, kept = self.payload(), self.kept()
        write = DeleteRows(self.resource.id, tuple(kept), self.where())
        return Mutation(write, kept, payload, NOT_DELETED.format(self.resource.name))

    def where(self) -> tuple[Condition, ...]:
        """Which row: by a key, or by its node id."""
        parts = self.asked.columns()
        given = self.asked.member(Argument.NODE_ID)
        found = parts if given is None else self.asked.key(self.resource, given)
        table = self.resource.id.name
        return tuple(Compare(Column(name, table), "equal", value) for name, value in found.items())

    def kept(self) -> dict[str, bool]:
        """The columns that the payload needs; known once it is made."""
        return {name: best_as_json(self.resource.codec.attributes[name].codec) for name in self.written.used}

    def payload(self) -> Expression:
        return Payload(self.context, self.asked, self.stored, self.written, self.written.alias).shown(self.field)


# ------------------------------------------------------------------ functions


class Function:
    """A function that changes something."""

    def __init__(self, context: Context, field: Field, asked: Input, resource: Resource) -> None:
        self.context, self.field, self.asked, self.resource = context, field, asked, resource
        self.alias = context.alias()

    def call(self) -> Mutation:
        given = from_input(self.context, self.asked.type, self.asked.given)
        call = invoke(self.context, self.resource, given)
        codec = self.resource.codec
        if codec.anonymous:
            write = Read(call, self.alias, (Output(Star(self.alias)),))
            columns = {name: each.codec for name, each in codec.attributes.items()}
            source: Source = Written(self.alias, codec)
        else:
            write = self.values(values(call))
            columns = {VALUE: result_codec(self.resource)}
            source = Value(Column(VALUE, self.alias), codec)
        stored = kept_as(columns)
        kept = {name: best_as_json(each) for name, each in columns.items()}
        return Mutation(write, kept, Result(self, stored, source).shown(self.field))

    def values(self, called: Read) -> Read:
        """What the function gives; a row of nothing but NULLs is none: its type may not allow one."""
        if self.resource.codec.kind is not Kind.COMPOSITE:
            return called
        value = Column(VALUE, self.alias)
        return Read(called, self.alias, (Output(Case(((State(value, "null"), NULL),), value), VALUE),))


def kept_as(columns: Mapping[str, Codec]) -> Stored:
    """Rows that were kept, as rows of these columns; of a domain's base, since what is not kept is NULL."""
    return Stored(SETTING, tuple((name, each.base.sql) for name, each in columns.items()))


def best_as_json(codec: Codec) -> bool:
    """Whether a text would not do: JSON is JSON already, and of some texts a cast cuts the blanks at the end."""
    return codec.base.id.name in (*JSON_TYPES, "bpchar")


# ------------------------------------------------------------------ payloads


class Payload:
    """What is shown after a write: every part of it starts from the rows that were kept."""

    def __init__(self, context: Context, asked: Input, stored: Stored, source: Source, alias: str) -> None:
        self.context, self.asked, self.stored, self.source, self.alias = context, asked, stored, source, alias

    def shown(self, field: Field) -> Expression:
        return Object(tuple((each.key, self.part(each)) for each in field.below()))

    def part(self, field: Field) -> Expression:
        match field.meaning:
            case Part.MUTATION_ID:
                return self.context.literal(self.asked.member(Argument.MUTATION_ID), _same, "text")
            case Part.QUERY:
                return self.context.root(self.context, field.below())
            case Part.PAYLOAD_ROW:
                return self.select(self.context.row(self.context, self.source, field.below()))
            case Part.PAYLOAD_EDGE:
                return self.select(self.edge(field))
            case Part.PAYLOAD_DELETED_ID:
                resource = self.table()
                return self.select(node_id(self.context, resource, self.source)) if resource else NULL
            case RelationField():
                return self.select(member(self.context, self.source, field))
            case _:
                return typename(field) or NULL

    def select(self, value: Expression) -> Expression:
        """A value of the row that was kept, if there is one."""
        return Select(Read(self.stored, self.alias, (Output(value),), where=self.where()))

    def where(self) -> tuple[Condition, ...]:
        return ()

    def table(self) -> Resource | None:
        """The table whose row it is."""
        found = (each for each in self.context.known.registry.resources.values() if not each.is_function)
        return next((each for each in found if each.codec is self.source.codec), None)

    def edge(self, field: Field) -> Expression:
        """The row with its cursor in an order."""
        order = ordered(self.context, field.given(Argument.ORDER_BY), self.table())
        parts: list[tuple[str, Expression]] = []
        for each in field.below():
            match each.meaning:
                case Part.EDGE_CURSOR:
                    parts.append((each.key, Json(cursor_of(order, self.source, lambda: NULL), "quoted")))
                case Part.EDGE_NODE:
                    parts.append((each.key, self.context.row(self.context, self.source, each.below())))
                case _:
                    parts.append((each.key, typename(each) or NULL))
        return Object(tuple(parts))


class Result(Payload):
    """What is shown after a function: its result too."""

    def __init__(self, function: Function, stored: Stored, source: Source) -> None:
        super().__init__(function.context, function.asked, stored, source, function.alias)
        self.resource = function.resource

    def where(self) -> tuple[Condition, ...]:
        """That there is a row: a function may give NULL."""
        return () if self.resource.codec.anonymous else (Not(State(Column(VALUE, self.alias), "null")),)

    def part(self, field: Field) -> Expression:
        return self.result(field) if field.meaning is Part.PAYLOAD_RESULT else super().part(field)

    def result(self, field: Field) -> Expression:
        """What it gave: one value, or all of them."""
        codec = result_codec(self.resource)
        if codec.anonymous:
            value = self.context.row(self.context, self.source, field.below())
        else:
            value = shown(self.context, codec, Column(VALUE, self.alias), field)
        if self.resource.returns_set:
            value = Listed(value)
        elif not self.resource.returns_array:
            return self.select(value)
        return Select(Read(self.stored, self.alias, (Output(value),)))


def _same(value: Any) -> str | None:
    return value
