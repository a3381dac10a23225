"""What an operation would cost: its fields, each as often as the pages around it can hold it.

In: a validated document, its schema. Out: a Priced, which knows the cost as soon as it is told the variables. Never: a
look at the data; a page of unknown size counts as a small one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
)

from ..meaning import MEANING, Argument
from .limits import Limits, exceeded
from .shape import in_order

KEPT = 100

Variables = Mapping[str, Any]
Sizes = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Term:
    """A field, or the fragment that is spread in its place. `pages` are the bounds of a list, None of what is none."""

    below: "tuple[Term, ...]" = ()
    pages: tuple[ArgumentNode, ...] | None = None
    fragment: str = ""


class Priced:
    """An operation's terms and its limits. `check` is quick where no page depends on a variable."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, limits: Limits
    ) -> None:
        self._schema, self._operation, self._limits = schema, operation, limits
        self._on = bool(limits.cost or limits.page)
        self._pages: list[ArgumentNode] = []
        self._terms: tuple[Term, ...] = ()
        self._fragments: dict[str, tuple[Term, ...]] = {}
        if self._on:
            self._read(document)
        self._defaults = {
            each.variable.name.value: _size(each.default_value, {}) for each in operation.variable_definitions
        }
        named = {page.value.name.value for page in self._pages if isinstance(page.value, VariableNode)}
        self._names = tuple(sorted(named))
        self._kept: dict[tuple[int | None, ...], list[GraphQLError]] = {}

    def check(self, variables: Variables) -> list[GraphQLError]:
        """What is too much with these variables, as they were sent."""
        if not self._on:
            return []
        sizes = {
            name: _whole(variables[name]) if name in variables else self._defaults.get(name) for name in self._names
        }
        key = tuple(sizes.values())
        errors = self._kept.get(key)
        if errors is None:
            errors = list(self._check(sizes))
            if len(self._kept) < KEPT:
                self._kept[key] = errors
        return errors

    def _check(self, sizes: Sizes) -> Iterator[GraphQLError]:
        most = self._limits.page
        for page in self._pages:
            size = _size(page.value, sizes)
            if most and size is not None and size > most:
                yield exceeded(f"{page.name.value} asks for {{}} rows at once", size, most, "max_page_size", [page])
        most = self._limits.cost
        if not most:
            return
        known: dict[str, int] = {}
        for name, terms in self._fragments.items():
            known[name] = self._cost(terms, known, sizes)
        cost = self._cost(self._terms, known, sizes)
        if cost > most:
            yield exceeded("The operation costs {}", cost, most, "max_cost", [self._operation])

    def _cost(self, terms: tuple[Term, ...], known: Mapping[str, int], sizes: Sizes) -> int:
        """A field costs 1, and what is below it as often as its page can hold it."""
        cost = 0
        for term in terms:
            if term.fragment:
                cost += known.get(term.fragment, 0)
            else:
                below = self._cost(term.below, known, sizes)
                cost += 1 + (below if term.pages is None else below * self._rows(term.pages, sizes))
        return cost

    def _rows(self, pages: tuple[ArgumentNode, ...], sizes: Sizes) -> int:
        given = [size for size in (_size(page.value, sizes) for page in pages) if size is not None]
        return max(0, min(given)) if given else self._limits.unbounded

    def _read(self, document: DocumentNode) -> None:
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        for name in in_order(fragments):
            type_ = self._schema.get_type(fragments[name].type_condition.name.value)
            self._fragments[name] = tuple(self._read_terms(fragments[name].selection_set, type_))
        root = self._schema.get_root_type(self._operation.operation)
        self._terms = tuple(self._read_terms(self._operation.selection_set, root))

    def _read_terms(self, selection: SelectionSetNode, type_: GraphQLNamedType | None) -> Iterator[Term]:
        for node in selection.selections:
            if isinstance(node, FragmentSpreadNode):
                yield Term(fragment=node.name.value)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = self._schema.get_type(condition.name.value) if condition else type_
                yield from self._read_terms(node.selection_set, inner)
            elif isinstance(node, FieldNode):
                yield self._read_field(node, _field(type_, node.name.value))

    def _read_field(self, node: FieldNode, field: GraphQLField | None) -> Term:
        pages = None if field is None else _pages(field, node)
        self._pages += pages or ()
        if field is None or node.selection_set is None:
            return Term()
        below: GraphQLNamedType = get_named_type(field.type)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        return Term(tuple(self._read_terms(node.selection_set, below)), pages)


def price(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, limits: Limits) -> Priced:
    """What there is to know of an operation's cost before its variables."""
    return Priced(schema, document, operation, limits)


def _field(type_: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    return type_.fields.get(name) if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) else None


def _pages(field: GraphQLField, node: FieldNode) -> tuple[ArgumentNode, ...] | None:
    """The bounds that are given to a field, None where its schema knows none."""
    bounds = {name for name, argument in field.args.items() if _bounds(argument.extensions.get(MEANING))}
    return tuple(each for each in node.arguments if each.name.value in bounds) if bounds else None


def _bounds(meaning: object) -> bool:
    return meaning is Argument.FIRST or meaning is Argument.LAST


def _size(value: ValueNode | None, sizes: Sizes) -> int | None:
    if isinstance(value, VariableNode):
        return sizes.get(value.name.value)
    return int(value.value) if isinstance(value, IntValueNode) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
