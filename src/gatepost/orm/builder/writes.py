"""INSERT, UPDATE and DELETE: what they find is asked for as a read is, what they do goes the way of every write.

In: a write's tree, the call's values. Out: the keys of the written rows, and what RETURNING shows of them.
Never: a write past the rules; an expression of the statement's anywhere but in a read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from gatepost.database.values import Result
from gatepost.orm.builder.cells import INDIRECT, Cells
from gatepost.orm.builder.parse import Node, has, name_of, names_of, tree, trees
from gatepost.orm.builder.printing import NO_TABLE, Printer, Scope, columns_of
from gatepost.orm.builder.sources import Sources
from gatepost.orm.calling.operations import unknown
from gatepost.orm.calling.raw import decoded
from gatepost.orm.errors import DatabaseError, InvalidInput, NotSupported, OrmError, RejectedByPolicy
from gatepost.orm.write.rows import change
from gatepost.orm.write.rows.checks import cannot_read_back, member
from gatepost.orm.write.rows.defaults import clock, fill
from gatepost.orm.write.rows.insert import insert
from gatepost.orm.write.rows.refusals import refused
from gatepost.orm.write.rows.tables import Row, by_rows, sql_type
from gatepost.orm.write.rows.work import Work
from gatepost.query.payload import rows as payload_rows
from gatepost.query.read import select
from gatepost.query.sql import Parameter, identifier
from gatepost.query.tree import Conflict, Expression, Literal, NewColumn, Payload, Read, Update
from gatepost.zmodel.schema import Field, Model

EXCLUDED = "excluded"
KEY = "gatepost_key"
VALUE = "gatepost_value"


@dataclass(frozen=True, slots=True)
class Done:
    """How many rows a write touched, and what RETURNING shows; `error` where that may not be seen."""

    count: int
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    error: OrmError | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The model that is written, and what the statement calls its rows."""

    model: Model
    alias: str


class Writer:
    """One write."""

    def __init__(self, work: Work, sources: Sources, given: Sequence[object], functions: frozenset[str]) -> None:
        self.work, self.sources, self._functions = work, sources, functions
        self._cells = Cells(work.schema, given)

    async def write(self, node: Node) -> Done:
        """Run the statement."""
        match node.data:
            case "insert":
                return await self._insert(node)
            case "update":
                return await self._update(node)
            case _:
                return await self._delete(node)

    def _target(self, node: Node) -> Target:
        names, label = names_of(next(trees(node, "target"))), tree(node, "label")
        model = self.sources.named(names[0]) if len(names) == 1 else None
        if model is None:
            raise RejectedByPolicy(NO_TABLE, names[-1])
        if model.view:
            raise NotSupported(f'"{model.name}" is a view and cannot be written', model.name)
        return Target(model, name_of(label) if label else names[0])

    def _fields(self, model: Model, names: Sequence[str]) -> list[Field]:
        """Fields that can be given a value, each once."""
        known = {f.name: f for f in model.fields.values() if f.column and not f.discriminator and not f.unsupported}
        for name in names:
            if name not in known:
                raise InvalidInput(unknown(f"field to write on {model.name}", name, known), (), model.name)
        if len(set(names)) < len(names):
            raise InvalidInput("a column is named twice", (), model.name)
        return [known[name] for name in names]

    # -------------------------------------------------------------- INSERT

    async def _insert(self, node: Node) -> Done:
        target, conflict, returning = self._target(node), tree(node, "conflict"), tree(node, "returning")
        if target.model.discriminator is not None:
            told = f'Model "{target.model.name}" is a delegate and cannot be created directly'
            raise NotSupported(told, target.model.name)
        rows = await self._rows(node, target.model)
        fields = () if returning or conflict or target.model.base else None
        made = await insert(self.work, target.model, rows, fields, skip=self._skipping(target.model, conflict))
        if conflict is not None and has(conflict, "UPDATE"):
            made += await self._merge(target, conflict, rows, made)
        return await self._done(target, returning, made)

    def _skipping(self, model: Model, conflict: Node | None) -> Conflict | None:
        if conflict is None:
            return None
        fields = self._fields(model, names_of(tree(conflict, "columns")))
        return Conflict(tuple(each.column or each.name for each in fields))

    async def _rows(self, node: Node, model: Model) -> list[dict[str, Expression]]:
        """What is to be inserted, by field, with the client's defaults."""
        if has(node, "DEFAULT"):
            given: list[dict[str, Parameter]] = [{}]
        else:
            fields = self._fields(model, names_of(next(trees(node, "columns"))))
            given = await self._given(node, fields)
        now = clock()
        rows = ({name: Literal(value) for name, value in row.items()} for row in given)
        return [{**row, **fill(self.work, model, row, now)} for row in rows]

    async def _given(self, node: Node, fields: list[Field]) -> list[dict[str, Parameter]]:
        """The rows of VALUES as they stand there, of a query as PostgreSQL gives them. DEFAULT is left out."""
        query = next(trees(node, "query"))
        given = [list(trees(row)) for body in trees(query, "values") for row in trees(body, "row")]
        given += [list(trees(items)) for body in trees(query, "select") for items in trees(body, "items")]
        if any(len(row) != len(fields) and all(each.data != "star" for each in row) for row in given):
            raise InvalidInput(f"{len(fields)} columns are named, and a row has not as many values")
        rows = given if [each.data for each in trees(query)] == ["values"] else []
        told = [self._told(fields, row) for row in rows]
        if rows and not any(value is INDIRECT for row in told for value in row.values()):
            return told
        return await self._evaluated(node, query, rows, fields)

    def _told(self, fields: list[Field], row: list[Node]) -> dict[str, Any]:
        """A row of VALUES by field, as far as it says itself what is to be stored."""
        cells = zip(fields, row, strict=True)
        return {each.name: self._cells.direct(each, cell) for each, cell in cells if cell.data != "default"}

    async def _evaluated(
        self, node: Node, query: Node, rows: list[list[Node]], fields: list[Field]
    ) -> list[dict[str, Parameter]]:
        """Rows whose values PostgreSQL works out, each as its field's type."""
        printer = self._printer()
        with printer.scope():
            head = self._with(printer, node)
            if rows:
                texts = ([self._value(printer, f, cell) for f, cell in zip(fields, row, strict=True)] for row in rows)
                source = "VALUES " + ", ".join(f"({', '.join(row)})" for row in texts)
            else:
                source = printer.query(query)[0]
        names = [identifier(f"{VALUE}_{number}") for number, _ in enumerate(fields)]
        casts = [f"CAST({name} AS {self._type(each)})" for name, each in zip(names, fields, strict=True)]
        text = f"{head}SELECT {', '.join(casts)} FROM ({source}) AS {identifier(VALUE)} ({', '.join(names)})"
        found = await self._fetch(printer, text, Read)
        pairs = (zip(fields, row, strict=True) for row in found.rows)
        return [{each.name: self._cells.stored(each, value) for each, value in row} for row in pairs]

    async def _merge(
        self, target: Target, conflict: Node, rows: list[dict[str, Expression]], made: list[Row]
    ) -> list[Row]:
        """DO UPDATE: the rows that were there already take their new values."""
        keys = names_of(tree(conflict, "columns"))
        if not keys:
            raise InvalidInput("ON CONFLICT DO UPDATE names the columns of a unique key")
        proposed = self._proposed(target.model, rows)
        own, new = identifier(target.alias), identifier(EXCLUDED)
        printer = self._printer()
        with printer.scope() as scope:
            scope[EXCLUDED] = frozenset(column.name for column in proposed.columns)
            came = Beside(
                payload_rows(proposed, printer.params, EXCLUDED),
                [f"{own}.{identifier(key)} = {new}.{identifier(key)}" for key in keys],
                made,
            )
            changes = await self._changes(printer, scope, target, conflict, came)
        return await change.update_each(self.work, target.model, changes)

    def _proposed(self, model: Model, rows: list[dict[str, Expression]]) -> Payload:
        """The rows that were to be inserted, by field."""
        fields = [model.fields[name] for name in dict.fromkeys(name for row in rows for name in row)]
        columns = tuple(NewColumn(each.name, sql_type(self.work.schema, each)) for each in fields)
        objects = [{each.name: member(each, _value_of(row.get(each.name))) for each in fields} for row in rows]
        return Payload(msgspec.json.encode(objects), columns, many=True)

    # -------------------------------------------------------------- UPDATE, DELETE

    async def _update(self, node: Node) -> Done:
        target, returning = self._target(node), tree(node, "returning")
        if self.work.is_closed(target.model, "update"):
            return Done(0)
        printer = self._printer()
        with printer.scope() as scope:
            changes = await self._changes(printer, scope, target, node)
        return await self._done(target, returning, await change.update_each(self.work, target.model, changes))

    async def _changes(
        self, printer: Printer, scope: Scope, target: Target, node: Node, beside: "Beside | None" = None
    ) -> list[tuple[Row, Row]]:
        """The rows that an UPDATE finds, by key, and their new values; nobody else changes them meanwhile."""
        head, source = self._with(printer, node), self._source(printer, scope, target, node, beside)
        told = [list(trees(each)) for each in trees(next(trees(node, "assignments")))]
        fields = self._fields(target.model, [name_of(name) for name, _ in told])
        values = [self._value(printer, known, value) for known, (_, value) in zip(fields, told, strict=True)]
        locked = f" FOR UPDATE OF {identifier(target.alias)}" if target.model.base is None else ""
        text = f"{head}SELECT {', '.join([*_keys(target), *values])}{source}{locked}"
        found = await self._fetch(printer, text, Update)
        ids = [target.model.fields[name] for name in target.model.ids]
        rows = {row[: len(ids)]: self._stored([*ids, *fields], row) for row in found.rows}
        return [(dict(row[: len(ids)]), dict(row[len(ids) :])) for row in rows.values()]

    def _stored(self, fields: Sequence[Field], row: Sequence[Parameter]) -> list[tuple[str, Parameter]]:
        """Values as they are stored, with the names of their fields."""
        return [(each.name, self._cells.stored(each, value)) for each, value in zip(fields, row, strict=False)]

    async def _delete(self, node: Node) -> Done:
        """What RETURNING shows is asked for before the rows are gone."""
        target, returning = self._target(node), tree(node, "returning")
        printer = self._printer()
        with printer.scope() as scope:
            head, source = self._with(printer, node), self._source(printer, scope, target, node)
            shown = [printer.text(next(trees(returning)))] if returning else []
        is_lockable = target.model.base is None and self.work.session.guard != "database"
        locked = f" FOR UPDATE OF {identifier(target.alias)}" if is_lockable else ""
        text = f"{head}SELECT {', '.join([*_keys(target), *shown])}{source}{locked}"
        found = await self._fetch(printer, text, Read)
        keys = self._keys_of(target.model, found)
        gone = await change.delete(self.work, target.model, by_rows(target.model, keys)) if keys else []
        return Done(len(gone), self._shown(target.model, found, gone) if returning else [])

    def _keys_of(self, model: Model, found: Result) -> list[Row]:
        """The keys that rows begin with."""
        ids = [model.fields[name] for name in model.ids]
        return [dict(self._stored(ids, row)) for row in found.rows]

    def _source(
        self, printer: Printer, scope: Scope, target: Target, node: Node, beside: "Beside | None" = None
    ) -> str:
        """FROM and WHERE: the rows that a write looks for, and what stands beside them."""
        rows = self.sources.changeable(target.model, beside.but if beside else ())
        scope[target.alias] = columns_of(rows)
        sources = [f"({select(rows, printer.params)}) AS {identifier(target.alias)}"]
        sources += [beside.source] if beside else []
        sources += [printer.text(each) for part in trees(node, "from", "using") for each in trees(part)]
        conditions = list(beside.conditions) if beside else []
        conditions += [f"({printer.text(next(trees(each)))})" for each in trees(node, "where")]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f" FROM {', '.join(sources)}{where}"

    # -------------------------------------------------------------- what all writes need

    def _printer(self) -> Printer:
        return Printer(self.sources, self._functions)

    def _with(self, printer: Printer, node: Node) -> str:
        found = tree(node, "with")
        return f"{printer.text(found)} " if found is not None else ""

    def _type(self, known: Field) -> str:
        """What a field's value is worked out as; a member under its name in the schema is a text."""
        if known.type.kind == "enum":
            return "text[]" if known.type.array else "text"
        return sql_type(self.work.schema, known)

    def _value(self, printer: Printer, known: Field, node: Node) -> str:
        """A field's new value."""
        if node.data == "default":
            raise NotSupported("DEFAULT can stand in VALUES, beside values and not beside expressions")
        direct = self._cells.direct(known, node)
        text = printer.text(node) if direct is INDIRECT else printer.params.add(direct)
        return f"CAST({text} AS {self._type(known)})"

    async def _fetch(self, printer: Printer, text: str, kind: type[Read] | type[Update]) -> Result:
        """The rows of a read, of which a write of that kind is made."""
        try:
            return (await self.work.session.run(printer.printed(text).filled(self.work.value)))[0]
        except DatabaseError as error:
            guarded = self.work.session.guard == "database"
            raise (refused(self.work.schema, error, kind) if guarded else error) from None

    async def _done(self, target: Target, returning: Node | None, keys: list[Row]) -> Done:
        """The written rows as they may be read."""
        if returning is None or not keys:
            return Done(len(keys))
        printer = self._printer()
        with printer.scope() as scope:
            rows = self.sources.readable(target.model, keys)
            scope[target.alias] = columns_of(rows)
            source = f"({select(rows, printer.params)}) AS {identifier(target.alias)}"
            shown = printer.text(next(trees(returning)))
        found = await self._fetch(printer, f"SELECT {', '.join([*_keys(target), shown])} FROM {source}", Read)
        hidden = self.work.session.guard != "none" and len(found.rows) < len(keys)
        error = cannot_read_back(self.work, target.model.name) if hidden else None
        return Done(len(keys), self._shown(target.model, found, keys), error)

    def _shown(self, model: Model, found: Result, keys: Sequence[Row]) -> list[dict[str, Any]]:
        """The rows of those keys, in their order, without the keys' own columns."""
        most = len(model.ids)
        came = zip(self._keys_of(model, found), found.rows, strict=True)
        rest = {tuple(key.values()): row[most:] for key, row in came}
        wanted = (tuple(row[name] for name in model.ids) for row in keys)
        rows = [rest[key] for key in wanted if key in rest]
        return decoded(Result(found.columns[most:], rows, found.tag, found.types[most:]))


class Beside(NamedTuple):
    """What stands beside the rows that a write looks for: a source, what ties it to them; rows that are not meant."""

    source: str
    conditions: Sequence[str]
    but: Sequence[Row]


def _keys(target: Target) -> list[str]:
    """The key's columns, called as nothing else is."""
    own = identifier(target.alias)
    ids: Sequence[str] = target.model.ids
    return [f"{own}.{identifier(name)} AS {identifier(f'{KEY}_{number}')}" for number, name in enumerate(ids)]


def _value_of(node: Expression | None) -> Parameter:
    value = node.value if isinstance(node, Literal) else None
    return value if isinstance(value, bytes) else None
