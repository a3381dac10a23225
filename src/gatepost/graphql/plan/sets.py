"""Several rows as a connection or a list.

In: a set of rows (a relation, a function's rows), the field that shows it. Out: one expression: a sub-select that reads
the page, and one around it that writes the JSON, so that nothing is computed for rows beyond the page.
Never: a second read of the page for its flags; the total is a sub-select of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as replace_page
from enum import Enum
from functools import partial
from typing import Any

from graphql import GraphQLError
from msgspec.structs import replace

from gatepost.catalog import Name
from gatepost.query.sql import Slot
from gatepost.query.tree import (
    FALSE,
    Aggregate,
    Apply,
    Case,
    Cast,
    Column,
    Compare,
    Condition,
    Constant,
    Expression,
    Invoke,
    Json,
    Listed,
    Literal,
    Not,
    Object,
    Operation,
    Order,
    Output,
    Read,
    RowNumber,
    Select,
    Star,
    State,
    Stored,
    Subscript,
    Truth,
)

from ..meaning import Argument, Many, Part
from ..registry.model import Codec, Kind, Resource
from ..values.identifiers import cursor
from ..values.leaves import known
from .conditions import conditions
from .context import NUMBER, VALUE, Alias, Context, Direct, whole_row
from .ordering import Side, Sorted, beyond, cursor_of, ordered, read_cursor
from .output import NULL, shown, truth, typename
from .selection import Field

PRESENT, CURSOR = "gatepost_present", "gatepost_cursor"
Where = Callable[[str], tuple[Condition, ...]]


def everything(alias: str) -> tuple[Condition, ...]:
    """No condition of the set's own."""
    del alias
    return ()


@dataclass(frozen=True, slots=True)
class RowSet:
    """Rows of `source`. `resource` is the relation that orders and keys are of, where there is one. `where` ties them
    to what they belong to. `scalar`: values rather than rows, each in the one column `VALUE`. `sparse`: a row may be
    NULL.
    """

    source: Name | Invoke | Stored | Read
    codec: Codec
    resource: Resource | None = None
    where: Where = everything
    name: str = ""
    scalar: bool = False
    sparse: bool = False


class Way(Enum):
    """How a page is read: from the beginning, in reverse from the end, or the end of what begins at the beginning."""

    FORWARD = "forward"
    BACKWARD = "backward"
    TAIL = "tail"


@dataclass(frozen=True, slots=True)
class Page:
    """What a client asks to see of a set."""

    first: Any
    last: Any
    offset: Any
    before: Any
    after: Any

    @staticmethod
    def of(field: Field, most: int) -> "Page":
        """What a field asks for; of `most` rows where it does not say how many (0: of all)."""
        parts = (Argument.FIRST, Argument.LAST, Argument.OFFSET, Argument.BEFORE, Argument.AFTER)
        page = Page(*map(field.given, parts))
        if page.offset is not None and page.last is not None:
            raise GraphQLError("Cannot use 'offset' with 'last'")
        if any(isinstance(known(n), int) and known(n) < 0 for n in (page.first, page.last)):
            raise GraphQLError("LIMIT must not be negative")
        if isinstance(known(page.offset), int) and known(page.offset) < 0:
            raise GraphQLError("OFFSET must not be negative")
        return replace_page(page, first=most) if most and page.first is None and page.last is None else page

    def way(self, order: Sorted) -> Way:
        if self.last is None:
            return Way.FORWARD
        return Way.BACKWARD if self.first is None and order.terms else Way.TAIL

    def cursors(self) -> list[tuple[Any, Side]]:
        """Where it begins and ends, as far as that is said."""
        sides: list[tuple[Any, Side]] = [(self.after, "after"), (self.before, "before")]
        return [(given, side) for given, side in sides if given is not None]

    @property
    def empty(self) -> bool:
        """Whether nothing at all is asked for."""
        return known(self.first) == 0 or known(self.last) == 0


def rows(context: Context, field: Field, found: RowSet, many: Many) -> Expression:
    """The set as its field shows it."""
    reader = Reader(context, field, found)
    return reader.as_connection() if many is Many.CONNECTION else reader.as_list()


class Reader:
    """One set under one field."""

    def __init__(self, context: Context, field: Field, found: RowSet) -> None:
        self.context, self.field, self.set = context, field, found
        self.page = Page.of(field, context.most)
        self.order = ordered(context, field.given(Argument.ORDER_BY), found.resource, found.name)
        self.way = self.page.way(self.order)
        for given, side in self.page.cursors():
            read_cursor(self.order, given, side)
        self.alias = context.alias()
        self.source = Alias(self.alias, found.codec, beside=[] if self.reads_all() else None)
        self.numbered = self.way is not Way.FORWARD
        self.counted = False
        self.gathered = False
        self.beside_number: tuple[Output, ...] = ()

    # ---------------------------------------------------------------- what is shown

    def as_list(self) -> Expression:
        """A JSON array of the rows."""
        return self.select(self.listed(self.row(self.field)))

    def as_connection(self) -> Expression:
        """An object of what is selected of the connection."""
        flag = {Way.FORWARD: Part.HAS_NEXT, Way.BACKWARD: Part.HAS_PREVIOUS}.get(self.way)
        size = self.page.first if self.way is Way.FORWARD else self.page.last
        asked = [below for each in self.field.below() if each.meaning is Part.PAGE_INFO for below in each.below()]
        self.counted = bool(known(size)) and any(each.meaning is flag for each in asked)
        members = tuple((each.key, self.part(each)) for each in self.field.below())
        # Where nothing is gathered of the page's rows, none are read: an object would come of each.
        return self.select(Object(members)) if self.gathered else Object(members)

    def part(self, field: Field) -> Expression:
        match field.meaning:
            case Part.NODES:
                return self.listed(self.row(field))
            case Part.EDGES:
                return self.listed(self.edge(field))
            case Part.PAGE_INFO:
                return Object(tuple((each.key, self.flag(each)) for each in field.below()))
            case Part.TOTAL_COUNT:
                return self.total()
            case _:
                return typename(field) or NULL

    def edge(self, field: Field) -> Expression:
        """`{cursor, node}` of one row."""
        return Object(tuple((each.key, self.edge_part(each)) for each in field.below()))

    def edge_part(self, field: Field) -> Expression:
        match field.meaning:
            case Part.EDGE_CURSOR:
                return Json(self.cursor(), "quoted")
            case Part.EDGE_NODE:
                return self.row(field)
            case _:
                return typename(field) or NULL

    def row(self, field: Field) -> Expression:
        """One row, or value."""
        if self.set.scalar or self.set.codec.kind is not Kind.COMPOSITE:
            return shown(self.context, self.set.codec, self.source.column(VALUE), field)
        value = self.context.row(self.context, self.source, field.below())
        if not self.set.sparse:
            return value
        return Case(((State(Column(PRESENT, self.alias), "true"), value),), NULL)

    def cursor(self) -> Expression:
        """A row's cursor; where rows are numbered anyway it is made beside the number, once for all who show it."""
        found = cursor_of(self.order, self.source, self.position)
        if not self.counted or not self.order.terms:
            return found
        self.beside_number = (Output(found, CURSOR),)
        return Column(CURSOR, self.alias)

    def position(self) -> Expression:
        """The row's number in the whole set, where there is no order."""
        self.numbered = True
        skipped = self.skipped()
        number = Column(NUMBER, self.alias)
        if skipped == 0:
            return number
        return Operation(number, "+", Literal(str(skipped) if isinstance(skipped, int) else skipped, "bigint"))

    def flag(self, field: Field) -> Expression:
        """A member of pageInfo."""
        forward = self.way is Way.FORWARD
        match field.meaning:
            case Part.HAS_NEXT:
                return self.more() if forward and self.counted else truth(False)
            case Part.HAS_PREVIOUS:
                if self.page.empty:
                    return truth(False)
                return self.earlier()
            case Part.START_CURSOR:
                return self.end(first=True)
            case Part.END_CURSOR:
                return self.end(first=False)
            case _:
                return typename(field) or NULL

    def earlier(self) -> Expression:
        """Whether there were rows before the page, as far as paging itself left them out."""
        if self.way is Way.BACKWARD:
            return self.more()
        if self.way is Way.TAIL and self.page.first is None:
            self.gathered = True
            first = Aggregate("min", Column(NUMBER, self.alias))
            return Json(
                Apply("coalesce", (Truth(Compare(first, "greater", Cast(Constant("1"), "bigint"))), Truth(FALSE)))
            )
        return truth(bool(known(self.page.offset)))

    def more(self) -> Expression:
        """Whether there was a row beyond the page."""
        self.gathered = True
        return Json(Truth(Compare(Aggregate("count"), "greater", self.size())), "bare")

    def end(self, *, first: bool) -> Expression:
        """The cursor of the page's first or last row."""
        self.gathered = True
        cursors = Aggregate("array_agg", self.cursor(), self.inside(), self.aggregated())
        return Json(Subscript(cursors, 1 if first else Aggregate("count", where=self.inside())), "quoted")

    def listed(self, value: Expression) -> Expression:
        """What `value` is of each row of the page, in the page's order."""
        self.gathered = True
        return Listed(value, self.inside(), self.aggregated())

    def aggregated(self) -> tuple[Order, ...]:
        """In what order rows are put together: as they come, unless they come in reverse. All of a select are put
        together in one order, since PostgreSQL may sort for one what it gives to all.
        """
        return (Order(Column(NUMBER, self.alias), descending=True),) if self.way is Way.BACKWARD else ()

    def inside(self) -> Condition | None:
        """That a row belongs to the page: one more may have been read, to know whether there is one."""
        return Compare(Column(NUMBER, self.alias), "less_or_equal", self.size()) if self.counted else None

    def total(self) -> Expression:
        """How many rows the set has, beyond the page."""
        alias = self.context.alias()
        where = self.where(Direct(alias, self.set.codec))
        return Json(Select(Read(self.set.source, alias, (Output(Aggregate("count")),), where=where)), "bare")

    # ---------------------------------------------------------------- what is read

    def reads_all(self) -> bool:
        """Whether PostgreSQL looks at all rows of the set, or at few: then it reads what they lead to along with them,
        rather than for each row of the page that it has found.
        """
        return self.set.where is not everything or (self.page.first is None and self.page.last is None)

    def where(self, source: Direct) -> tuple[Condition, ...]:
        return (*self.set.where(source.alias), *conditions(self.context, self.field, source))

    def select(self, show: Expression) -> Expression:
        """The page's rows in a sub-select, and what is shown of them around it."""
        source = Direct(self.alias, self.set.codec)
        read = Read(
            self.set.source,
            self.alias,
            (*self.source.outputs(), *self.present()),
            self.source.embeds(),
            where=(*self.where(source), *self.cursors(source)),
            order=self.order.orders(source, backwards=self.way is Way.BACKWARD),
            limit=self.limit(),
            offset=self.skipped(),
        )
        if self.numbered or self.counted:
            outputs = (Output(Star(self.alias)), Output(RowNumber(), NUMBER), *self.beside_number)
            read = Read(read, self.alias, outputs)
        if self.way is Way.TAIL:
            read = self.tail(read)
        return Select(Read(read, self.alias, (Output(show),)))

    def tail(self, read: Read) -> Read:
        """The last of the rows, in their order."""
        number = Column(NUMBER, self.alias)
        last = Read(read, self.alias, (Output(Star(self.alias)),), order=(Order(number, descending=True),))
        last = replace(last, limit=self.context.number([self.page.last], int))
        return Read(last, self.alias, (Output(Star(self.alias)),), order=(Order(number),))

    def present(self) -> tuple[Output, ...]:
        """Whether there is a row at all, where it may be NULL."""
        if not self.set.sparse:
            return ()
        return (Output(Truth(Not(State(whole_row(self.alias, self.set.codec), "null"))), PRESENT),)

    def cursors(self, source: Direct) -> tuple[Condition, ...]:
        """That rows lie between the cursors; natural ones become numbers of rows."""
        if not self.order.terms:
            return ()
        return tuple(beyond(self.context, self.order, source, given, side) for given, side in self.page.cursors())

    def size(self) -> Expression:
        """How many rows the page shows at most."""
        size = self.page.first if self.way is Way.FORWARD else self.page.last
        return self.context.literal(size, str, "bigint")

    def limit(self) -> int | Slot | None:
        """How many rows are read: one more where it matters whether there is one."""
        size = self.page.first if self.way is not Way.BACKWARD else self.page.last
        further = 1 if self.counted else 0
        before = None if self.order.terms else self.page.before
        if before is None:
            return None if size is None else self.context.number([size], partial(_more, further))
        return self.context.number([size, before, *self.skips()], _until(further))

    def skips(self) -> list[Any]:
        """What decides how many rows are left out at the beginning."""
        natural = [] if self.order.terms or self.page.after is None else [self.page.after]
        return [*([] if self.page.offset is None else [self.page.offset]), *natural]

    def skipped(self) -> int | Slot:
        """How many rows are left out at the beginning."""
        skips = self.skips()
        return self.context.number(skips, lambda *parts: sum(map(_row_number, parts))) if skips else 0


def _more(further: int, size: int) -> int:
    return size + further


def _row_number(part: Any) -> int:
    """A number of rows, or the number in a natural cursor."""
    if isinstance(part, str):
        found = cursor(part)
        return max(0, int(found[1][0])) if found else 0
    return int(part)


def _until(further: int) -> Callable[..., int]:
    """How many rows lie before a natural cursor, after those that are skipped; `size` of them at most."""

    def count(size: Any, before: Any, *skips: Any) -> int:
        left = max(0, _row_number(before) - 1 - sum(map(_row_number, skips)))
        return left if size is None else min(left, int(size) + further)

    return count
