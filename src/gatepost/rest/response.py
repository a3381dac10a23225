"""Plan + Results → Response.

In: the row that the main statement gave. Out: status, headers, and the body's bytes as PostgreSQL wrote them.
Never: a result that is parsed; only what PostgreSQL said about it (counts, settings, a key) is read.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from ..catalog import Catalog, Name
from ..database.values import Result
from ..exchange import Headers, Response
from ..problem import Problem
from ..query.sql import Parameter
from ..query.whole import Body
from .ast import Action, ApiRequest, MediaKind, Page
from .errors import ANSWERS, header_value
from .errors import body as error_body
from .headers.prefer import applied
from .plan import Plan, find_function, find_table

PLAN_ROWS = re.compile(rb'"Plan Rows": (\d+)')
STATUS = re.compile(rb"\s*(\d{3})\s*")
VARY = (b"vary", b"Accept, Prefer, Range")
BODILESS = (204, 304)
UNRESERVED = "-_.~"
LONGEST_LOCATION = 8 * 1024
LEGACY = (
    "Embedded resource was referenced by relation name even though it has an alias. This is deprecated and will stop "
    "working in a future release. Update {} in query string filters, orders or limits."
)
DIALECT = "PostgRESTv17(pre-release)"


class Row:
    """The main statement's one row, by column."""

    def __init__(self, plan: Plan, results: Sequence[Result]) -> None:
        self.columns = plan.columns
        self.values = results[0].rows[0]
        self.binary = plan.binary
        self.estimate = plan_rows(results[1]) if len(results) > 1 else None

    def get(self, column: str) -> Parameter:
        return self.values[self.columns.index(column)] if column in self.columns else None

    def number(self, column: str) -> int | None:
        value = self.get(column)
        return int(value) if value else None

    @property
    def body(self) -> bytes:
        body = self.get("body") or b""
        return bytes.fromhex(body[2:].decode()) if self.binary else body

    @property
    def page(self) -> int:
        """How many rows the page holds."""
        return self.number("page") or 0


def plan_rows(result: Result) -> int | None:
    """The planner's guess, of EXPLAIN's JSON."""
    found = PLAN_ROWS.search(result.rows[0][0] or b"") if result.rows else None
    return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Simple:
    """What all answers to a plan have in common, where only the page's rows can differ: nothing is counted, and no
    function of the database can add to the answer.
    """

    offset: int
    headers: Headers


def simple(plan: Plan) -> Simple | None:
    """Worked out at a plan's first answer."""
    if not plan.remembered:
        plan.remembered.append(_simple(plan) if plan.columns == ("page", "body") else None)
    return plan.remembered[0]


def _simple(plan: Plan) -> Simple | None:
    request = plan.request
    several = len(plan.statements) > 1 or plan.media.kind is MediaKind.PLAN
    if request.action is not Action.READ or request.headers_only or several or plan.binary or plan.legacy_names:
        return None
    headers = [*content_location(plan), *content_type(plan), *preferences_applied(plan), VARY]
    return Simple(request.page.offset, headers)


def respond(plan: Plan, results: Sequence[Result], max_rows: int, verbose: bool) -> Response:
    """The answer to a request that the database has answered."""
    common = simple(plan)
    if common is not None:
        shown, body = results[0].rows[0]
        rows = content_range(common.offset, int(shown or 0), None)
        return Response(200, body or b"", [(b"content-range", rows), *common.headers])
    if plan.media.kind is MediaKind.PLAN:
        return explained(plan, results[0])
    row = Row(plan, results)
    action = plan.request.action
    if action is Action.READ or action.calls:
        response = rows_found(plan, row, max_rows, verbose)
    else:
        response = rows_written(plan, row)
    return overridden(response, row, plan.legacy_names)


def explained(plan: Plan, result: Result) -> Response:
    """The execution plan, each line ended."""
    text = b"".join((row[0] or b"") + b"\n" for row in result.rows)
    return Response(200, text, [*content_type(plan), VARY])


# ------------------------------------------------------------------ reads and calls


def rows_found(plan: Plan, row: Row, max_rows: int, verbose: bool) -> Response:
    """A page of rows, with where it lies in the whole."""
    request, function = plan.request, plan.function
    shown = 1 if function is not None and not function.returns_set else row.page
    count = total(plan, row, shown, max_rows)
    status = range_status(request.page, shown, count)
    headers: Headers = [(b"content-range", content_range(request.page.offset, shown, count))]
    if function is None:
        headers += content_location(plan)
    elif function.returns_void:
        return Response(204, b"", [*headers, *preferences_applied(plan)])
    body = out_of_range(request.page, count or 0, verbose) if status == 416 else row.body
    return Response(
        status, b"" if request.headers_only else body, [*headers, *content_type(plan), *preferences_applied(plan)]
    )


def total(plan: Plan, row: Row, shown: int, max_rows: int) -> int | None:
    """The number of rows beyond the page, if it was asked for: counted, or the planner's guess."""
    count = plan.request.preferences.count
    counted = row.number("total")
    if count == "exact" or row.estimate is None:
        single = counted is not None and plan.function is not None and not plan.function.returns_set
        return shown if single else counted
    if count == "planned" or counted is None:
        return row.estimate
    return max(counted, row.estimate) if counted > max_rows or not max_rows else counted


def range_status(page: Page, shown: int, count: int | None) -> int:
    if count is None:
        return 200
    if page.offset > count:
        return 416
    return 206 if shown < count else 200


@lru_cache(1024)
def content_range(first: int, shown: int, count: int | None) -> bytes:
    rows = f"{first}-{first + shown - 1}" if shown and count != 0 else "*"
    return f"{rows}/{'*' if count is None else count}".encode()


def out_of_range(page: Page, count: int, verbose: bool) -> bytes:
    details = f"An offset of {page.offset} was requested, but there are only {count} rows."
    return error_body(Problem("PGRST103", 416, "Requested range not satisfiable", details), verbose)


def content_location(plan: Plan) -> Headers:
    """Where the rows are; not said where it would burst a client's limit for headers (16 KiB in Node)."""
    canonical = plan.canonical
    if len(canonical) > LONGEST_LOCATION:
        return []
    return [(b"content-location", f"/{plan.request.target}{'?' if canonical else ''}{canonical}".encode())]


# ------------------------------------------------------------------ writes


def rows_written(plan: Plan, row: Row) -> Response:
    """What a write did: its rows where they were asked for, else nothing but headers."""
    action, shows = plan.request.action, plan.body is not Body.NONE
    headers = [*written_range(plan, row), *preferences_applied(plan)]
    if action is Action.CREATE:
        headers = [*location(plan, row), *headers]
        merges = plan.request.preferences.resolution == "merge-duplicates"
        status = 200 if merges and (row.number("inserted") or 0) <= 0 else 201
    elif action is Action.SINGLE_UPSERT:
        status = (201 if (row.number("inserted") or 0) > 0 else 200) if shows else 204
    else:
        status = 200 if shows else 204
    return Response(status, row.body, [*headers, *content_type(plan)] if shows else headers)


def written_range(plan: Plan, row: Row) -> Headers:
    """Content-Range of a write: of an update the rows it touched, else only how many."""
    action = plan.request.action
    if action is Action.SINGLE_UPSERT:
        return []
    count = row.page if plan.request.preferences.count == "exact" else None
    shown = row.page if action is Action.UPDATE else 0
    return [(b"content-range", content_range(0, shown, count))]


def location(plan: Plan, row: Row) -> Headers:
    """Where the one new row is to be found, by its primary key."""
    identity = row.get("identity")
    if not identity:
        return []
    pairs: list[tuple[str, str | None]] = msgspec.json.decode(identity)
    query = "&".join(f"{quoted(name)}={quoted('is.null' if value is None else f'eq.{value}')}" for name, value in pairs)
    return [(b"location", header_value(f"/{plan.request.target}?{query}"))]


def quoted(text: str) -> str:
    return quote(text, safe=UNRESERVED)


# ------------------------------------------------------------------ headers


def content_type(plan: Plan) -> Headers:
    headers: Headers = [(b"content-type", plan.media.content_type.encode())]
    if plan.request.negotiated:
        headers.append((b"content-profile", plan.request.schema.encode()))
    return headers


def preferences_applied(plan: Plan) -> Headers:
    """Preference-Applied, of the preferences that this action knows."""
    request, action = plan.request, plan.request.action
    asked = request.preferences
    used = replace(
        asked,
        resolution=asked.resolution if action is Action.CREATE and plan.resolution_applies else None,
        returns=asked.returns if action.writes else None,
        missing=asked.missing if action in (Action.CREATE, Action.UPDATE) else None,
        max_affected=asked.max_affected if action in (Action.UPDATE, Action.DELETE) or action.calls else None,
    )
    text = applied(used)
    return [(b"preference-applied", text.encode())] if text else []


def overridden(response: Response, row: Row, legacy_names: Iterable[tuple[str, str]]) -> Response:
    """The answer with what the database's functions wished: their status, their headers in place of ours."""
    own = given_headers(row.get("setting_0"))
    names = {name.lower() for name, _ in own}
    headers = [(name, value) for name, value in response.headers if name not in names]
    warnings = ", ".join(f"`{name}` to `{alias}`" for name, alias in legacy_names)
    if warnings:
        headers.append((b"warning", header_value(f'299 {DIALECT} "{LEGACY.format(warnings)}"')))
    if b"vary" not in names:
        headers.append(VARY)
    status = given_status(row.get("setting_1")) or response.status
    return Response(status, b"" if status in BODILESS else response.body, headers + own)


def given_status(value: Parameter) -> int | None:
    if value is None:
        return None
    found = STATUS.match(value)
    if found is None or int(found[1]) not in ANSWERS:
        raise Problem("PGRST112", 500, "response.status guc must be a valid status code")
    return int(found[1])


def given_headers(value: Parameter) -> Headers:
    """`response.headers`: an array of objects with one key each; a name may come more than once."""
    if value is None:
        return []
    try:
        pairs = [only(pair) for pair in msgspec.json.decode(value, type=list[dict[str, str]])]
    except (msgspec.MsgspecError, ValueError):
        message = "response.headers guc must be a JSON array composed of objects with a single key and a string value"
        raise Problem("PGRST111", 500, message) from None
    return [(header_value(name.lower()), header_value(text)) for name, text in pairs]


def only(pair: dict[str, str]) -> tuple[str, str]:
    [(name, text)] = pair.items()
    return name, text


# ------------------------------------------------------------------ OPTIONS


def information(request: ApiRequest, catalog: Catalog) -> Response:
    """What may be done with a relation, a function or the root."""
    allowed = b"OPTIONS,GET,HEAD"
    if request.action is Action.INFO_RELATION:
        allowed = relation_methods(request, catalog)
    elif request.action is Action.INFO_FUNCTION:
        allowed = b"OPTIONS,POST" if find_function(request, catalog).volatile else b"OPTIONS,GET,HEAD,POST"
    return Response(200, b"", [(b"access-control-allow-origin", b"*"), (b"allow", allowed), VARY])


def relation_methods(request: ApiRequest, catalog: Catalog) -> bytes:
    table = find_table(catalog, Name(request.schema, request.target))
    methods = ["OPTIONS,GET,HEAD"]
    methods += ["POST"] if table.insertable else []
    methods += ["PUT"] if table.insertable and table.updatable and table.primary_key else []
    methods += ["PATCH"] if table.updatable else []
    methods += ["DELETE"] if table.deletable else []
    return ",".join(methods).encode()
