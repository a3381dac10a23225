"""Aggregates and groups → one Read.

In: checked Aggregates. Out: a Read of one row, or of one a group, and how they are decoded.
Never: an aggregate over rows or fields that may not be seen.
"""

from decimal import Decimal
from typing import Any, TypedDict

from gatepost.orm.arguments.shapes import ALWAYS, Aggregates, Page, Sorted
from gatepost.orm.read.filters import aggregated, condition
from gatepost.orm.read.find import Finish, Rows, replace, together
from gatepost.orm.read.order import limit_of, order, paged
from gatepost.orm.read.present import Presented, presented
from gatepost.orm.read.tables import Table, Tables, filtered
from gatepost.query.sql import Slot
from gatepost.query.tree import Aggregate, Cast, Column, Embed, Expression, Fragment, Nothing, Output, Read, Shape
from gatepost.zmodel.schema import Field

ALL = "_all"
ONE = Fragment("1")


def aggregates(tables: Tables, asked: Aggregates) -> Rows:
    """The aggregates, each shown as its field's values are."""
    table = tables.table(asked.model)
    inner = groups(tables, table, asked) if asked.by else whole(tables, table, asked)
    return Dressed(tables, table, asked).rows(inner)


def whole(tables: Tables, table: Table, asked: Aggregates) -> Read:
    """One row for all rows, or for those of a page."""
    test = condition(tables, table, asked.where)
    page = paged(tables, table, asked.page)
    where = filtered(*table.where, test, *page.where)
    if page.limit is None and not page.offset:
        return Read(table.source, table.alias, outputs(tables, table, asked), where=where)
    names = list(dict.fromkeys(field for _, field in asked.fields if field not in (None, ALL)))
    inside = tuple(Output(table.column(name or ""), name) for name in names) or (Output(ONE),)
    rows = Read(table.source, table.alias, inside, (), where, page.order, page.limit, page.offset)
    seen = Table(table.model, rows, tables.alias(), {name or "": name or "" for name in names}, ())
    return Read(seen.source, seen.alias, outputs(tables, seen, asked))


def groups(tables: Tables, table: Table, asked: Aggregates) -> Read:
    """One row a group."""
    by = tuple(Output(table.column(name), key(number)) for number, name in enumerate(asked.by))
    having = () if asked.having == ALWAYS else (condition(tables, table, asked.having),)
    return Read(
        table.source,
        table.alias,
        (*by, *outputs(tables, table, asked), Output(Aggregate("count"), "groups")),
        where=filtered(*table.where, condition(tables, table, asked.where)),
        order=tuple(order(tables, table, term, asked.page.backwards) for term in group_terms(asked.by, asked.page)),
        limit=limit_of(asked.page),
        offset=0 if asked.page.skip is None else Slot(asked.page.skip),
        having=having,
    )


def group_terms(by: tuple[str, ...], page: Page) -> tuple[Sorted, ...]:
    """What groups are ordered by: where they are counted off, by what makes them."""
    if page.order or (page.take is None and page.skip is None):
        return page.order
    return tuple(Sorted(name) for name in by)


def outputs(tables: Tables, table: Table, asked: Aggregates) -> tuple[Output, ...]:
    return tuple(Output(value_of(tables, table, *each), f"a{number}") for number, each in enumerate(asked.fields))


def value_of(tables: Tables, table: Table, function: str, field: str | None) -> Aggregate:
    """An aggregate. ZenStack compares the members of enums by their names."""
    found = aggregated(table, function, field)
    if tables.compat and function in ("_min", "_max") and field and table.model.fields[field].type.kind == "enum":
        names = presented(tables.schema, table.model.fields[field], table.column(field)).value
        return Aggregate(found.function, Cast(names, "text"))
    return found


def key(number: int) -> str:
    return f"g{number}"


class Dressed:
    """The outer part: fields shown as everywhere, aggregates as objects by field."""

    def __init__(self, tables: Tables, table: Table, asked: Aggregates) -> None:
        self.tables, self.model, self.asked = tables, table.model, asked
        self.alias = tables.alias()
        self.steps: list[Finish] = []

    def rows(self, inner: Read) -> Rows:
        """The rows of the inner read, dressed."""
        types: dict[str, Any] = {}
        shown: list[Output] = []
        for number, name in enumerate(self.asked.by):
            found = presented(self.tables.schema, self.model.fields[name], Column(key(number), self.alias))
            self.show(found, name, shown, types)
        embeds = self.objects(types, shown)
        if self.asked.page.backwards and self.asked.by:
            self.steps.append(lambda rows: rows.reverse())
        read = Read(inner, self.alias, tuple(shown), tuple(embeds))
        return Rows(read, TypedDict("Row", types), together(self.steps))  # pyright: ignore[reportArgumentType, reportGeneralTypeIssues]

    def show(self, found: Presented, name: str, shown: list[Output], types: dict[str, Any]) -> None:
        shown.append(Output(found.value, name))
        types[name] = found.type
        finish = found.finish
        if finish is not None:
            self.steps.append(lambda rows: replace(rows, name, finish))

    def objects(self, types: dict[str, Any], shown: list[Output]) -> list[Embed]:
        """`_sum` and the others, an object each; `_count` alone is a number."""
        inside: dict[str, list[Output]] = {}
        below: dict[str, dict[str, Any]] = {}
        for number, (function, field) in enumerate(self.asked.fields):
            column = Column(f"a{number}", self.alias)
            if field is None:
                shown.append(Output(column, function))
                types[function] = int
                continue
            found = self.aggregate(function, field, column)
            inside.setdefault(function, []).append(Output(found.value, field))
            below.setdefault(function, {})[field] = found.type
        for function, members in below.items():
            types[function] = TypedDict("Aggregates", members)  # pyright: ignore[reportArgumentType, reportGeneralTypeIssues]
        return [
            Embed(function, self.tables.alias(), Read(Nothing(), self.tables.alias(), tuple(of)), Shape.OBJECT)
            for function, of in inside.items()
        ]

    def aggregate(self, function: str, name: str, value: Expression) -> Presented:
        """One aggregate: a number, or a value as the field's are."""
        if function == "_count":
            return Presented(value, int)
        field = self.model.fields[name]
        match function:
            case "_avg":
                return Presented(value, (Decimal if is_decimal(field) else float) | None)
            case "_sum":
                return Presented(value, {"Float": float, "Decimal": Decimal}.get(field.type.name, int) | None)
            case _ if self.tables.compat and field.type.kind == "enum":
                return Presented(value, str | None)
            case _:
                return presented(self.tables.schema, field, value)


def is_decimal(field: Field) -> bool:
    return field.type.name == "Decimal"
