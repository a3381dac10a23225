"""Answer → Statement: one statement, one row.

In: an Answer of the tree. Out: a Statement, and the names of its columns in order.
Never: a second statement for a count, a check or a setting: what must fail after the rows are known fails here, so
that PostgreSQL undoes the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .call import call
from .read import SOURCE, count_rows, expression, select
from .sql import Parameters, Settled, Statement, Template, identifier, literal, qualified
from .tree import (
    SCALAR,
    Call,
    Cast,
    Column,
    Delete,
    Insert,
    Json,
    Listed,
    Object,
    Read,
    Update,
    Write,
)
from .whole import Answer, Body, Guard, Handler
from .write import INSERTED, delete, insert, update

PAGE = "gatepost_page"
TOTAL = "gatepost_total"
MARK = "gatepost guard"
WRITTEN = f"(SELECT count(*) FROM {SOURCE})"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement and where in its row things are: `total`, `page`, `body` and, where asked for, others."""

    statement: Statement
    columns: tuple[str, ...]

    def place(self, column: str) -> int | None:
        """The position of a column, or None where the statement has no such column."""
        return self.columns.index(column) if column in self.columns else None


def answer(node: Answer, inert: bool = False) -> Compiled:
    """The statement of an answer. `inert` is what `resolve.is_inert` found."""
    params = Parameters()
    text, columns = statement(node, params)
    return Compiled(Statement(text, tuple(params.values), inert), columns)


def template(node: Answer, inert: bool = False) -> Template:
    """The statement of an answer whose values come later."""
    params = Parameters()
    text, _ = statement(node, params)
    return Template(text, tuple(params.given), inert)


def plain(node: Read | Write, inert: bool = False) -> Template:
    """A read or write as it is: its rows as PostgreSQL gives them."""
    params = Settled()
    text = select(node, params) if isinstance(node, Read) else write(node, params)
    return Template(text, tuple(params.given), inert, tuple(params.numbers))


def store(node: Write | Read, setting: str, columns: Mapping[str, bool]) -> Template:
    """A write or read whose rows the next statement of the transaction finds (`Stored`); it gives how many there were.

    A setting is the only thing that outlives a statement and needs no object of ours in the database. Values are kept
    as texts, which every type reads back, but for those that are better as JSON (True in `columns`).
    """
    params = Parameters()
    text = select(node, params) if isinstance(node, Read) else write(node, params)
    row = Object(tuple((name, kept_value(Column(name, "s"), as_json)) for name, as_json in columns.items()))
    kept = f"pg_catalog.set_config({literal(setting)}, {expression(Listed(row), params)}, true) IS NULL"
    return Template(f"WITH {SOURCE} AS ({text}) SELECT count(*), {kept} FROM {SOURCE} AS s", tuple(params.given))


def kept_value(column: Column, as_json: bool) -> Json:
    return Json(column if as_json else Cast(column, "text"))


def statement(node: Answer, params: Parameters) -> tuple[str, tuple[str, ...]]:
    """Its text, and the names of its columns."""
    parts: list[str] = []
    if node.write:
        parts.append(f"{SOURCE} AS ({write(node.write, params)})")
    page = select(node.read, params)
    total = None
    if node.total:
        parts, total = total_rows(node, parts, params)
    columns = items(node, total, params)
    text = f"WITH {', '.join(parts)} " if parts else ""
    text += "SELECT " + ", ".join(f"{value} AS {name}" for name, value in columns.items())
    text += f" FROM ({page}) AS {PAGE}"
    return text, tuple(columns)


def write(node: Write, params: Parameters) -> str:
    match node:
        case Insert():
            return insert(node, params)
        case Update():
            return update(node, params)
        case Delete():
            return delete(node, params)
        case Call():
            return call(node, params)


def total_rows(node: Answer, parts: list[str], params: Parameters) -> tuple[list[str], str]:
    """The number of rows beyond the page; without a page it is the page's own number."""
    if node.one_page:
        return parts, "count(*)"
    limit = "" if node.total_limit is None else f" LIMIT {params.add(str(node.total_limit))}"
    counted = f"{TOTAL} AS ({count_rows(node.read, params)}{limit})"
    return [*parts, counted], f"(SELECT count(*) FROM {TOTAL})"


def items(node: Answer, total: str | None, params: Parameters) -> dict[str, str]:
    """The row's columns by name."""
    columns = {} if total is None else {"total": total}
    columns["page"] = "count(*)"
    columns["body"] = body(node)
    for number, item in enumerate(node.guards):
        columns[f"guard_{number}"] = guard(item, params)
    if node.identify:
        columns["identity"] = identity(node.identify, params)
    if isinstance(node.write, Insert) and node.write.count_inserted:
        columns["inserted"] = setting(INSERTED)
    for number, name in enumerate(node.settings):
        columns[f"setting_{number}"] = setting(name)
    if node.written:
        columns["written"] = WRITTEN
    return columns


def setting(name: str) -> str:
    """A setting's value once the rows are done, NULL when unset. The name is the code's own."""
    return f"nullif(current_setting('{name}', true), '')"


def guard(node: Guard, params: Parameters) -> str:
    """NULL when the number of rows is within bounds; else a cast that cannot succeed and says which guard it was.

    A failing cast needs no function of ours in the database.
    """
    bounds = [f"count(*) >= {node.least}"]
    bounds += [f"count(*) <= {params.add(str(node.most))}::bigint"] if node.most is not None else []
    bounds += [f"count(*) = {WRITTEN}"] if node.whole else []
    mark = f"concat('{MARK} ', {params.add(node.code)}::text, ' ', count(*))"
    return f"CASE WHEN {' AND '.join(bounds)} THEN NULL ELSE {mark}::int END"


def identity(columns: tuple[str, ...], params: Parameters) -> str:
    """The one written row's identifying columns, as JSON pairs of texts; NULL where it is not one row."""
    pairs = [
        f"json_build_array({params.add(column)}::text, to_json(s.{identifier(column)}) #>> '{{}}')"
        for column in columns
    ]
    row = f"SELECT json_build_array({', '.join(pairs)}) FROM {SOURCE} AS s LIMIT 1"
    return f"CASE WHEN count(*) = 1 THEN ({row}) END"


# ------------------------------------------------------------------ bodies


def body(node: Answer) -> str:
    """The body's expression."""
    match node.body:
        case Body.NONE:
            return "''"
        case Body.ARRAY:
            return f"coalesce({stripped(node, gathered(node))}, '[]')"
        case Body.FIRST:
            return f"coalesce({stripped(node, f'{gathered(node)} -> 0')}, 'null')"
        case Body.CSV:
            return csv()
        case Body.GEOJSON:
            features = f"coalesce(json_agg(ST_AsGeoJSON({PAGE})::json), '[]')"
            return f"json_build_object('type', 'FeatureCollection', 'features', {features})"
        case Body.HANDLER:
            return handler(node.handler, node.scalar) if node.handler else "''"


def gathered(node: Answer) -> str:
    return f"json_agg({PAGE}.{SCALAR})" if node.scalar else f"json_agg({PAGE})"


def stripped(node: Answer, value: str) -> str:
    return f"json_strip_nulls({value})" if node.strip_nulls else value


def csv() -> str:
    """The first row's keys, then each row as PostgreSQL writes a composite value, without its parentheses."""
    head = f"(SELECT coalesce(string_agg(k, ','), '') FROM json_object_keys(json_agg({PAGE}) -> 0) AS k)"
    rows = f"coalesce(string_agg(substring({PAGE}::text, 2, length({PAGE}::text) - 2), E'\\n'), '')"
    return f"{head} || E'\\n' || {rows}"


def handler(node: Handler, scalar: bool) -> str:
    """A project's own function over the rows; of a conversion's one value an aggregate makes one."""
    value = f"{PAGE}.{SCALAR}" if scalar else PAGE
    if node.each:
        value = f"(array_agg({value}))[1]"
    elif node.rows is not None and not scalar:
        value = f"{PAGE}::{qualified(*node.rows)}"
    return f"{qualified(*node.function)}({value})"
