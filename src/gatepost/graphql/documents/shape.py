"""Limits that a document's form alone can break, whatever its schema.

In: a parsed document, not validated yet. Out: errors. Never: more time than the document is long, however its
fragments nest: each is measured once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from .limits import DEPTH, FIELDS, FRAGMENTS, PAIRS, SCHEMA_FIELDS, Limits, exceeded

INTROSPECTION = frozenset(("__schema", "__type"))
# Lists of the introspection schema that lead back to types.
LOOPS = frozenset(("fields", "interfaces", "possibleTypes", "inputFields"))
MOST_LOOPS = 3

Fragments = dict[str, FragmentDefinitionNode]


@dataclass(frozen=True, slots=True)
class Measure:
    """`depth`: levels of fields; `data` the same without what asks for the schema; `fields`: all of them, each as
    often as it is spread; `loops`: lists of types within lists of types; `asked`: those where the schema is asked for;
    `told`: fields that ask for it.
    """

    depth: int = 0
    data: int = 0
    fields: int = 0
    loops: int = 0
    asked: int = 0
    told: int = 0


def check_document(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """What of a document is too much."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    if len(fragments) > FRAGMENTS:
        return [exceeded("The document has {} fragments", len(fragments), FRAGMENTS)]
    measured = _measure_fragments(fragments)
    errors: list[GraphQLError] = []
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode) and not errors:
            errors = list(_check(operation, fragments, measured, limits))
    return errors


def _check(
    operation: OperationDefinitionNode, fragments: Fragments, measured: dict[str, Measure], limits: Limits
) -> Iterator[GraphQLError]:
    found, nodes = _measure(operation.selection_set, measured), [operation]
    if limits.depth and found.data > limits.depth:
        yield exceeded("The operation is {} levels deep", found.data, limits.depth, "max_depth", nodes)
    elif found.depth > DEPTH:
        yield exceeded("The operation is {} levels deep", found.depth, DEPTH, "", nodes)
    if found.fields > FIELDS:
        yield exceeded("The operation has {} fields", found.fields, FIELDS, "", nodes)
    elif found.depth <= DEPTH:
        yield from _check_names(operation, fragments)
    if found.told > SCHEMA_FIELDS:
        yield exceeded("The operation asks for the schema by {} fields", found.told, SCHEMA_FIELDS, "", nodes)
    if found.asked > MOST_LOOPS:
        yield exceeded("The operation lists types within types {} times", found.asked, MOST_LOOPS, "", nodes)
    roots = list(_fields(operation.selection_set, fragments))
    if limits.roots and len(roots) > limits.roots:
        yield exceeded("The operation has {} fields at its root", len(roots), limits.roots, "max_root_fields", nodes)
    asked = next((each for each in roots if each.name.value in INTROSPECTION), None)
    if asked is not None and not limits.introspection:
        yield GraphQLError("The schema cannot be asked for (graphql.introspection)", [asked])


def _check_names(operation: OperationDefinitionNode, fragments: Fragments) -> Iterator[GraphQLError]:
    """Validation compares all fields of one name in one place with each other.

    No more fields are met than were counted, unless a fragment spreads itself, which is validation's to refuse.
    """
    pairs = met = 0
    waiting = [[operation.selection_set]]
    while waiting and pairs <= PAIRS and met <= FIELDS:
        alike: dict[str, list[FieldNode]] = {}
        for selection in waiting.pop():
            for each in _fields(selection, fragments):
                alike.setdefault((each.alias or each.name).value, []).append(each)
        for nodes in alike.values():
            met += len(nodes)
            pairs += len(nodes) * (len(nodes) - 1) // 2
            waiting.append([node.selection_set for node in nodes if node.selection_set is not None])
    if pairs > PAIRS:
        yield exceeded("The operation has {} pairs of fields with one name", "too many", PAIRS, "", [operation])


def _fields(selection: SelectionSetNode, fragments: Fragments) -> Iterator[FieldNode]:
    """Fields of a selection, those of fragments among them, each fragment once."""
    seen: set[str] = set()
    waiting: list[SelectionNode] = list(reversed(selection.selections))
    while waiting:
        node = waiting.pop()
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            waiting += reversed(node.selection_set.selections)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
            seen.add(node.name.value)
            found = fragments.get(node.name.value)
            waiting += reversed(found.selection_set.selections) if found else ()


def _measure_fragments(fragments: Fragments) -> dict[str, Measure]:
    """Each fragment's measure, those first that others spread. One that spreads itself is validation's to refuse."""
    measured: dict[str, Measure] = {}
    for name in in_order(fragments):
        measured[name] = _measure(fragments[name].selection_set, measured)
    return measured


def in_order(fragments: Fragments) -> Iterator[str]:
    """Names of fragments, each after those it spreads."""
    begun: set[str] = set()
    for first in fragments:
        waiting: list[tuple[str, bool]] = [(first, False)]
        while waiting:
            name, done = waiting.pop()
            if done:
                yield name
            elif name not in begun:
                begun.add(name)
                waiting.append((name, True))
                waiting += ((each, False) for each in _spreads(fragments[name].selection_set) if each in fragments)


def _spreads(selection: SelectionSetNode) -> Iterator[str]:
    """Names of the fragments that are spread anywhere in a selection."""
    waiting = list(selection.selections)
    while waiting:
        node = waiting.pop()
        if isinstance(node, FragmentSpreadNode):
            yield node.name.value
        elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
            waiting += node.selection_set.selections


def _measure(selection: SelectionSetNode | None, measured: dict[str, Measure]) -> Measure:
    return _together([_measure_one(node, measured) for node in selection.selections] if selection else [])


def _measure_one(node: SelectionNode, measured: dict[str, Measure]) -> Measure:
    if isinstance(node, FragmentSpreadNode):
        return measured.get(node.name.value, Measure())
    if isinstance(node, InlineFragmentNode):
        return _measure(node.selection_set, measured)
    if not isinstance(node, FieldNode):
        return Measure()
    below, name = _measure(node.selection_set, measured), node.name.value
    asks = name in INTROSPECTION
    return Measure(
        depth=below.depth + 1,
        data=0 if asks else below.data + 1,
        fields=below.fields + 1,
        loops=below.loops + (name in LOOPS),
        asked=below.loops if asks else below.asked,
        told=below.fields + 1 if asks else below.told,
    )


def _together(parts: list[Measure]) -> Measure:
    if len(parts) < 2:
        return parts[0] if parts else Measure()
    return Measure(
        max(each.depth for each in parts),
        max(each.data for each in parts),
        sum(each.fields for each in parts),
        max(each.loops for each in parts),
        max(each.asked for each in parts),
        sum(each.told for each in parts),
    )
