"""What every part of a plan shares: the document, the schema's facts, values that come later, what is done afterwards.

In: a Document and what is Known of its schema. Out: literals, aliases, sources of rows. Never: a value of a request
that shape alone does not decide.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from graphql import GraphQLObjectType, GraphQLSchema

from gatepost.catalog import Catalog, Name
from gatepost.query.sql import Parameter, Slot
from gatepost.query.tree import Column, Condition, Embed, Expression, Literal, Member, Output, Read, Row, Shape

from ..options import Options
from ..registry.model import Attribute, Codec, Registry, Resource
from ..values.leaves import Values, closed, is_open
from ..values.texts import Texts
from .selection import Document, Field

ROW = "gatepost_row"
VALUE = "value"
NUMBER = "gatepost_number"

Encode = Callable[[Any], str | None]
Filler = Callable[[Values], Parameter]


class After(Enum):
    """What is done to a value of an answer once PostgreSQL has given it."""

    JSON_TEXT = "JSON as a string of JSON"
    TOKEN = "claims as a signed token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Mark:
    """A value to do something to; `depth` lists stand around it."""

    after: After
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """A schema, and what its plans need to know: resources' names in node ids, the types of their rows, the names of
    members of inputs; and of what the database holds, what reads may share a connection.
    """

    schema: GraphQLSchema
    registry: Registry
    options: Options
    catalog: Catalog
    identifiers: Mapping[Resource, str]
    types: Mapping[Resource, GraphQLObjectType]
    names: Mapping[Attribute, str]

    def resource(self, identifier: str) -> Resource | None:
        """The resource that a node id's identifier names."""
        return next((each for each, name in self.identifiers.items() if name == identifier), None)

    def keeps_unique(self, resource: Resource, columns: Iterable[str]) -> bool:
        """Whether the database itself sees to it that no two rows have the same in these columns."""
        table = self.catalog.tables.get(resource.id)
        return table is not None and any(set(columns).issuperset(unique) for unique in table.uniques)

    def type_name(self, resource: Resource) -> str:
        """The name of the type of a resource's rows."""
        return self.types[resource].name


class Source(Protocol):
    """One row, and how what it holds is reached."""

    @property
    def codec(self) -> Codec: ...

    def column(self, name: str) -> Expression: ...

    def row(self) -> Expression: ...


@dataclass
class Alias:
    """A row of a sub-select, which gives only what is used of it. `beside` are rows of other relations that are read
    along with it, None where that is not worth it.
    """

    alias: str
    codec: Codec
    used: dict[str, None] = field(default_factory=dict[str, None])
    whole: bool = False
    beside: "list[Joined] | None" = None

    def column(self, name: str) -> Expression:
        self.used[name] = None
        return Column(name, self.alias)

    def inner(self, name: str) -> Column:
        """A column where the sub-select reads it."""
        return Column(name, self.alias)

    def row(self) -> Expression:
        self.whole = True
        return Column(ROW, self.alias)

    def outputs(self) -> tuple[Output, ...]:
        """What the sub-select gives."""
        rows = (Output(whole_row(self.alias, self.codec), ROW),) if self.whole else ()
        return (*(Output(Column(name, self.alias)) for name in self.used), *rows)

    def embeds(self) -> tuple[Embed, ...]:
        """What it reads along with its rows."""
        return tuple(each.embed() for each in self.beside or ())


@dataclass
class Joined:
    """The one row of another relation, `own`, that is read along with each row of `page`, where there is one: then
    `key` is not NULL.
    """

    page: Alias
    own: Alias
    relation: Name
    where: tuple[Condition, ...]
    key: str

    @property
    def codec(self) -> Codec:
        return self.own.codec

    def column(self, name: str) -> Expression:
        return Column(self._name(self.inner(name).name), self.page.alias)

    def inner(self, name: str) -> Column:
        """A column where the page's sub-select reads it."""
        self.own.column(name)
        return self.own.inner(name)

    def row(self) -> Expression:
        self.own.row()
        return Column(self._name(ROW), self.page.alias)

    def embed(self) -> Embed:
        outputs = self.own.outputs()
        names = [*self.own.used, *([ROW] if self.own.whole else [])]
        shown = tuple(Output(Column(name, self.own.alias), self._name(name)) for name in names)
        read = Read(self.relation, self.own.alias, outputs, where=self.where)
        return Embed(self.own.alias, self.own.alias, read, Shape.SPREAD, outputs=shown)

    def _name(self, name: str) -> str:
        """What the page calls a column: names of columns may be as long as names can be, and alike."""
        place = "row" if name == ROW else list(self.own.used).index(name)
        return f"gatepost_{self.own.alias}_{place}"


@dataclass
class Direct:
    """A row of a relation, or of a function's result, in the select that reads it."""

    alias: str
    codec: Codec

    def column(self, name: str) -> Expression:
        return Column(name, self.alias)

    def row(self) -> Expression:
        return whole_row(self.alias, self.codec)


@dataclass
class Value:
    """A composite value."""

    value: Expression
    codec: Codec

    def column(self, name: str) -> Expression:
        return Member(self.value, name)

    def row(self) -> Expression:
        return self.value


def whole_row(alias: str, codec: Codec) -> Row:
    """The row itself, as a value of its type."""
    return Row(alias, None if codec.anonymous else codec.id)


ShowRow = Callable[["Context", Source, Iterable[Field]], Expression]
ShowRoot = Callable[["Context", Iterable[Field]], Expression]


@dataclass
class Context:
    """`row` and `root` say how a row and the root are shown: parts that select them call what calls them. `event` is
    what the operation starts from, `event_node` the node id in it. `most` is how many rows a set without a bound shows,
    0 where all are shown.
    """

    document: Document
    known: Known
    row: ShowRow
    root: ShowRoot
    event: Any = None
    event_node: Any = None
    most: int = 0
    fillers: list[Filler] = field(default_factory=list[Filler])
    marks: dict[tuple[str, ...], Mark] = field(default_factory=dict[tuple[str, ...], Mark])
    _aliases: int = 0

    def __post_init__(self) -> None:
        self.texts = Texts(self._names)

    @property
    def options(self) -> Options:
        return self.known.options

    def alias(self) -> str:
        """A new one: no two of a statement are equal."""
        self._aliases += 1
        return f"t{self._aliases}"

    def literal(self, value: Any, encode: Encode, type_: str | None = None) -> Literal:
        """A value as `encode` writes it, now or for each request."""
        return Literal(self.later(value, encode), type_)

    def later(self, value: Any, encode: Encode) -> str | Slot | None:
        """The text of a value, or a slot for it where it comes with the request."""
        if not is_open(value):
            return encode(value)
        self.fillers.append(lambda values: _parameter(encode(closed(value, values))))
        return Slot(len(self.fillers) - 1)

    def number(self, values: list[Any], make: Callable[..., int]) -> int | Slot:
        """A number of rows that is made of values which may come with the request."""
        found = self.later(values, lambda given: str(make(*given)))
        return found if isinstance(found, Slot) else int(found or 0)

    def input(self, codec: Codec, value: Any) -> Literal:
        """A value that a client gave, as one of that type."""
        return self.literal(value, lambda given: self.texts.text(codec, given), codec.sql)

    def mark(self, field: Field, after: After, depth: int) -> None:
        """Something is to be done to the value of this field."""
        self.marks[field.path] = Mark(after, depth)

    def _names(self, codec: Codec) -> dict[str, str]:
        return {name: self.known.names.get(attribute, name) for name, attribute in codec.attributes.items()}


def _parameter(text: str | None) -> Parameter:
    return None if text is None else text.replace("\0", "").encode()
