"""The answer at the root.

In: what the client accepts, the catalog, and what the database says of the current role. Out: the document as an
HTTP answer. Never: more round trips than one.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from ...catalog import Catalog
from ...database.queries import load
from ...database.values import Result
from ...exchange import Headers, Request, Response
from ...problem import Problem
from ...query.sql import Statement
from ...settings import RestSettings
from ..ast import ApiRequest, MediaKind
from .document import document, shown

QUERIES = load(Path(__file__).parents[1] / "queries.sql")
PRODUCED = frozenset({MediaKind.OPENAPI, MediaKind.JSON, MediaKind.ANY})


def questions(asked: ApiRequest, settings: RestSettings) -> tuple[Statement, ...]:
    """What to ask the database, in this order; PGRST107 where the client would not take the document."""
    if not any(media.kind in PRODUCED for media in asked.accept):
        names = ", ".join(media.name for media in asked.accept)
        raise Problem("PGRST107", 406, f"None of these media types are available: {names}")
    schema = (asked.schema.encode(),)
    comment = Statement(QUERIES["schema_comment"], schema)
    if settings.openapi_mode == "ignore-privileges":
        return (comment,)
    return (
        comment,
        Statement(QUERIES["plain_names"]),
        Statement(QUERIES["accessible_tables"], schema),
        Statement(QUERIES["accessible_functions"], schema),
    )


def described(
    asked: ApiRequest, results: Sequence[Result], catalog: Catalog, settings: RestSettings, request: Request
) -> Response:
    """The document, of the answers to `questions`."""
    tables = functions = None
    if len(results) > 1:
        tables = frozenset(msgspec.json.decode(value(results[2]) or b"[]", type=list[str]))
        functions = frozenset(msgspec.json.decode(value(results[3]) or b"[]", type=list[tuple[str, tuple[str, ...]]]))
    comment = value(results[0])
    what = shown(catalog, asked.schema, None if comment is None else comment.decode(), tables, functions)
    url = settings.openapi_url or request.base_url + request.prefix
    headers: Headers = [(b"content-type", b"application/openapi+json; charset=utf-8")]
    if asked.negotiated:
        headers.append((b"content-profile", asked.schema.encode()))
    headers.append((b"vary", b"Accept, Prefer, Range"))
    return Response(200, document(what, catalog, url, settings.openapi_security), headers)


def value(result: Result) -> bytes | None:
    """The one value of a result."""
    return result.rows[0][0] if result.rows else None
