"""An HTTP request in PostgREST's dialect: exchange.Request in, ApiRequest out.

In: path, query string, headers, body. Out: what the client wants, as data, or a Problem with PostgREST's code.
Never: a look at the catalog or at who is asking. A bad path is told before a bad schema, that before a bad method,
then query string, range and body.
"""

from urllib.parse import unquote_to_bytes

from gatepost.exchange import Headers, Request
from gatepost.problem import Problem
from gatepost.settings import RestSettings

from .ast import ALL_ROWS, NO_PARAMS, ROOT, Action, ApiRequest, MediaType, Page, Payload, Preferences, QueryParams
from .headers.media import accepted, sent
from .headers.prefer import preferences
from .headers.ranges import intersection, range_header
from .params import parse_params
from .payload import payload_of

RELATION_ACTIONS = {
    "GET": Action.READ,
    "HEAD": Action.READ,
    "POST": Action.CREATE,
    "PUT": Action.SINGLE_UPSERT,
    "PATCH": Action.UPDATE,
    "DELETE": Action.DELETE,
    "OPTIONS": Action.INFO_RELATION,
}
FUNCTION_ACTIONS = {
    "GET": Action.CALL_READ,
    "HEAD": Action.CALL_READ,
    "POST": Action.CALL,
    "OPTIONS": Action.INFO_FUNCTION,
}
ROOT_ACTIONS = {"GET": Action.SCHEMA_READ, "HEAD": Action.SCHEMA_READ, "OPTIONS": Action.INFO_SCHEMA}

SENDING = frozenset({"POST", "PATCH", "PUT", "DELETE"})
WITH_COLUMNS = frozenset({Action.CREATE, Action.UPDATE, Action.CALL})
WITH_BODY = frozenset({Action.CREATE, Action.UPDATE, Action.SINGLE_UPSERT, Action.CALL})


def read_request(request: Request, settings: RestSettings) -> ApiRequest:
    """The whole request; every Problem is the client's, with PostgREST's code and status."""
    headers = by_name(request.headers)
    function, target = resource(request, settings)
    schema, negotiated = schema_of(request.method, headers, settings.schemas)
    action = action_of(request.method, function, target)
    params = parse_params(request.query, action is Action.CALL_READ) if request.query else NO_PARAMS
    page = page_of(request.method, params, headers.get("range"))
    media = sent(headers.get("content-type"))
    payload = body_of(request.body, media, params, action)
    return ApiRequest(
        action=action,
        method=request.method,
        path=request.path,
        schema=schema,
        target=target,
        negotiated=negotiated,
        headers_only=request.method == "HEAD",
        params=params,
        page=page,
        payload=payload,
        columns=columns_of(payload, params),
        preferences=preferences_of(request.headers, settings),
        accept=accepted(headers.get("accept")),
        content_type=media,
    )


# ------------------------------------------------------------------ where


def segments(request: Request) -> list[str]:
    """The path's parts, each decoded on its own, so that an encoded slash stays inside its part."""
    if not request.raw_path:
        path = request.path.removeprefix("/")
        return path.split("/") if path else []
    path_bytes = request.raw_path.removeprefix(b"/")
    if not path_bytes:
        return []
    return [unquote_to_bytes(part).decode("utf-8", "replace") for part in path_bytes.split(b"/")]


def resource(request: Request, settings: RestSettings) -> tuple[bool, str]:
    """Whether a function is meant, and the name: of a function, of a relation, or '' for the root."""
    match segments(request):
        case []:
            return root_resource(settings)
        case [name] if name and "\0" not in name:
            return False, name
        case ["rpc", name] if name and "\0" not in name:
            return True, name
        case _:
            raise Problem("PGRST125", 404, "Invalid path specified in request URL")


def root_resource(settings: RestSettings) -> tuple[bool, str]:
    """The root is the OpenAPI document, or the function that replaces it."""
    if settings.openapi_mode == "disabled":
        raise Problem("PGRST126", 404, "Root endpoint metadata is disabled")
    return bool(settings.root_spec), settings.root_spec.rpartition(".")[2]


def schema_of(method: str, headers: dict[str, str], schemas: tuple[str, ...]) -> tuple[str, bool]:
    """The schema, and whether the answer says which: it does when one was asked for, or when there are several."""
    wanted = headers.get("content-profile" if method in SENDING else "accept-profile")
    if wanted is None:
        return schemas[0], len(schemas) > 1
    if wanted not in schemas:
        hint = "Only the following schemas are exposed: " + ", ".join(schemas)
        raise Problem("PGRST106", 406, f"Invalid schema: {wanted}", None, hint)
    return wanted, True


def action_of(method: str, function: bool, target: str) -> Action:
    if function:
        if method not in FUNCTION_ACTIONS:
            raise Problem("PGRST101", 405, f"Cannot use the {method} method on RPC")
        return FUNCTION_ACTIONS[method]
    actions = RELATION_ACTIONS if target else ROOT_ACTIONS
    if method not in actions:
        raise Problem("PGRST117", 405, f"Unsupported HTTP method: {method}")
    return actions[method]


# ------------------------------------------------------------------ what


def page_of(method: str, params: QueryParams, header: str | None) -> Page:
    """The root's page: limit and offset, and for GET the Range header as well. A PUT has none (PGRST114)."""
    asked = ALL_ROWS
    for path, page in params.pages:
        if path == ROOT:
            asked = page
    ranged = range_header(header) if header and method == "GET" else ALL_ROWS
    if asked is ALL_ROWS and ranged is ALL_ROWS:
        return ALL_ROWS
    page = intersection(ranged, asked)
    if method == "PUT" and page != ALL_ROWS:
        raise Problem("PGRST114", 400, "limit/offset querystring parameters are not allowed for PUT")
    return page


def body_of(body: bytes, media: MediaType, params: QueryParams, action: Action) -> Payload | None:
    if action not in WITH_BODY:
        return None
    columns_given = params.columns is not None and action in WITH_COLUMNS
    return payload_of(body, media, columns_given, action is Action.CALL)


def columns_of(payload: Payload | None, params: QueryParams) -> tuple[str, ...]:
    """What a payload sets: its keys, or where nobody looked inside, `columns=`."""
    if payload is None:
        return ()
    return payload.keys if payload.keys is not None else params.columns or ()


def preferences_of(headers: Headers, settings: RestSettings) -> Preferences:
    values = [value.decode("latin-1") for name, value in headers if name == b"prefer"]
    return preferences(values, settings.tx_end.endswith("override"))


# ------------------------------------------------------------------ headers for the transaction


def by_name(headers: Headers) -> dict[str, str]:
    """Headers by name, decoded; the first of a name counts."""
    found = {name.decode("latin-1"): value.decode("utf-8", "replace") for name, value in headers}
    if len(found) < len(headers):
        found |= {name.decode("latin-1"): value.decode("utf-8", "replace") for name, value in reversed(headers)}
    return found


def cookies(header: str) -> dict[str, str]:
    """The pairs of a Cookie header; a later one of the same name wins."""
    pairs = (part.partition("=") for part in header.split(";") if part)
    return {name.lstrip(" "): value for name, _, value in pairs}
