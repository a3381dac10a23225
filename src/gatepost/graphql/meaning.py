"""What each field of a GraphQL schema stands for: the word between `schema/`, which makes fields, and `plan/`, which
compiles them.

In: nothing; these are only types. A field carries its meaning as `field.extensions[MEANING]`, an input field or
argument what it fills, an enum value of an `orderBy` its terms as its internal value. Out: –. Never: SQL.
"""

from dataclasses import dataclass
from enum import Enum

from .registry.model import Attribute, Codec, Ref, Relation, Resource, Unique

MEANING = "gatepost"


class Many(Enum):
    """How several rows are shown."""

    CONNECTION = "connection"
    LIST = "list"


class Part(Enum):
    """Fields that mean the same wherever they stand."""

    NODES = "nodes"
    EDGES = "edges"
    PAGE_INFO = "pageInfo"
    TOTAL_COUNT = "totalCount"
    EDGE_CURSOR = "cursor"
    EDGE_NODE = "node"
    HAS_NEXT = "hasNextPage"
    HAS_PREVIOUS = "hasPreviousPage"
    START_CURSOR = "startCursor"
    END_CURSOR = "endCursor"
    QUERY = "query"
    """The root again (on Query and in payloads)."""
    QUERY_NODE_ID = "nodeId of Query"
    NODE_BY_ID = "node(nodeId:)"
    MUTATION_ID = "clientMutationId"
    PAYLOAD_ROW = "the row of a payload"
    PAYLOAD_EDGE = "its edge"
    PAYLOAD_DELETED_ID = "the node id of what was deleted"
    PAYLOAD_RESULT = "what a function gave"
    RANGE_START = "start"
    RANGE_END = "end"
    BOUND_VALUE = "value"
    BOUND_INCLUSIVE = "inclusive"


@dataclass(frozen=True, slots=True)
class AttributeField:
    """A column, or a member of a composite value; also of inputs, patches and conditions."""

    attribute: Attribute


@dataclass(frozen=True, slots=True)
class MemberField:
    """A member of a value that PostgreSQL has no composite for: a point's `x`, an interval's `years` …"""

    member: str


@dataclass(frozen=True, slots=True)
class NodeIdField:
    """The node id of a row of `resource`."""

    resource: Resource


@dataclass(frozen=True, slots=True)
class RelationField:
    """The row or rows that a relation leads to (`many` is None for one row). On a payload: from its row."""

    relation: Relation | Ref
    many: Many | None = None


@dataclass(frozen=True, slots=True)
class AllRows:
    resource: Resource
    many: Many


@dataclass(frozen=True, slots=True)
class ByUnique:
    """One row by a key; the arguments' meanings are AttributeFields, or a NodeIdArgument."""

    resource: Resource
    unique: Unique


@dataclass(frozen=True, slots=True)
class ByNodeId:
    resource: Resource


@dataclass(frozen=True, slots=True)
class FunctionField:
    """What a function gives: at the root, or (`computed`) of the row it stands in. `many` where it gives a set."""

    resource: Resource
    computed: bool = False
    many: Many | None = None


@dataclass(frozen=True, slots=True)
class Create:
    resource: Resource


@dataclass(frozen=True, slots=True)
class Update:
    """`unique` is None where the row is told by its node id."""

    resource: Resource
    unique: Unique | None


@dataclass(frozen=True, slots=True)
class Delete:
    resource: Resource
    unique: Unique | None


@dataclass(frozen=True, slots=True)
class FunctionMutation:
    resource: Resource


@dataclass(frozen=True, slots=True)
class Subscribe:
    """A topic to listen on; its events are the roots of what is executed below. `name` is the declaration's, `listen`
    for the topics of everybody.
    """

    name: str


@dataclass(frozen=True, slots=True)
class EventValue:
    """What stands in an event at a path, or NULL."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventRow:
    """The row of `resource` whose columns are what stands in an event: (column, path)."""

    resource: Resource
    pairs: tuple[tuple[str, tuple[str, ...]], ...]


class EventNode(Enum):
    """The row that an event names as `__node__` (`["people", 1]`), or its node id."""

    ROW = "relatedNode"
    ID = "relatedNodeId"


Meaning = (
    Part
    | AttributeField
    | MemberField
    | NodeIdField
    | RelationField
    | AllRows
    | ByUnique
    | ByNodeId
    | FunctionField
    | Create
    | Update
    | Delete
    | FunctionMutation
    | Subscribe
    | EventValue
    | EventRow
    | EventNode
)

# ------------------------------------------------------------------ arguments and members of inputs


class Argument(Enum):
    """Arguments that mean the same wherever they stand."""

    FIRST = "first"
    LAST = "last"
    OFFSET = "offset"
    BEFORE = "before"
    AFTER = "after"
    ORDER_BY = "orderBy"
    CONDITION = "condition"
    NODE_ID = "nodeId"
    INPUT = "input"
    MUTATION_ID = "clientMutationId"
    PATCH = "the patch of an update"
    ROW = "the new row of a create"


@dataclass(frozen=True, slots=True)
class ParameterArgument:
    """A parameter of a function, by its index among the inputs; of `node`: the node id of a row of it is given."""

    index: int
    node: Resource | None = None


@dataclass(frozen=True, slots=True)
class ComputedCondition:
    """A condition on what a function computes of the row (`@filterable`)."""

    resource: Resource


@dataclass(frozen=True, slots=True)
class NodeIdCondition:
    """A node id in the place of `relation`'s columns, in a condition, an input or a patch (Relay preset)."""

    relation: Relation | None
    resource: Resource


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """One term of an order: a column's value, or what a function computes of the row."""

    by: Attribute | Resource
    descending: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Ordering:
    """An `orderBy` value. Of no terms: as the rows come.

    Compared by identity: two values of an enum may well order alike.
    """

    terms: tuple[OrderTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """What a type is about, as the type's own meaning: the object type of rows, the inputs for them, a connection and
    its edge, a mutation's payload; the scalar of a token. `resource` is the relation whose rows they are, of a
    connection that only one function has that function.
    """

    codec: Codec
    resource: Resource | None = None
