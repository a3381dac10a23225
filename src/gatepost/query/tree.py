"""The query tree: what is asked of a database, in no dialect.

In: nothing; these are only types. Out: what surfaces build and `read.py`, `write.py`, `call.py`, `answer.py` print.
Never: a word of a surface's dialect, and never a value that could end up in SQL text.

Names of relations, columns and functions are quoted where they are printed. The few members that hold SQL text
(`Cast.type`, `Apply.function`, `Fragment`, `NewColumn`) say so: only the catalog's own words, words from a checked
alphabet, or what the program itself wrote may stand there.
"""

from enum import Enum
from typing import Literal as OneOf

from msgspec import Struct

from gatepost.catalog import Name, Pairs

from .sql import Slot

# ------------------------------------------------------------------ expressions


class Column(Struct, frozen=True):
    """A column of what is called `of` in this query; where no such column is, PostgreSQL looks for a function."""

    name: str
    of: str


class Star(Struct, frozen=True):
    """Every column of what is called `of`."""

    of: str


class Row(Struct, frozen=True):
    """The row itself, as one value; `type` names the relation whose row it is, where PostgreSQL must be told."""

    of: str
    type: Name | None = None


class Literal(Struct, frozen=True):
    """A value, as text; PostgreSQL reads it as the type that its place asks for, or as `type` (SQL text).

    A Slot stands for a value that is known only when the statement is sent.
    """

    value: str | bytes | Slot | None
    type: str | None = None


class Constant(Struct, frozen=True):
    """A text of the program's own, or of the catalog's: it is quoted and stands in the statement. None is NULL."""

    value: str | None


class Claim(Struct, frozen=True):
    """What the asking identity's claims hold under `path` as `type` (SQL text; jsonb for lists, objects), or null."""

    path: tuple[str, ...]
    type: str


class JsonStep(Struct, frozen=True):
    """One step into JSON: by key or by index; `as_text` gives the text of what is there."""

    key: str
    index: bool = False
    as_text: bool = False


class JsonPath(Struct, frozen=True):
    """`steps` into `value`; `convert` where the value is no JSON yet."""

    value: "Expression"
    steps: tuple[JsonStep, ...]
    convert: bool = False


class Cast(Struct, frozen=True):
    value: "Expression"
    type: str


class Apply(Struct, frozen=True):
    """A function (SQL text, quoted and qualified) of arguments; `each` applies it to each element of an array."""

    function: str
    arguments: tuple["Expression", ...]
    each: bool = False


class Invoke(Struct, frozen=True):
    """A function of the database, with arguments by position (no name) and then by name. As a source: its rows."""

    function: Name
    arguments: tuple[tuple[str | None, "Expression"], ...] = ()


class Aggregate(Struct, frozen=True):
    """Of the rows that `where` lets pass, in `order`."""

    function: OneOf["sum", "avg", "count", "max", "min", "array_agg"]
    value: "Expression | None" = None
    where: "Condition | None" = None
    order: "tuple[Order, ...]" = ()


class RowNumber(Struct, frozen=True):
    """The number of a row among those of the source, as they come; the first is 1."""


class Object(Struct, frozen=True):
    """A JSON object of these members, in this order, as text; what is no JSON among them becomes it."""

    members: tuple[tuple[str, "Expression"], ...]


class Listed(Struct, frozen=True):
    """A JSON array, as text, of what `value` is of the rows that `where` lets pass, in `order`."""

    value: "Expression"
    where: "Condition | None" = None
    order: "tuple[Order, ...]" = ()


class Json(Struct, frozen=True):
    """A value as JSON text: its own text is that (`bare`), or is within quotes (`quoted`), or PostgreSQL converts it.

    What can be said of a value costs PostgreSQL less than a conversion.
    """

    value: "Expression"
    form: OneOf["bare", "quoted", "any"] = "any"


class Member(Struct, frozen=True):
    """A member of a composite value."""

    value: "Expression"
    name: str


class Subscript(Struct, frozen=True):
    """One element of an array, or of a geometric value."""

    value: "Expression"
    index: "int | Expression"


class Lookup(Struct, frozen=True):
    """What stands beside the value's text in a table of the program's own (from, to); null where it is not there."""

    value: "Expression"
    pairs: tuple[tuple[str, str], ...]


class Tuple(Struct, frozen=True):
    """Several values that are compared one after the other."""

    values: tuple["Expression", ...]


class Case(Struct, frozen=True):
    """The value of the first condition that holds, else `otherwise`."""

    branches: tuple[tuple["Condition", "Expression"], ...]
    otherwise: "Expression"


class Truth(Struct, frozen=True):
    """A condition as a value: true, false or null."""

    condition: "Condition"


class Select(Struct, frozen=True):
    """The one value of a read with one output; as an array, of every row. No row: null."""

    read: "Read"
    array: bool = False


class Operation(Struct, frozen=True):
    """`left operator right` of an arithmetic or string operator: + - * / ||."""

    left: "Expression"
    operator: OneOf["+", "-", "*", "/", "||"]
    right: "Expression"


class Fragment(Struct, frozen=True):
    """A value's SQL text, in the words of the program that opened the client: computed fields are made of it."""

    text: str


Expression = (
    Column
    | Star
    | Row
    | Literal
    | Constant
    | Claim
    | JsonPath
    | Cast
    | Apply
    | Invoke
    | Aggregate
    | RowNumber
    | Object
    | Listed
    | Json
    | Member
    | Subscript
    | Lookup
    | Tuple
    | Case
    | Truth
    | Select
    | Operation
    | Fragment
)

# ------------------------------------------------------------------ conditions (three-valued)


class Compare(Struct, frozen=True):
    """`operator` is a name of `operators.py`; with a quantifier the right side is an array."""

    left: Expression
    operator: str
    right: Expression
    quantifier: OneOf["any", "all"] | None = None


class State(Struct, frozen=True):
    """`IS …`: never unknown itself."""

    value: Expression
    state: OneOf["null", "not_null", "true", "false", "unknown"]


class Both(Struct, frozen=True):
    """Every part holds; of no parts: true."""

    parts: tuple["Condition", ...]


class Either(Struct, frozen=True):
    parts: tuple["Condition", ...]


class Not(Struct, frozen=True):
    part: "Condition"


class Present(Struct, frozen=True):
    """The embed of that alias has at least one row."""

    embed: str


class Exists(Struct, frozen=True):
    """The read has at least one row; its outputs, order and page do not matter."""

    read: "Read"


class Holds(Struct, frozen=True):
    """A boolean value as a condition."""

    value: Expression


Condition = Compare | State | Both | Either | Not | Present | Exists | Holds

TRUE = Both(())
FALSE = Either(())

# ------------------------------------------------------------------ reads


class Output(Struct, frozen=True):
    """A value in the result, called `name` or as PostgreSQL calls it."""

    value: Expression
    name: str | None = None


class Order(Struct, frozen=True):
    value: Expression
    descending: bool | None = None
    nulls: OneOf["first", "last"] | None = None


class Given(Struct, frozen=True):
    """The rows that the statement's own first part (a write or a call) gave."""


class Elements(Struct, frozen=True):
    """The elements of a jsonb array: a row each, with the one column `value`, as jsonb or as `text`."""

    value: Expression
    text: bool = False


class Unnest(Struct, frozen=True):
    """The elements of an array, in their order: a row each, with the one column `value`."""

    value: Expression


class Stored(Struct, frozen=True):
    """The rows that a statement before this one, in the same transaction, left in a setting (`answer.store`), with
    `columns` (name, SQL type); what was not left of them is NULL.
    """

    setting: str
    columns: tuple[tuple[str, str], ...]


class Nothing(Struct, frozen=True):
    """No relation at all: one row, without columns."""


class Link(Struct, frozen=True):
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


class Embed(Struct, frozen=True):
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


class Read(Struct, frozen=True):
    """Rows of `source`, called `alias` in this query (a Name as source: its own name when `alias` equals it).

    `distinct` keeps the first row of each combination of those values. `having` filters the groups that aggregates
    make. `lock`: until the transaction ends, nobody else changes the rows.
    """

    source: "Name | Given | Invoke | Elements | Unnest | Stored | Nothing | Payload | Read"
    alias: str
    outputs: tuple[Output, ...]
    embeds: tuple[Embed, ...] = ()
    where: tuple[Condition, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | Slot | None = None
    offset: int | Slot = 0
    link: Link | None = None
    distinct: tuple[Expression, ...] = ()
    having: tuple[Condition, ...] = ()
    lock: bool = False


# ------------------------------------------------------------------ writes and calls


class NewColumn(Struct, frozen=True):
    """A column of a payload. `type`, `default` and `convert` (a function from JSON) are the catalog's SQL text."""

    name: str
    type: str
    default: str | None = None
    convert: str | None = None


class Payload(Struct, frozen=True):
    """JSON as a table. `many`: an array of objects, else one object. `defaults` fills what an object leaves out."""

    body: bytes
    columns: tuple[NewColumn, ...]
    many: bool
    defaults: bool = False
    first_only: bool = False


class Conflict(Struct, frozen=True):
    """What to do about a row that is there already, by unique columns (none: by whichever are unique): leave it, or
    `merge` the payload's columns.
    """

    columns: tuple[str, ...] = ()
    merge: bool = False


class Insert(Struct, frozen=True):
    """`where` filters the payload (called `NEW`); `count_inserted` leaves the number of new rows in a setting.

    Without a payload: `rows` of values for `columns` (None is the column's default); `numbered` where they bring the
    numbers that the table's own counters gave. Or `given`: of the rows of a read (called `NEW`), those that `where`
    lets pass, in `columns`.
    """

    table: Name
    payload: Payload | None = None
    returning: tuple[str, ...] = ()
    conflict: Conflict | None = None
    where: tuple[Condition, ...] = ()
    count_inserted: bool = False
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Expression | None, ...], ...] = ()
    numbered: bool = False
    given: Read | None = None


class Update(Struct, frozen=True):
    """Every row that matches takes the values of `values` (column, value), else the payload's; of no columns nothing is
    done. In `where` and `values` the table is called by its own name, and the payload's rows `NEW`.
    """

    table: Name
    payload: Payload | None = None
    returning: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    values: tuple[tuple[str, Expression], ...] = ()


class Delete(Struct, frozen=True):
    table: Name
    returning: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()


class Argument(Struct, frozen=True):
    """One argument by name ('' for the only one, by position); without a value it comes from the payload."""

    name: str
    value: Literal | None = None
    variadic: bool = False


class Call(Struct, frozen=True):
    """A function's rows (`returning` of their columns, '*' for all), or its scalar as a column called `SCALAR`."""

    function: Name
    arguments: tuple[Argument, ...] = ()
    payload: Payload | None = None
    scalar: bool = False
    returning: tuple[str, ...] = ("*",)


NEW = "gatepost_new"
SCALAR = "gatepost_scalar"
Write = Insert | Update | Delete | Call
