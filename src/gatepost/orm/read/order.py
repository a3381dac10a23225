"""Order, pages and cursors → the query tree's.

In: a Page and the table it is about. Out: the parts of a Read. Never: an order that two rows share by chance, where
the rows are counted off.
"""

from dataclasses import dataclass

from gatepost.orm.arguments.shapes import ALWAYS, Page, Sorted
from gatepost.orm.read.filters import aggregated, condition
from gatepost.orm.read.search import relevance
from gatepost.orm.read.tables import Table, Tables
from gatepost.query.sql import Slot
from gatepost.query.tree import (
    TRUE,
    Aggregate,
    Both,
    Compare,
    Condition,
    Either,
    Exists,
    Expression,
    Not,
    Order,
    Output,
    Read,
    Select,
    State,
)


@dataclass(frozen=True, slots=True)
class Paged:
    """The parts of a Read that a page makes."""

    where: tuple[Condition, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | Slot | None = None
    offset: int | Slot = 0
    distinct: tuple[Expression, ...] = ()


def paged(tables: Tables, table: Table, page: Page) -> Paged:
    """A page of a table's rows. Read backwards, whoever decodes turns the rows round again."""
    terms = terms_of(table, page)
    where = () if page.cursor is None else (after_cursor(tables, table, page, terms),)
    return Paged(
        where,
        tuple(order(tables, table, term, page.backwards) for term in terms),
        limit_of(page),
        0 if page.skip is None else Slot(page.skip),
        tuple(table.column(name) for name in page.distinct),
    )


def limit_of(page: Page) -> int | Slot | None:
    if page.take is not None:
        return Slot(page.take)
    return 1 if page.take_one else None


def terms_of(table: Table, page: Page) -> tuple[Sorted, ...]:
    """What is asked for, behind what `distinct` needs; without it the ids, where rows are counted off."""
    terms = page.order
    counted_off = page.take is not None or page.skip is not None or page.cursor is not None
    if not terms and counted_off:
        terms = tuple(Sorted(name) for name in table.model.ids)
    names = [term.field if not term.via else None for term in terms[: len(page.distinct)]]
    if terms and names != list(page.distinct):
        terms = (*(Sorted(name) for name in page.distinct), *terms)
    return terms


def order(tables: Tables, table: Table, term: Sorted, backwards: bool) -> Order:
    """One term; backwards turns the direction and the place of nulls."""
    nulls = term.nulls
    if backwards and nulls:
        nulls = "last" if nulls == "first" else "first"
    return Order(sort_value(tables, table, term), term.descending != backwards, nulls)


def sort_value(tables: Tables, table: Table, term: Sorted) -> Expression:
    """What a term sorts by: of the row, of a group, or of a related row."""
    if term.search is not None:
        return relevance(tuple(table.column(name) for name in term.fields), term.search)
    if term.aggregate is not None:
        return aggregated(table, term.aggregate, term.field)
    if not term.via:
        return table.column(term.field or "")
    field, *rest = term.via
    child = tables.child(table, field)
    below = Sorted(term.field, via=tuple(rest))
    counts = term.field is None and not rest
    value = Aggregate("count") if counts else sort_value(tables, child, below)
    link = tables.link(table, field, child)
    return Select(Read(child.source, child.alias, (Output(value),), where=child.where, link=link))


# ------------------------------------------------------------------ cursors


def after_cursor(tables: Tables, table: Table, page: Page, terms: tuple[Sorted, ...]) -> Condition:
    """The row of the cursor and all behind it in the order; no row where there is no such row."""

    def of_cursor(term: Sorted) -> Expression:
        found, where = cursor_row(tables, table, page)
        return Select(Read(found.source, found.alias, (Output(sort_value(tables, found, term)),), where=where))

    behind: Condition | None = None
    for term in reversed(terms):
        mine, theirs = sort_value(tables, table, term), of_cursor(term)
        sure = not term.via and not table.model.fields[term.field or ""].type.optional
        step = among_values if sure else among_nulls
        behind = step(mine, theirs, term, page.backwards, behind)
    found, where = cursor_row(tables, table, page)
    return Both((Exists(Read(found.source, found.alias, (), where=where)), behind or TRUE))


def cursor_row(tables: Tables, table: Table, page: Page) -> tuple[Table, tuple[Condition, ...]]:
    found = tables.table(table.model.name)
    return found, (*found.where, condition(tables, found, page.cursor or ALWAYS))


def among_values(
    mine: Expression, theirs: Expression, term: Sorted, backwards: bool, behind: Condition | None
) -> Condition:
    """Behind, or level and then `behind`; in words that an index understands."""
    word = "less" if term.descending != backwards else "greater"
    not_before = Compare(mine, f"{word}_or_equal", theirs)
    return not_before if behind is None else Both((not_before, Either((Compare(mine, word, theirs), behind))))


def among_nulls(
    mine: Expression, theirs: Expression, term: Sorted, backwards: bool, behind: Condition | None
) -> Condition:
    """The same where there may be nulls: last of ascending, first of descending rows, unless told otherwise."""
    descending = term.descending != backwards
    nulls_first = descending if term.nulls is None else (term.nulls == "first") != backwards
    absent, present = (theirs, mine) if nulls_first else (mine, theirs)
    later = Compare(mine, "less" if descending else "greater", theirs)
    null_later = Both((State(absent, "null"), State(present, "not_null")))
    same = Not(Compare(mine, "distinct", theirs))
    return Either((later, null_later, same if behind is None else Both((same, behind))))
