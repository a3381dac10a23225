"""What a file says: the syntax of a ZModel document as frozen nodes.

In: nothing; the parser makes them. Out: nodes with their place in the text, equal where they say the same.
Never: a resolved name, or anything the text does not say.
"""

from dataclasses import dataclass, field

from gatepost.zmodel.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Node:
    """`at` is what a caret underlines: the name of a declaration, the whole of an expression. It is not compared."""

    at: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name that refers to something declared elsewhere."""

    text: str


# Expressions


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A string, its escapes resolved."""

    value: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number as written, sign included."""

    text: str


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Null(Node):
    """`null`."""


@dataclass(frozen=True, slots=True)
class This(Node):
    """`this`: the row a rule is about."""


@dataclass(frozen=True, slots=True)
class Items(Node):
    """`[a, b]`."""

    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """`key: value` of a mapping, or of a reference's options."""

    key: str
    value: "Expression"


@dataclass(frozen=True, slots=True)
class Mapping(Node):
    """`{key: value, 'key': value}`."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Reference(Node):
    """A bare name: a field, an enum's member, a binding; in an index also `name(sort: Desc)`."""

    name: str
    options: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`function(arguments)`."""

    function: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Access(Node):
    """`operand.member`."""

    operand: "Expression"
    member: Name


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`!operand`."""

    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`left operator right`; `grouped` says that it stood in parentheses."""

    operator: str
    left: "Expression"
    right: "Expression"
    grouped: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Predicate(Node):
    """`collection?[binding, condition]`; the quantifier is `?` (some), `!` (every) or `^` (none)."""

    quantifier: str
    collection: "Expression"
    binding: Name | None
    condition: "Expression"


Expression = (
    Text | Number | Boolean | Null | This | Items | Mapping | Reference | Call | Access | Not | Binary | Predicate
)


# Declarations


@dataclass(frozen=True, slots=True)
class Import(Node):
    """`import "path"`."""

    path: str


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """An argument of an attribute: positional, or by name."""

    name: str | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Application(Node):
    """An attribute as applied: `@id`, `@@index([a])`, `@@@once`. The name holds the signs."""

    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class TypeUse(Node):
    """`String`, `Post[]`, `Role?`, `Unsupported("circle")`."""

    name: str
    array: bool
    optional: bool
    unsupported: Expression | None = None


@dataclass(frozen=True, slots=True)
class Field(Node):
    """A field of a model, view or type."""

    name: str
    type: TypeUse
    attributes: tuple[Application, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class Model(Node):
    """`model` or `view`."""

    name: str
    view: bool
    mixins: tuple[Name, ...]
    base: Name | None
    fields: tuple[Field, ...]
    attributes: tuple[Application, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class TypeDefinition(Node):
    """`type`: a mixin, or the shape of a JSON value."""

    name: str
    mixins: tuple[Name, ...]
    fields: tuple[Field, ...]
    attributes: tuple[Application, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class Member(Node):
    """A member of an enum."""

    name: str
    attributes: tuple[Application, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class Enum(Node):
    """`enum`."""

    name: str
    members: tuple[Member, ...]
    attributes: tuple[Application, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class Setting(Node):
    """`name = value` of a datasource, generator or plugin."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Configuration(Node):
    """`datasource`, `generator` or `plugin`, which `kind` tells."""

    kind: str
    name: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """A parameter of a function, procedure or attribute; positional ones are declared with `_`."""

    name: str
    type: TypeUse
    positional: bool = False
    attributes: tuple[Application, ...] = ()


@dataclass(frozen=True, slots=True)
class Function(Node):
    """`function`."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: TypeUse
    body: Expression | None
    attributes: tuple[Application, ...]


@dataclass(frozen=True, slots=True)
class Procedure(Node):
    """`procedure`, `mutation procedure`."""

    name: str
    mutation: bool
    parameters: tuple[Parameter, ...]
    returns: TypeUse
    attributes: tuple[Application, ...]


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """The declaration of an attribute. The name holds the signs."""

    name: str
    parameters: tuple[Parameter, ...]
    attributes: tuple[Application, ...]


Container = Model | TypeDefinition
Declaration = Configuration | Model | TypeDefinition | Enum | Function | Procedure | Attribute


@dataclass(frozen=True, slots=True)
class Document(Node):
    """One file."""

    imports: tuple[Import, ...]
    declarations: tuple[Declaration, ...]
