"""The answer at the root.

In: what the client accepts, the catalog, and what the database says of the current role. Out: the document as an
HTTP answer. Never: more round trips than one.
"""

from collections import OrderedDict
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
from .types import Shown

QUERIES = load(Path(__file__).parents[1] / "queries.sql")
KEPT = 4
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


class Documents:
    """The documents about one catalog; those that were asked for last are kept, since they are long."""

    def __init__(self, catalog: Catalog, settings: RestSettings) -> None:
        self.catalog = catalog
        self.settings = settings
        self.kept: OrderedDict[object, bytes] = OrderedDict()

    def answer(self, asked: ApiRequest, results: Sequence[Result], request: Request) -> Response:
        """The document, of the answers to `questions`."""
        headers: Headers = [(b"content-type", b"application/openapi+json; charset=utf-8")]
        if asked.negotiated:
            headers.append((b"content-profile", asked.schema.encode()))
        headers.append((b"vary", b"Accept, Prefer, Range"))
        url = self.settings.openapi_url or request.base_url + request.prefix
        return Response(200, self._document(asked.schema, [value(result) for result in results], url), headers)

    def _document(self, schema: str, answers: list[bytes | None], url: str) -> bytes:
        key = (schema, url, *answers)
        made = self.kept.get(key)
        if made is None:
            made = self.kept[key] = document(
                self._shown(schema, answers), self.catalog, url, self.settings.openapi_security
            )
        self.kept.move_to_end(key)
        if len(self.kept) > KEPT:
            self.kept.popitem(last=False)
        return made

    def _shown(self, schema: str, answers: list[bytes | None]) -> Shown:
        comment = answers[0].decode() if answers[0] is not None else None
        if len(answers) == 1:
            return shown(self.catalog, schema, comment)
        tables = msgspec.json.decode(answers[2] or b"[]", type=frozenset[str])
        functions = msgspec.json.decode(answers[3] or b"[]", type=list[tuple[str, tuple[str, ...]]])
        return shown(self.catalog, schema, comment, tables, frozenset(functions))


def value(result: Result) -> bytes | None:
    """The one value of a result."""
    return result.rows[0][0] if result.rows else None
