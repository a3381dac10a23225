"""What a read asks for, once it is checked: equal shapes share a plan.

In: nothing; these are only types. Out: frozen, hashable terms in the schema's own names; a value is a number, the
call's n-th. Never: a value, a name that the schema does not have, or SQL.
"""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

AggregateName = Literal["_count", "_avg", "_sum", "_min", "_max"]

# ------------------------------------------------------------------ conditions


class Compared(Struct, frozen=True, gc=False):
    """A field, or an aggregate of it, against a value: equals, in (one array), lt, lte, gt, gte, like (a pattern)."""

    field: str
    operator: str
    value: int
    insensitive: bool = False
    aggregate: AggregateName | None = None


class IsNull(Struct, frozen=True, gc=False):
    """A field, or an aggregate of it, is null."""

    field: str
    aggregate: AggregateName | None = None


class Listed(Struct, frozen=True, gc=False):
    """A list against a list (`equals`, `has`, `hasEvery`, `hasSome`) or `isEmpty`, `isNotEmpty` without a value."""

    field: str
    operator: str
    value: int | None = None


class WordSearch(Struct, frozen=True, gc=False):
    """Words in PostgreSQL's text search language; `config` is the language's name, else the database's own."""

    search: int
    config: int | None = None


class Fuzzy(Struct, frozen=True, gc=False):
    """Likeness by trigrams: of the whole, of a word in it, or of words in it up to their borders."""

    search: int
    mode: Literal["simple", "word", "strictWord"] = "simple"
    threshold: int | None = None
    unaccent: bool = False


class Searched(Struct, frozen=True):
    """A text field fits a search."""

    field: str
    search: WordSearch | Fuzzy


class Told(Struct, frozen=True):
    """A condition that the program itself wrote: SQL, given the quoted name by which the query calls the row."""

    sql: Callable[[str], str]


class Every(Struct, frozen=True):
    """All parts hold; of none: true."""

    parts: tuple["Where", ...]


class AnyOf(Struct, frozen=True):
    """One of the parts holds; of none: false."""

    parts: tuple["Where", ...]


class Negated(Struct, frozen=True):
    """SQL's NOT: what is unknown stays unknown."""

    part: "Where"


class Related(Struct, frozen=True):
    """Readable rows at the other end of a relation: `some`, `every` or `none` of them fulfil `where`."""

    field: str
    quantifier: Literal["some", "every", "none"]
    where: "Where"


class Unlinked(Struct, frozen=True, gc=False):
    """The foreign key of a relation is null."""

    field: str


class JsonTest(Struct, frozen=True):
    """A condition about what a JSON field holds."""

    field: str
    test: "Where"


class JsonAt(Struct, frozen=True):
    """The same about what a JSONPath finds in it."""

    path: int
    test: "Where"


class JsonMember(Struct, frozen=True):
    """The same about a member of the object."""

    name: str
    test: "Where"


class JsonElements(Struct, frozen=True):
    """The same about the elements of the array."""

    quantifier: Literal["some", "every", "none"]
    test: "Where"


class JsonNull(Struct, frozen=True, gc=False):
    """It is the database's null, JSON's null, or either."""

    null: Literal["DbNull", "JsonNull", "AnyNull"]


class JsonCompared(Struct, frozen=True, gc=False):
    """It against a JSON value: equals, string_… (text patterns), array_…, lt lte gt gte (numbers), has…, in."""

    operator: str
    value: int | None = None
    insensitive: bool = False


Where = (
    Compared
    | IsNull
    | Listed
    | Every
    | AnyOf
    | Negated
    | Related
    | Unlinked
    | JsonTest
    | JsonAt
    | JsonMember
    | JsonElements
    | JsonNull
    | JsonCompared
    | Searched
    | Told
)
ALWAYS = Every(())
NEVER = AnyOf(())

# ------------------------------------------------------------------ order and pages


class Sorted(Struct, frozen=True):
    """By a field: of this row, or (`via`: relation fields) of a related one; or by an aggregate of it in a group.

    `field` None: by the number of rows of the last relation in `via`, or by how well `fields` fit a search.
    """

    field: str | None
    descending: bool = False
    nulls: Literal["first", "last"] | None = None
    via: tuple[str, ...] = ()
    aggregate: AggregateName | None = None
    search: WordSearch | Fuzzy | None = None
    fields: tuple[str, ...] = ()


class Page(Struct, frozen=True):
    """Which of the rows: `backwards` reads from the end. `take` and `skip` are values; `take_one` is a take of 1."""

    order: tuple[Sorted, ...] = ()
    take: int | None = None
    skip: int | None = None
    backwards: bool = False
    take_one: bool = False
    cursor: Where | None = None
    distinct: tuple[str, ...] = ()


WHOLE = Page()

# ------------------------------------------------------------------ what is shown


class Nested(Struct, frozen=True):
    """Rows of a relation with each row."""

    field: str
    find: "Find"


class Counted(Struct, frozen=True):
    """`_count`: of each relation the number of readable rows, or of those that fulfil the condition."""

    relations: tuple[tuple[str, Where], ...]


class Shown(Struct, frozen=True):
    """What rows show. `everything`: all fields that are not left out; `omit` leaves out (or not) for this call.

    `items` are what was named on top, in the order of the call: fields, relations, `_count`.
    """

    everything: bool = True
    omit: tuple[tuple[str, bool], ...] = ()
    items: tuple[str | Nested | Counted, ...] = ()


EVERYTHING = Shown()


class Find(Struct, frozen=True):
    """Rows of a model."""

    model: str
    where: Where = ALWAYS
    shown: Shown = EVERYTHING
    page: Page = WHOLE


class Aggregates(Struct, frozen=True):
    """Aggregates of a model's rows, or, with `by`, of each group of them.

    `fields` are (aggregate, field or `_all`); `_count` alone is ("_count", None).
    """

    model: str
    where: Where = ALWAYS
    fields: tuple[tuple[AggregateName, str | None], ...] = ()
    by: tuple[str, ...] = ()
    having: Where = ALWAYS
    page: Page = WHOLE


class Existing(Struct, frozen=True):
    """Whether there is a row."""

    model: str
    where: Where = ALWAYS


Shape = Find | Aggregates | Existing
