"""A request in PostgREST's dialect, as plain data.

In: nothing; these are only types. Out: what `request.py` makes of an HTTP request and `plan.py` turns into a query.
Never: a catalog fact: names are as the client wrote them, nothing here says that they exist or make sense.
"""

from enum import Enum
from operator import itemgetter
from typing import Literal
from urllib.parse import quote

from msgspec import Struct

Path = tuple[str, ...]
"""Names of the embeds that lead to a level of the select tree; `()` is the root."""

ROOT: Path = ()


class Action(Enum):
    """What is asked for. `INFO_*` are OPTIONS requests, `SCHEMA_READ` is the OpenAPI document at `/`."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    SINGLE_UPSERT = "single upsert"
    DELETE = "delete"
    CALL_READ = "call read"
    CALL = "call"
    SCHEMA_READ = "schema read"
    INFO_RELATION = "info relation"
    INFO_FUNCTION = "info function"
    INFO_SCHEMA = "info schema"

    @property
    def writes(self) -> bool:
        """Whether rows of a relation are changed."""
        return self in WRITES

    @property
    def calls(self) -> bool:
        """Whether a function is called."""
        return self is Action.CALL or self is Action.CALL_READ


WRITES = frozenset({Action.CREATE, Action.UPDATE, Action.SINGLE_UPSERT, Action.DELETE})


# ------------------------------------------------------------------ select


class JsonStep(Struct, frozen=True):
    """`->key` or `->>key`: `as_text` for the double arrow; `index` says that `key` is an integer (`3`, `-1`)."""

    key: str
    index: bool = False
    as_text: bool = False


class Field(Struct, frozen=True):
    """A column, perhaps with a path into its JSON."""

    name: str
    path: tuple[JsonStep, ...] = ()


Aggregate = Literal["sum", "avg", "count", "max", "min"]
Join = Literal["inner", "left"]


class SelectField(Struct, frozen=True):
    """`alias:field::cast.aggregate()::aggregate_cast`; `*` is Field("*"), and so is the field of a bare `count()`."""

    field: Field
    alias: str | None = None
    cast: str | None = None
    aggregate: Aggregate | None = None
    aggregate_cast: str | None = None


class SelectRelation(Struct, frozen=True):
    """`alias:relation!hint!join(select)`, or `...relation!hint!join(select)` when `spread`."""

    relation: str
    alias: str | None = None
    hint: str | None = None
    join: Join | None = None
    spread: bool = False
    select: "Select" = ()


SelectItem = SelectField | SelectRelation
Select = tuple[SelectItem, ...]

EVERYTHING: Select = (SelectField(Field("*")),)


# ------------------------------------------------------------------ filters


Quantifier = Literal["any", "all"]
IsValue = Literal["null", "not_null", "true", "false", "unknown"]
FullTextOperator = Literal["fts", "plfts", "phfts", "wfts"]


class Compare(Struct, frozen=True):
    """`operator.value`, the operator in PostgREST's spelling (`eq`, `like`, `cs`, `isdistinct` …); the value verbatim.

    With a quantifier the value is an array literal.
    """

    operator: str
    value: str
    quantifier: Quantifier | None = None


class In(Struct, frozen=True):
    """`in.(a,b)`; a single empty element stands for the empty list."""

    values: tuple[str, ...]


class Is(Struct, frozen=True):
    value: IsValue


class FullText(Struct, frozen=True):
    operator: FullTextOperator
    value: str
    language: str | None = None


Operation = Compare | In | Is | FullText


class Filter(Struct, frozen=True):
    field: Field
    operation: Operation
    negated: bool = False


class Logic(Struct, frozen=True):
    """`and(…)` / `or(…)`, perhaps under `not.`."""

    operator: Literal["and", "or"]
    members: tuple["LogicTree", ...]
    negated: bool = False


LogicTree = Logic | Filter


# ------------------------------------------------------------------ order and ranges


class OrderTerm(Struct, frozen=True):
    """`field.direction.nulls`; with `relation` the field is one of a to-one embed: `relation(field).desc`."""

    field: Field
    relation: str | None = None
    direction: Literal["asc", "desc"] | None = None
    nulls: Literal["first", "last"] | None = None


class Page(Struct, frozen=True):
    """Rows `offset` to `offset + limit - 1` of a level, counted from 0; no limit means all."""

    offset: int = 0
    limit: int | None = None


ALL_ROWS = Page()


# ------------------------------------------------------------------ the query string


class QueryParams(Struct, frozen=True):
    """A query string, parsed. Pairs carry the path of the level that they apply to.

    `columns` and `on_conflict` are None when they were not given. `arguments` are the pairs of a function's GET that
    are not filters; `filter_keys` are the keys of all these, as sent. `pairs` are everything that was sent, decoded.
    """

    select: Select = EVERYTHING
    filters: tuple[tuple[Path, Filter], ...] = ()
    logic: tuple[tuple[Path, LogicTree], ...] = ()
    order: tuple[tuple[Path, tuple[OrderTerm, ...]], ...] = ()
    pages: tuple[tuple[Path, Page], ...] = ()
    columns: tuple[str, ...] | None = None
    on_conflict: tuple[str, ...] | None = None
    arguments: tuple[tuple[str, str], ...] = ()
    filter_keys: frozenset[str] = frozenset()
    pairs: tuple[tuple[str, str | None], ...] = ()

    @property
    def canonical(self) -> str:
        """The query string with its keys in order, encoded again, for Content-Location; values of one key together."""
        values: dict[str, list[str]] = {}
        for key, value in sorted(self.pairs, key=itemgetter(0)):
            values.setdefault(key, []).append(quote(value or "", ""))
        return "&".join(f"{quote(key, '')}={','.join(found)}" for key, found in values.items())


NO_PARAMS = QueryParams()


# ------------------------------------------------------------------ headers and body


class Preferences(Struct, frozen=True):
    """The Prefer headers; None where nothing was said. `invalid` are the ones nobody knows, as sent."""

    resolution: Literal["merge-duplicates", "ignore-duplicates"] | None = None
    returns: Literal["representation", "headers-only", "minimal"] | None = None
    count: Literal["exact", "planned", "estimated"] | None = None
    transaction: Literal["commit", "rollback"] | None = None
    missing: Literal["default", "null"] | None = None
    handling: Literal["strict", "lenient"] | None = None
    timezone: str | None = None
    max_affected: int | None = None
    invalid: tuple[str, ...] = ()


NO_PREFERENCES = Preferences()


class MediaKind(Enum):
    """The media types that the dialect knows; OTHER is any that a project may handle by itself."""

    JSON = "application/json"
    ARRAY_STRIPPED = "application/vnd.pgrst.array+json;nulls=stripped"
    SINGULAR = "application/vnd.pgrst.object+json"
    SINGULAR_STRIPPED = "application/vnd.pgrst.object+json;nulls=stripped"
    GEOJSON = "application/geo+json"
    CSV = "text/csv"
    TEXT = "text/plain"
    XML = "text/xml"
    OPENAPI = "application/openapi+json"
    URLENCODED = "application/x-www-form-urlencoded"
    OCTETS = "application/octet-stream"
    ANY = "*/*"
    PLAN = "application/vnd.pgrst.plan"
    OTHER = ""


PlanOption = Literal["analyze", "verbose", "settings", "buffers", "wal"]


class MediaType(Struct, frozen=True):
    """A media type; `name` is how it is written in messages and in Content-Type (without charset).

    For a PLAN: `plan_format`, `plan_options` and `plan_for`, the type whose query is explained.
    """

    kind: MediaKind
    name: str
    plan_for: "MediaType | None" = None
    plan_format: Literal["text", "json"] = "text"
    plan_options: tuple[PlanOption, ...] = ()

    @property
    def content_type(self) -> str:
        """The Content-Type header for a body of this type."""
        return self.name if self.kind in WITHOUT_CHARSET else self.name + "; charset=utf-8"


WITHOUT_CHARSET = frozenset({MediaKind.OCTETS, MediaKind.OTHER})

JSON_MEDIA = MediaType(MediaKind.JSON, MediaKind.JSON.value)
ANY_MEDIA = MediaType(MediaKind.ANY, MediaKind.ANY.value)


class PayloadKind(Enum):
    """JSON: an object or an array of objects. FORM: pairs of a function call. RAW: one unnamed argument as it came."""

    JSON = "json"
    FORM = "form"
    RAW = "raw"


class Payload(Struct, frozen=True):
    """A body. `raw` goes into the statement as it is.

    `keys` are the keys of every object (sorted), or None when `columns` was given and nobody looked inside;
    `pairs` are those of a form.
    """

    kind: PayloadKind
    raw: bytes
    keys: tuple[str, ...] | None = None
    pairs: tuple[tuple[str, str], ...] = ()


# ------------------------------------------------------------------ the whole


class ApiRequest(Struct, frozen=True):
    """What the client wants; nothing says yet that it is possible.

    `target` is the relation or function, '' for the root. `page` is the top level's page, the Range header included;
    `params.pages` hold the other levels' (and the top level's without the header). `columns` are the payload's, from
    `columns=` or from its keys (sorted, unique). `negotiated` tells whether answers name the schema
    (Content-Profile). `headers_only` means HEAD.
    """

    action: Action
    method: str
    path: str
    schema: str
    target: str
    negotiated: bool = False
    headers_only: bool = False
    params: QueryParams = NO_PARAMS
    page: Page = ALL_ROWS
    payload: Payload | None = None
    columns: tuple[str, ...] = ()
    preferences: Preferences = NO_PREFERENCES
    accept: tuple[MediaType, ...] = (ANY_MEDIA,)
    content_type: MediaType = JSON_MEDIA
