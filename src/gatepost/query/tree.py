"""The query tree: what is asked of a database, in no dialect.

In: nothing; these are only types. Out: what surfaces build and `read.py`, `write.py`, `call.py`, `answer.py` print.
Never: a word of a surface's dialect, and never a value that could end up in SQL text.

Names of relations, columns and functions are quoted where they are printed. The few members that hold SQL text
(`Cast.type`, `Apply.function`, `NewColumn`) say so: only the catalog's own words, or words from a checked alphabet,
may stand there.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Literal as OneOf

from gatepost.catalog import Name, Pairs

# ------------------------------------------------------------------ expressions


@dataclass(frozen=True, slots=True)
class Column:
    """A column of what is called `of` in this query; where no such column is, PostgreSQL looks for a function."""

    name: str
    of: str


@dataclass(frozen=True, slots=True)
class Star:
    """Every column of what is called `of`."""

    of: str


@dataclass(frozen=True, slots=True)
class Row:
    """The row itself, as one value; `type` names the relation whose row it is, where PostgreSQL must be told."""

    of: str
    type: Name | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value, as text; PostgreSQL reads it as the type that its place asks for, or as `type` (SQL text)."""

    value: str | bytes | None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class JsonStep:
    """One step into JSON: by key or by index; `as_text` gives the text of what is there."""

    key: str
    index: bool = False
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class JsonPath:
    """`steps` into `value`; `convert` where the value is no JSON yet."""

    value: "Expression"
    steps: tuple[JsonStep, ...]
    convert: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    value: "Expression"
    type: str


@dataclass(frozen=True, slots=True)
class Apply:
    """A function (SQL text, quoted and qualified) of arguments; `each` applies it to each element of an array."""

    function: str
    arguments: tuple["Expression", ...]
    each: bool = False


@dataclass(frozen=True, slots=True)
class Aggregate:
    function: OneOf["sum", "avg", "count", "max", "min"]
    value: "Expression | None" = None


Expression = Column | Star | Row | Literal | JsonPath | Cast | Apply | Aggregate

# ------------------------------------------------------------------ conditions (three-valued)


@dataclass(frozen=True, slots=True)
class Compare:
    """`operator` is a name of `operators.py`; with a quantifier the right side is an array."""

    left: Expression
    operator: str
    right: Expression
    quantifier: OneOf["any", "all"] | None = None


@dataclass(frozen=True, slots=True)
class State:
    """`IS …`: never unknown itself."""

    value: Expression
    state: OneOf["null", "not_null", "true", "false", "unknown"]


@dataclass(frozen=True, slots=True)
class Both:
    """Every part holds; of no parts: true."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


@dataclass(frozen=True, slots=True)
class Present:
    """The embed of that alias has at least one row."""

    embed: str


Condition = Compare | State | Both | Either | Not | Present

# ------------------------------------------------------------------ reads


@dataclass(frozen=True, slots=True)
class Output:
    """A value in the result, called `name` or as PostgreSQL calls it."""

    value: Expression
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    value: Expression
    descending: bool | None = None
    nulls: OneOf["first", "last"] | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """The rows that the statement's own first part (a write or a call) gave."""


@dataclass(frozen=True, slots=True)
class Computed:
    """The rows that a function computes from one row of the parent."""

    function: Name
    parent: Row


Source = Name | Given | Computed


@dataclass(frozen=True, slots=True)
class Link:
    """How rows belong to the parent's: `pairs` are (parent's column, own column).

    Through a junction (`via`, called `via_alias`) `pairs` are (parent's column, junction's) and `far_pairs`
    (own column, junction's).
    """

    parent: str
    pairs: Pairs
    via: Name | None = None
    via_alias: str = ""
    far_pairs: Pairs = ()


class Shape(Enum):
    """What an embed becomes in its parent: one value, an array, or columns among the parent's own."""

    OBJECT = "object"
    ARRAY = "array"
    SPREAD = "spread"
    SPREAD_ARRAYS = "spread arrays"


@dataclass(frozen=True, slots=True)
class Embed:
    """Rows of another relation with each row. `alias` is what the query calls them.

    `required` drops parents without any; `hidden` joins without showing. A spread shows `outputs`, columns of the
    embed; as arrays, in `order`.
    """

    name: str
    alias: str
    read: "Read"
    shape: Shape
    required: bool = False
    hidden: bool = False
    outputs: tuple[Output, ...] = ()
    order: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """Rows of `source`, called `alias` in this query (a Name as source: its own name when `alias` equals it)."""

    source: Source
    alias: str
    outputs: tuple[Output, ...]
    embeds: tuple[Embed, ...] = ()
    where: tuple[Condition, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    link: Link | None = None


# ------------------------------------------------------------------ writes and calls


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column of a payload. `type`, `default` and `convert` (a function from JSON) are the catalog's SQL text."""

    name: str
    type: str
    default: str | None = None
    convert: str | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """JSON as a table. `many`: an array of objects, else one object. `defaults` fills what an object leaves out."""

    body: bytes
    columns: tuple[NewColumn, ...]
    many: bool
    defaults: bool = False
    first_only: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """What to do about a row that is there already, by unique columns: leave it, or `merge` the payload's columns."""

    columns: tuple[str, ...]
    merge: bool


@dataclass(frozen=True, slots=True)
class Insert:
    """`where` filters the payload (called `NEW`); `count_inserted` leaves the number of new rows in a setting."""

    table: Name
    payload: Payload
    returning: tuple[str, ...] = ()
    conflict: Conflict | None = None
    where: tuple[Condition, ...] = ()
    count_inserted: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """Every row that matches takes the payload's values; of no columns nothing is done."""

    table: Name
    payload: Payload
    returning: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    table: Name
    returning: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument by name ('' for the only one, by position); without a value it comes from the payload."""

    name: str
    value: Literal | None = None
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A function's rows (`returning` of their columns, '*' for all), or its scalar as a column called `SCALAR`."""

    function: Name
    arguments: tuple[Argument, ...] = ()
    payload: Payload | None = None
    scalar: bool = False
    returning: tuple[str, ...] = ("*",)


NEW = "gatepost_new"
SCALAR = "gatepost_scalar"
Write = Insert | Update | Delete | Call

# ------------------------------------------------------------------ the whole


class Body(Enum):
    """What the answer's body is made of."""

    NONE = "none"
    ARRAY = "array"
    FIRST = "first"
    CSV = "csv"
    GEOJSON = "geojson"
    HANDLER = "handler"


@dataclass(frozen=True, slots=True)
class Handler:
    """A function that makes the body: an aggregate of rows (of relation `rows`, where it wants that one's), or, with
    `each`, a conversion of one value.
    """

    function: Name
    rows: Name | None = None
    each: bool = False


@dataclass(frozen=True, slots=True)
class Guard:
    """The number of rows must lie within bounds, else the statement fails, and so undoes itself, naming `code`."""

    code: str
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One statement, one row: the body and what a surface says about it.

    `write` runs first. `scalar` takes the rows' SCALAR instead of the rows. `handler` makes the body.
    `total` counts the rows beyond the page too, at most
    `total_limit`. `identify` names the columns that say which row was written. `settings` are read once all is done.
    """

    read: Read
    body: Body = Body.ARRAY
    write: Write | None = None
    scalar: bool = False
    strip_nulls: bool = False
    handler: Handler | None = None
    total: bool = False
    total_limit: int | None = None
    one_page: bool = False
    guards: tuple[Guard, ...] = ()
    identify: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
