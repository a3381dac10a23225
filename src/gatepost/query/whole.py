"""The whole of a statement whose rows become a body.

In: nothing; these are only types. Out: what a surface asks for beside the rows, and `answer.py` prints.
Never: a word of a surface's dialect.
"""

from enum import Enum

from msgspec import Struct

from gatepost.catalog import Name

from .tree import Read, Write


class Body(Enum):
    """What the answer's body is made of."""

    NONE = "none"
    ARRAY = "array"
    FIRST = "first"
    CSV = "csv"
    GEOJSON = "geojson"
    HANDLER = "handler"


class Handler(Struct, frozen=True):
    """A function that makes the body: an aggregate of rows (of relation `rows`, where it wants that one's), or, with
    `each`, a conversion of one value.
    """

    function: Name
    rows: Name | None = None
    each: bool = False


class Guard(Struct, frozen=True):
    """The number of rows must lie within bounds, else the statement fails, and so undoes itself, naming `code`.

    `whole`: there must be as many as were written.
    """

    code: str
    least: int = 0
    most: int | None = None
    whole: bool = False


class Answer(Struct, frozen=True):
    """One statement, one row: the body and what a surface says about it.

    `write` runs first. `scalar` takes the rows' SCALAR instead of the rows. `handler` makes the body.
    `total` counts the rows beyond the page too, at most
    `total_limit`. `identify` names the columns that say which row was written. `settings` are read once all is done.
    `written` counts the rows that were written.
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
    written: bool = False
