"""Operations that were asked before.

In: a document's text, the name of one of its operations, variables. Out: the operation, read and checked once, and its
Plan, made once for each shape of variables. Never: a plan of another schema: a new Known begins with new caches; and
never more than a bounded memory, whatever is sent.
"""

from collections.abc import Hashable
from typing import Any, cast

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    VariableDefinitionNode,
    type_from_ast,  # pyright: ignore[reportUnknownVariableType]
)
from graphql.execution.values import get_variable_values

from ..recent import Recent
from . import documents, plan
from .documents.limits import MOST_ERRORS, VALUES, exceeded
from .documents.reading import Invalid, invalid
from .plan import Known, Plan
from .values.identifiers import node_id_of_event, node_id_shape
from .values.leaves import Leaf, amount, forget, opened

DOCUMENTS, LARGEST = 1000, 1_000_000
"""At most so many documents are kept, of so many characters together; each takes up some two hundred bytes."""
PLANS, LONGEST = 200, 500_000
"""At most so many plans of one operation are kept, of so many characters of SQL together."""
EVENT, NODE = "", " "
"""Where an event and its node id stand among the values: no variable has such a name."""


class Operation:
    """One operation of a document."""

    def __init__(
        self, known: Known, document: DocumentNode, node: OperationDefinitionNode, limits: documents.Limits
    ) -> None:
        self.known, self.node, self.limits = known, node, limits
        self.fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self.priced = documents.price(known.schema, document, node, limits)
        self.root = cast(GraphQLObjectType, known.schema.get_root_type(node.operation))
        self._types = {each.variable.name.value: _type(known, each) for each in node.variable_definitions}
        self._plans: Recent[Plan] = Recent(PLANS, LONGEST)

    @property
    def kind(self) -> str:
        """`query`, `mutation` or `subscription`."""
        return self.node.operation.value

    def values(self, sent: dict[str, Any]) -> dict[str, Any]:
        """The variables as their types say; Invalid where they are not of them."""
        if not self.node.variable_definitions:
            return {}
        sizes = sum(amount(type_, sent[name]) for name, type_ in self._types.items() if name in sent)
        if sizes > VALUES:
            raise Invalid([exceeded("The variables hold {} values", sizes, VALUES)])
        found = get_variable_values(self.known.schema, self.node.variable_definitions, sent, MOST_ERRORS)
        if isinstance(found, list):
            raise invalid(found, self.limits)
        return found

    def plan(self, values: dict[str, Any], sent: dict[str, Any]) -> Plan:
        """The plan for variables of that shape."""
        parts = {name: self._opened(name, values) for name in self._types}
        variables = {name: part for name, (part, _) in parts.items() if name in values}
        event, node = (Leaf((name,), values.get(name)) if name in values else None for name in (EVENT, NODE))
        shape = tuple(shape for _, shape in parts.values()), node_id_shape(values.get(NODE))
        found = self._plans.find(shape)
        if found is None:
            document = plan.Document(self.known.schema, self.node, self.fragments, variables, dict(sent))
            found = plan.make(self.known, document, self.root, event, node, self.limits.page)
            document.forget()
            forget([event, node])
            if not (found.tells_values and parts):
                self._plans.put(shape, found, found.length)
        return found

    def _opened(self, name: str, values: dict[str, Any]) -> tuple[Any, Hashable]:
        return opened(self._types[name], values[name], (name,)) if name in values else (None, "absent")


def _type(known: Known, definition: VariableDefinitionNode) -> Any:
    return type_from_ast(known.schema, definition.type)  # pyright: ignore[reportArgumentType, reportCallIssue]


class Prepared:
    """Operations over one schema."""

    def __init__(self, known: Known, limits: documents.Limits) -> None:
        self.known, self.limits = known, limits
        self._operations: Recent[Operation] = Recent(DOCUMENTS, LARGEST)

    def knows(self, text: str, name: str | None) -> bool:
        """Whether it was asked before."""
        return (text, name) in self._operations

    def operation(self, text: str, name: str | None) -> Operation:
        """The operation of that name, or the only one; Invalid says what is wrong with the document."""
        found = self._operations.find((text, name))
        if found is None:
            document = documents.read(self.known.schema, text, self.limits)
            found = Operation(self.known, document, _named(document, name), self.limits)
            self._operations.put((text, name), found, len(text))
        return found


def _named(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is None and len(found) > 1:
        raise Invalid([GraphQLError("Must provide operation name if query contains multiple operations.")])
    named = [each for each in found if name is None or (each.name and each.name.value == name)]
    if not named:
        message = "Must provide an operation." if name is None else f"Unknown operation named '{name}'."
        raise Invalid([GraphQLError(message)])
    return named[0]


def from_event(values: dict[str, Any], event: Any, codec: str) -> dict[str, Any]:
    """Values with the event that an operation starts from."""
    return values | {EVENT: event, NODE: node_id_of_event(event, codec)}
