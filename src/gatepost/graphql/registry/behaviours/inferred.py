"""What is assumed of an entity before anybody says something else.

In: an entity, the options. Out: its behaviours, in the notation of `rules.py`. Never: a tag's meaning but `@enum`,
`@isIndexed` and `@behavior` itself.

The texts stand in the order in which they count, the last most; `wanted` stands among them, since some of what is
assumed gives way to it and some does not.
"""

from collections.abc import Iterable, Mapping
from functools import singledispatchmethod

from gatepost.graphql.options import Options
from gatepost.problem import Problem

from ..model import Attribute, Codec, Entity, Kind, Ref, Relation, Resource, Tags, Unique
from ..scalars import BINARY, SEARCHED, UNEQUAL, UNORDERED
from ..tags.comments import behaviours
from .rules import Rules, parse_all

RELAY = (
    "node connection -list -query:resource:single nodeId:filterBy nodeId:resource:update -constraint:resource:update "
    "nodeId:resource:delete -constraint:resource:delete nodeId:insert nodeId:update nodeId:base"
)
BASIC = "connection -list"
SIMPLE_COLLECTIONS = {
    "both": "connection resource:connection list resource:list",
    "only": "-connection -resource:connection list resource:list",
    "omit": "connection resource:connection -list -resource:list",
    None: "",
}
V4 = (
    "-singularRelation:resource:connection -singularRelation:resource:list condition:attribute:filterBy "
    "attribute:orderBy resource:connection:backwards"
)

NOTHING = "-*"
NOT_STORED = (
    "-resource:select -resource:connection -resource:list -resource:array -resource:single -resource:insert "
    "-resource:update -resource:delete"
)
COMPUTED_ONLY = "-orderBy -condition:proc:filterBy"
TO_ONE = "single -singularRelation:resource:list -singularRelation:resource:connection"
NODE_IDS = "-nodeId:insert -nodeId:update -nodeId:base -nodeId:filterBy"
UNREADABLE = "-select -single -list -connection -typeField -queryField -mutationField"
HIDDEN_IN_RELAY = "-select -update -base -filterBy -orderBy"
IN_NODE_ID = "-attribute:filterBy -attribute:insert -attribute:update -attribute:base"

UNCOMPARED = "-condition:attribute:filterBy -attribute:orderBy"


def wanted(options: Options) -> str:
    """What is generally wanted of a schema."""
    texts = [RELAY] if options.relay else []
    texts.append(BASIC)
    if options.preset == "v4":
        texts += [SIMPLE_COLLECTIONS[options.simple_collections], V4]
    return " ".join(texts)


class Inferred:
    """`inferred(entity)`. `tables` are relations by the codec of their rows, `owners` those that uniques belong to."""

    def __init__(self, options: Options, tables: Mapping[Codec, Resource], owners: Mapping[Unique, Resource]) -> None:
        self._options = options
        self._v4 = options.preset == "v4"
        self._writes = not options.disable_default_mutations
        self._wanted = wanted(options)
        self._tables = tables
        self._owners = owners

    def __call__(self, entity: Entity) -> Rules:
        asked = [text for tags in self._tags(entity) for text in behaviours(tags)]
        try:
            return Rules(parse_all(asked), parse_all(self._texts(entity)))
        except Problem as problem:
            where = self._owners[entity].id if isinstance(entity, Unique) else place(entity)
            raise Problem(problem.code, problem.status, f"@behavior on {where}: {problem.message}") from None

    def _texts(self, entity: Entity) -> list[str]:
        before, after = self._assumed(entity)
        # A way of several steps is also what it leads to.
        of_target = self._texts(entity.target.codec) + self._texts(entity.target) if isinstance(entity, Ref) else []
        return [*of_target, *before, self._wanted, *after]

    # -------------------------------------------------------------- what is asked for

    @singledispatchmethod
    def _tags(self, entity: Entity) -> Iterable[Tags]:
        return (entity.tags,)

    @_tags.register
    def _(self, entity: Attribute) -> Iterable[Tags]:
        return (entity.codec.tags, entity.tags)

    @_tags.register
    def _(self, entity: Resource) -> Iterable[Tags]:
        return (entity.tags,) if entity.is_function else (entity.codec.tags, entity.tags)

    @_tags.register
    def _(self, entity: Unique) -> Iterable[Tags]:
        return (*self._tags(self._owners[entity]), entity.tags)

    @_tags.register(Relation)
    @_tags.register(Ref)
    def _(self, entity: Relation | Ref) -> Iterable[Tags]:
        return (*self._tags(entity.target), entity.tags)

    # -------------------------------------------------------------- what is assumed

    @singledispatchmethod
    def _assumed(self, entity: Entity) -> tuple[list[str], list[str]]:
        raise TypeError(f"{type(entity).__name__} is no entity")

    @_assumed.register
    def _(self, codec: Codec) -> tuple[list[str], list[str]]:
        before = ["totalCount order select filter table"]
        after: list[str] = []
        if not codec.anonymous:
            before.append("insert update")
        if codec.attributes:
            before.append("resource:select")
            before += [] if codec.anonymous else ["resource:insert resource:update resource:delete"]
            after += [] if codec.persistent else [NOT_STORED]
        table = self._tables.get(codec)
        if table and table.uniques:
            after.append("type:node")
        return before, after + _of_enum(codec.tags)

    @_assumed.register
    def _(self, resource: Resource) -> tuple[list[str], list[str]]:
        before, after = self._function(resource) if resource.is_function else self._table(resource)
        return before, after + _rights(resource) + _of_enum(resource.tags)

    def _table(self, table: Resource) -> tuple[list[str], list[str]]:
        before = ["update delete insert delete:resource:nodeId"] if self._writes else []
        before += [] if table.insertable else ["-resource:insert"]
        before += [] if table.updatable else ["-resource:update"]
        before += [] if table.deletable else ["-resource:delete"]
        before.append("order resource:select filter resource:connection:backwards")
        after = [] if table.persistent else [NOT_STORED, "insert:resource:select"]
        return before, [*after, NOTHING] if table.part else after

    def _function(self, function: Resource) -> tuple[list[str], list[str]]:
        before = ["-resource:connection:backwards -filter -order"]
        after = _fields(function)
        if is_simple_computed(function):
            after.append(COMPUTED_ONLY)
        if self._v4:
            after.append(_older_field(function))
        return before, after

    @_assumed.register
    def _(self, unique: Unique) -> tuple[list[str], list[str]]:
        table = self._owners[unique]
        after = [] if table.persistent else [NOT_STORED]
        after += [NOTHING] if table.part else []
        before = ["update delete"] if self._writes else []
        return [*before, "resource:select single"], after + _rights(table)

    @_assumed.register
    def _(self, attribute: Attribute) -> tuple[list[str], list[str]]:
        before = ["select base update insert filterBy orderBy", *_of_type(attribute.codec)]
        after = ["-attribute:insert -attribute:update"] if attribute.generated else []
        if self._v4:
            after += _older_of_type(attribute.codec)
        if self._options.relay:
            after += self._in_relay(attribute)
        if not attribute.indexed and not attribute.tags.get("isIndexed"):
            after.append("-filterBy -orderBy")
        return before, after + _column_rights(attribute)

    def _in_relay(self, attribute: Attribute) -> list[str]:
        """What a node id holds is not shown beside it."""
        table = self._tables.get(attribute.owner)
        relations = (table or attribute.owner).relations.values()
        referring = attribute.codec.values_of is None and any(
            relation.unique and not relation.backward and attribute.name in (own for own, _ in relation.pairs)
            for relation in relations
        )
        hidden = referring or (table is not None and attribute.name in table.primary_key)
        return [HIDDEN_IN_RELAY] * hidden + [IN_NODE_ID] * referring

    @_assumed.register
    def _(self, relation: Relation) -> tuple[list[str], list[str]]:
        if relation.target.part:
            return [NODE_IDS], [NOTHING]
        after = [TO_ONE] if relation.unique else []
        if not relation.indexed and not relation.tags.get("isIndexed"):
            after.append("-select -list -connection -single -manyToMany")
        return [NODE_IDS, "resource:select"], after + _rights(relation.target) + _own_rights(relation)

    @_assumed.register
    def _(self, ref: Ref) -> tuple[list[str], list[str]]:
        many = "-single manyRelation:resource:connection manyRelation:resource:list"
        return ["resource:select"], [TO_ONE if ref.singular else many]


def place(entity: Entity) -> str:
    """An entity's name, for people."""
    if isinstance(entity, Attribute):
        return f"{entity.owner.id}.{entity.name}"
    return str(entity.id) if isinstance(entity, Codec | Resource) else getattr(entity, "name", "")


def _of_enum(tags: Tags) -> list[str]:
    return [NOTHING] if tags.get("enum") else []


# ------------------------------------------------------------------ columns


def _of_type(codec: Codec) -> Iterable[str]:
    match codec.kind:
        case Kind.ARRAY | Kind.RANGE if codec.of:
            yield UNCOMPARED
            yield from _of_type(codec.of)
        case Kind.DOMAIN if codec.of:
            yield from _of_type(codec.of)
        case Kind.COMPOSITE:
            yield UNCOMPARED
        case Kind.ENUM:
            yield "-attribute:orderBy"
        case _:
            yield from _of_scalar(codec.id.name)


def _of_scalar(name: str) -> Iterable[str]:
    if name in SEARCHED:
        yield "-attribute:base -attribute:select -attribute:insert -attribute:update"
        yield UNCOMPARED
    if name in UNEQUAL:
        yield "-attribute:filterBy"
    if name in UNORDERED:
        yield "-attribute:orderBy"


def _older_of_type(codec: Codec) -> list[str]:
    """PostGraphile 4 compares what it can, wanted or not."""
    inner = codec
    while inner.of:
        inner = inner.of
    outer = codec.of if codec.kind is Kind.DOMAIN and codec.of else codec
    found = [UNCOMPARED] if inner.id.name in (*SEARCHED, BINARY) and inner.kind is Kind.SCALAR else []
    return [*found, "-attribute:orderBy"] if outer.kind in (Kind.ARRAY, Kind.RANGE) else found


def _column_rights(attribute: Attribute) -> list[str]:
    others = (other for other in attribute.owner.attributes.values() if other is not attribute)
    found: list[str] = []
    # Where no column may be read, rows come from functions, which show all of them.
    if not attribute.can_select and any(other.can_select for other in others):
        found.append("-select -filterBy -orderBy")
    found += [] if attribute.can_insert else ["-insert"]
    return found if attribute.can_update else [*found, "-update"]


# ------------------------------------------------------------------ rights


def _rights(resource: Resource) -> list[str]:
    found = [] if resource.can_execute else ["-queryField -mutationField -typeField -orderBy -filterBy"]
    found += [] if resource.can_select else [UNREADABLE]
    found += [] if resource.can_insert else ["-insert"]
    found += [] if resource.can_update else ["-update"]
    return found if resource.can_delete else [*found, "-delete"]


def _own_rights(relation: Relation) -> list[str]:
    if not relation.unique:
        return []
    source = relation.source.codec if isinstance(relation.source, Resource) else relation.source
    columns = [source.attributes[own] for own, _ in relation.pairs]
    found = [] if all(column.can_insert for column in columns) else ["-nodeId:insert"]
    return found if all(column.can_update for column in columns) else [*found, "-nodeId:update"]


# ------------------------------------------------------------------ functions


def is_simple_computed(function: Resource) -> bool:
    """Whether it computes one value of a row, and needs nothing but the row."""
    row, *others = function.parameters or (None,)
    return (
        row is not None
        and bool(row.codec.attributes)
        and not any(parameter.required for parameter in others)
        and function.codec.kind not in (Kind.COMPOSITE, Kind.ARRAY, Kind.RANGE)
        and not function.returns_set
    )


def _fields(function: Resource) -> list[str]:
    first = next(iter(function.parameters or ()), None)
    of_row = first is not None and bool(first.codec.attributes) and first.variant != "nodeId"
    query = not function.volatile and not (of_row and first is not None and first.codec.table)
    texts = ["-array", _sign("queryField", query), _sign("mutationField", function.volatile)]
    texts.append(_sign("typeField", of_row and not function.volatile))
    if function.returns_set or function.returns_array:
        lists = function.returns_array or function.codec.kind is Kind.ARRAY
        texts += ["-connection -list array"] if lists else []
    return texts


def _older_field(function: Resource) -> str:
    """PostGraphile 4 knows a computed column by its name, and asks for a function's rows at the root only."""
    first = next(iter(function.parameters or ()), None)
    of_row = first is not None and bool(first.codec.attributes)
    computed = first is not None and of_row and function.id.schema == first.codec.id.schema
    computed = computed and first is not None and function.id.name.startswith(f"{first.codec.id.name}_")
    query = not of_row or first is None or not first.codec.table
    chosen = "mutationField" if function.volatile else "typeField" if computed else "queryField" if query else None
    return " ".join(_sign(name, name == chosen) for name in ("queryField", "mutationField", "typeField"))


def _sign(behaviour: str, allowed: bool) -> str:
    return behaviour if allowed else f"-{behaviour}"
