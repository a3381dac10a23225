"""One operation → statements.

In: a validated operation, its variables with Leaves, what is Known of its schema. Out: a Plan: for each root field the
statement that makes its JSON, and before it, of a mutation, the one that writes. Never: a socket; never a plan that is
good for one request only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLObjectType, OperationType
from msgspec import json

from gatepost.query import answer
from gatepost.query.resolve import is_inert
from gatepost.query.sql import Parameter, Slot, Statement, Template
from gatepost.query.tree import Constant, Expression, Nothing, Output, Read

from ..values.leaves import Values
from .context import After, Context, Filler, Known, Mark
from .introspection import INTROSPECTION, introspect
from .mutations import SETTING, mutation
from .roots import root, root_field
from .rows import row
from .selection import TYPENAME, Document, Field

__all__ = ["After", "Document", "Known", "Mark", "Plan", "Step", "make"]

MOST_VALUES = 65_535


@dataclass(frozen=True, slots=True)
class Step:
    """One root field. `error` is what is wrong with its arguments: then there are no statements. `constant` is the
    answer where the schema alone gives it.

    `write` runs before `read`, in the same transaction; `unless_any` is the error where it touched no row.
    """

    key: str
    nodes: list[FieldNode]
    read: Template | None = None
    write: Template | None = None
    unless_any: str | None = None
    marks: dict[tuple[str, ...], Mark] | None = None
    constant: bytes | None = None
    error: GraphQLError | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps, and what makes their parameters of a request's values."""

    steps: tuple[Step, ...]
    mutates: bool
    fillers: tuple[Filler, ...]

    @property
    def tells_values(self) -> bool:
        """Whether what was sent may be in it: in an error, or in what the schema tells of itself."""
        return any(step.error is not None or step.nodes[0].name.value in INTROSPECTION for step in self.steps)

    @property
    def length(self) -> int:
        """Characters of all its statements."""
        return sum(len(each.text) for step in self.steps for each in (step.write, step.read) if each is not None)

    def statements(self, step: Step, values: Values) -> list[Statement]:
        """The statements of a step for these values."""

        def value(slot: Slot) -> Parameter:
            return self.fillers[int(slot.key)](values)  # pyright: ignore[reportArgumentType] - slots of claims are none of ours

        return [each.filled(value) for each in (step.write, step.read) if each is not None]


def make(
    known: Known, document: Document, type_: GraphQLObjectType, event: Any = None, node: Any = None, most: int = 0
) -> Plan:
    """The plan of an operation whose root is of that type; `event`, `node` and `most` as in Context."""
    context = Context(document, known, row, root, event=event, event_node=node, most=most)
    mutates = document.operation.operation is OperationType.MUTATION
    plan: Callable[[Context, Field], Step] = _write if mutates else _read
    steps = tuple(_step(context, field, plan) for field in document.root(type_))
    return Plan(steps, mutates, tuple(context.fillers))


def _step(context: Context, field: Field, plan: Callable[[Context, Field], Step]) -> Step:
    """A field's step; an error in its arguments is its own."""
    try:
        return plan(context, field)
    except GraphQLError as error:
        return Step(field.key, field.nodes, error=error)


def _read(context: Context, field: Field) -> Step:
    if field.name in INTROSPECTION:
        return Step(field.key, field.nodes, constant=introspect(field))
    value = root_field(context, field)
    if isinstance(value, Constant):
        return Step(field.key, field.nodes, constant=json.encode(value.value))
    node = _answer(value)
    read = _sent(answer.plain(node, is_inert(node, context.known.catalog)))
    return Step(field.key, field.nodes, read, marks=_marks(context, field))


def _write(context: Context, field: Field) -> Step:
    if field.name == TYPENAME:
        return _read(context, field)
    found = mutation(context, field)
    write = _sent(answer.store(found.write, SETTING, found.kept))
    read = _sent(answer.plain(_answer(found.payload)))
    return Step(field.key, field.nodes, read, write, found.unless_any, _marks(context, field))


def _sent(template: Template) -> Template:
    """A statement that can be sent: PostgreSQL's protocol has two bytes for the number of its values."""
    if len(template.params) > MOST_VALUES:
        raise GraphQLError(f"The field holds {len(template.params)} values; at most {MOST_VALUES} can be sent at once")
    return template


def _answer(value: Expression) -> Read:
    return Read(Nothing(), "", (Output(value, "value"),))


def _marks(context: Context, field: Field) -> dict[tuple[str, ...], Mark] | None:
    """The marks below a root field."""
    return {path: mark for path, mark in context.marks.items() if path[0] == field.key} or None
