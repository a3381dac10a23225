"""Find → one Read, and how its rows are decoded.

In: a checked Find. Out: a Read whose embeds go as deep as the call, the type of its rows, what is left to do in Python.
Never: a second statement.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from gatepost.orm.arguments.lexicon import Lexicon, Scalar
from gatepost.orm.arguments.shapes import Counted, Find, Nested
from gatepost.orm.read.filters import condition
from gatepost.orm.read.order import paged
from gatepost.orm.read.present import presented
from gatepost.orm.read.tables import Table, Tables, filtered
from gatepost.query.tree import (
    Aggregate,
    Embed,
    Fragment,
    Link,
    Nothing,
    Output,
    Read,
    Select,
    Shape,
)
from gatepost.zmodel.schema import Model

Row = dict[str, Any]
Finish = Callable[[list[Row]], None]
SUB = "$sub$"
NOTHING_SHOWN = (Output(Fragment("1"), "$"),)


@dataclass(frozen=True, slots=True)
class Rows:
    """A Read, the type of one of its rows, and what is left to do with all of them."""

    read: Read
    type: Any
    finish: Finish | None


class Finder:
    """The rows of one call."""

    def __init__(self, tables: Tables, lexicon: Lexicon) -> None:
        self.tables, self.lexicon = tables, lexicon

    def find(self, find: Find, parent: tuple[Table, str] | None = None) -> Rows:
        """The rows of a Find; of a relation those that belong to the parent's row."""
        table = self.tables.child(*parent) if parent else self.tables.table(find.model)
        link = self.tables.link(parent[0], parent[1], table) if parent else None
        view = View(self, table)
        view.show(find)
        test = condition(self.tables, table, find.where)
        page = paged(self.tables, table, find.page)
        read = Read(
            table.source,
            table.alias,
            tuple(view.outputs) if view.types else NOTHING_SHOWN,
            tuple(view.embeds),
            filtered(*table.where, test, *page.where),
            page.order,
            page.limit,
            page.offset,
            link,
            page.distinct,
        )
        if find.page.backwards:
            view.steps.append(lambda rows: rows.reverse())
        return Rows(read, TypedDict("Row", view.types), together(view.steps))  # pyright: ignore[reportArgumentType, reportGeneralTypeIssues]


class View:
    """What the rows of one table show, while it is put together."""

    def __init__(self, finder: Finder, table: Table) -> None:
        self.finder, self.tables, self.table = finder, finder.tables, table
        self.outputs: list[Output] = []
        self.embeds: list[Embed] = []
        self.types: dict[str, Any] = {}
        self.steps: list[Finish] = []

    def show(self, find: Find) -> None:
        """All that a Find shows."""
        shown = find.shown
        if shown.everything:
            self.everything(self.table, self.table.model, dict(shown.omit))
            for sub in descendants(self.tables, self.table.model):
                self.sub_model(sub, dict(shown.omit))
        for item in shown.items:
            match item:
                case str():
                    self.field(self.table, self.table.model, item)
                case Nested(field, below):
                    self.relation(field, below)
                case Counted():
                    self.count(item)

    def everything(self, table: Table, model: Model, omit: dict[str, bool]) -> None:
        """All fields of a model that are not left out."""
        visible = self.finder.lexicon.visible(model.name)
        for field in visible.fields.values():
            if isinstance(field, Scalar) and not omit.get(field.name, visible.omitted.get(field.name, False)):
                self.field(table, model, field.name)

    def field(self, table: Table, model: Model, name: str) -> None:
        """One field."""
        if name in self.types:
            return
        found = presented(self.tables.schema, model.fields[name], table.column(name))
        self.outputs.append(Output(found.value, name))
        self.types[name] = found.type
        finish = found.finish
        if finish is not None:
            self.steps.append(lambda rows: replace(rows, name, finish))

    def relation(self, name: str, below: Find) -> None:
        """Rows of a relation."""
        rows = self.finder.find(below, (self.table, name))
        many = self.table.model.fields[name].type.array
        self.embeds.append(Embed(name, self.tables.alias(), rows.read, Shape.ARRAY if many else Shape.OBJECT))
        self.types[name] = list[rows.type] if many else rows.type | None
        finish = rows.finish
        if finish is not None:
            self.steps.append(lambda parents: nested(parents, name, finish))

    def count(self, counted: Counted) -> None:
        """`_count`: an object of numbers."""
        outputs: list[Output] = []
        for name, where in counted.relations:
            child = self.tables.child(self.table, name)
            test = condition(self.tables, child, where)
            link = self.tables.link(self.table, name, child)
            number = Output(Aggregate("count"))
            read = Read(child.source, child.alias, (number,), where=filtered(*child.where, test), link=link)
            outputs.append(Output(Select(read), name))
        numbers = Read(Nothing(), self.tables.alias(), tuple(outputs))
        self.embeds.append(Embed("_count", self.tables.alias(), numbers, Shape.OBJECT))
        self.types["_count"] = dict[str, int]

    # -------------------------------------------------------------- delegates

    def sub_model(self, model: Model, omit: dict[str, bool]) -> None:
        """The fields of a sub-model's own, where the row is one of these."""
        table = self.tables.table_alone(model)
        below = View(self.finder, table)
        visible = self.finder.lexicon.visible(model.name)
        for field in visible.fields.values():
            own = model.fields[field.name].inherited is None
            if own and isinstance(field, Scalar) and not omit.get(field.name, visible.omitted.get(field.name, False)):
                below.field(table, model, field.name)
        ids = zip(
            (self.table.names[name] for name in self.table.model.ids),
            (table.names[name] for name in model.ids),
            strict=True,
        )
        link = Link(self.table.alias, tuple(ids))
        read = Read(table.source, table.alias, tuple(below.outputs), where=table.where, link=link)
        name = SUB + model.name
        self.embeds.append(Embed(name, self.tables.alias(), read, Shape.OBJECT))
        self.types[name] = TypedDict("Row", below.types) | None  # pyright: ignore[reportArgumentType, reportGeneralTypeIssues]
        finish = together(below.steps)
        if finish is not None:
            self.steps.append(lambda rows: nested(rows, name, finish))
        self.steps.append(lambda rows: merge(rows, name))


def descendants(tables: Tables, model: Model) -> list[Model]:
    """All models below a delegate's base, nearest first."""
    found: list[Model] = []
    for name in model.sub_models:
        sub = tables.schema.models[name]
        found += [sub, *descendants(tables, sub)]
    return found


# ------------------------------------------------------------------ what is left to do in Python


def together(steps: list[Finish]) -> Finish | None:
    """Several steps as one; nothing where there is none."""
    if len(steps) < 2:
        return steps[0] if steps else None

    def finish(rows: list[Row]) -> None:
        for step in steps:
            step(rows)

    return finish


def replace(rows: list[Row], name: str, finish: Callable[[Any], Any]) -> None:
    for row in rows:
        row[name] = finish(row[name])


def nested(parents: list[Row], name: str, finish: Finish) -> None:
    """The steps of a relation's rows."""
    for parent in parents:
        below: Any = parent[name]
        if below is not None:
            finish(cast("list[Row]", below) if isinstance(below, list) else [below])


def merge(rows: list[Row], name: str) -> None:
    """The fields of a sub-model's own among the row's."""
    for row in rows:
        own = row.pop(name)
        if own is not None:
            row.update(own)
