"""`/rpc/name` → which function, and the tree's Call.

In: an ApiRequest and the catalog's functions. Out: the one overload that the arguments' names fit, and its Call.
Never: a guess between overloads (PGRST203).
"""

from collections.abc import Iterable, Sequence

import msgspec

from ...catalog import Catalog, Function, Name, Parameter
from ...catalog.find import NEAR, nearest
from ...problem import Problem
from ...query.sql import array_literal
from ...query.tree import Argument, Call, Literal, NewColumn, Payload
from ..ast import Action, ApiRequest, MediaKind, PayloadKind
from .nodes import Node
from .writes import filter_columns, needed

WHOLE_BODY = {
    MediaKind.JSON: ("json", "jsonb"),
    MediaKind.TEXT: ("text",),
    MediaKind.XML: ("xml",),
    MediaKind.OCTETS: ("bytea",),
}
ONLY_WHOLE = {MediaKind.TEXT: "text", MediaKind.XML: "xml", MediaKind.OCTETS: "bytea"}


def find(request: ApiRequest, catalog: Catalog) -> Function:
    """The function that a request calls. PGRST202 where none fits, PGRST203 where several do."""
    name = Name(request.schema, request.target)
    overloads = catalog.functions.get(name, ())
    keys = argument_names(request)
    posts = request.action is Action.CALL
    named = [f for f in overloads if takes(f, keys, posts and request.content_type.kind in ONLY_WHOLE)]
    if not named and posts:
        kinds = WHOLE_BODY.get(request.content_type.kind, ())
        named = [f for f in overloads if [p.type for p in unnamed(f)] and unnamed(f)[0].type in kinds]
    if not named:
        raise missing(request, catalog, keys)
    if len(named) > 1:
        raise ambiguous(named)
    return named[0]


def argument_names(request: ApiRequest) -> frozenset[str]:
    if request.action is Action.CALL:
        return frozenset(request.columns)
    return frozenset(key for key, _ in request.params.arguments)


def takes(function: Function, keys: frozenset[str], whole: bool) -> bool:
    """Whether arguments of these names fit: every required one, and no unknown one."""
    if not function.parameters:
        return not keys and not whole
    required = {p.name for p in function.parameters if p.required}
    return required <= keys <= {p.name for p in function.parameters}


def unnamed(function: Function) -> tuple[Parameter, ...]:
    """The single parameter without a name, if that is what the function takes."""
    single = len(function.parameters) == 1 and not function.parameters[0].name
    return function.parameters if single else ()


# ------------------------------------------------------------------ the call


def call(request: ApiRequest, function: Function, root: Node) -> Call:
    """The call; arguments of a GET or a form are values, those of a JSON body come out of it in PostgreSQL."""
    scalar = not function.returns_composite
    columns = returned(root)
    if unnamed(function):
        value = whole_body(request, function.parameters[0])
        return Call(function.id, (Argument("", value),), None, scalar, columns)
    keys = argument_names(request)
    wanted = [p for p in function.parameters if p.name in keys]
    if is_json(request):
        arguments = tuple(Argument(p.name, None, p.variadic) for p in wanted)
        return Call(function.id, arguments, json_payload(request, wanted), scalar, columns)
    pairs = request.payload.pairs if request.payload else request.params.arguments
    arguments = tuple(Argument(p.name, direct(p, pairs), p.variadic) for p in wanted)
    return Call(function.id, arguments, None, scalar, columns)


def is_json(request: ApiRequest) -> bool:
    payload = request.payload
    return request.action is Action.CALL and payload is not None and payload.kind is PayloadKind.JSON


def json_payload(request: ApiRequest, wanted: Sequence[Parameter]) -> Payload | None:
    if not wanted or request.payload is None:
        return None
    body = request.payload.raw
    columns = tuple(NewColumn(p.name, p.input_type) for p in wanted)
    return Payload(body, columns, body.lstrip()[:1] != b"{", first_only=True)


def direct(parameter: Parameter, pairs: Iterable[tuple[str, str]]) -> Literal:
    """An argument's value: of a repeated name the last, unless the parameter is variadic and takes them all."""
    values = [value for key, value in pairs if key == parameter.name]
    if parameter.variadic:
        return Literal(array_literal(values), parameter.input_type)
    return Literal(values[-1], parameter.input_type)


def whole_body(request: ApiRequest, parameter: Parameter) -> Literal:
    """The body as the one argument; bytes travel in hexadecimal, as everything travels as text."""
    payload = request.payload
    if payload is not None and payload.kind is PayloadKind.FORM:
        body = msgspec.json.encode(dict(payload.pairs))
    else:
        body = payload.raw if payload else b""
    if parameter.type == "bytea":
        body = b"\\x" + body.hex().encode()
    return Literal(body, parameter.type)


def returned(root: Node) -> tuple[str, ...]:
    """The columns of the function's rows that the answer needs."""
    columns = needed(root)
    if columns == ("*",):
        return columns
    embeds = frozenset(child.name for child in root.children)
    return tuple(sorted({*columns, *filter_columns(root.filters, embeds)}))


# ------------------------------------------------------------------ no function, or several


def ambiguous(found: Iterable[Function]) -> Problem:
    """PGRST203, with every candidate's signature."""
    signatures = (f"{f.id}({', '.join(f'{p.name} => {p.type}' for p in f.parameters)})" for f in found)
    return Problem(
        "PGRST203",
        300,
        f"Could not choose the best candidate function between: {', '.join(signatures)}",
        None,
        "Try renaming the parameters or the function itself in the database so function overloading can be resolved",
    )


def missing(request: ApiRequest, catalog: Catalog, keys: frozenset[str]) -> Problem:
    """PGRST202: what was looked for, and the nearest that there is."""
    name, names = f"{request.schema}.{request.target}", sorted(keys)
    posts = request.action is Action.CALL
    only_whole = ONLY_WHOLE.get(request.content_type.kind) if posts else None
    if only_whole:
        message, searched = "", f" with a single unnamed {only_whole} parameter"
    else:
        message = f"({', '.join(names)})" if names else " without parameters"
        searched = f" with parameter{'s' if len(names) > 1 else ''} {', '.join(names)}" if names else message
        if posts and request.content_type.kind is MediaKind.JSON:
            searched += " or with a single unnamed json/jsonb parameter"
    return Problem(
        "PGRST202",
        404,
        f"Could not find the function {name}{message} in the schema cache",
        f"Searched for the function {name}{searched}, but no matches were found in the schema cache.",
        None if only_whole else suggestion(request, catalog, names),
    )


def suggestion(request: ApiRequest, catalog: Catalog, names: Sequence[str]) -> str | None:
    """A function of a like name; or, where the name is right, the overload with the most similar parameters."""
    name = Name(request.schema, request.target)
    overloads = catalog.functions.get(name, ())
    if overloads:
        near = nearest(listed(names), (listed(p.name for p in f.parameters) for f in overloads))
        found = near and request.target + near
    else:
        found = nearest(request.target, (f.name for f in catalog.functions if f.schema == request.schema), NEAR)
    return f"Perhaps you meant to call the function {request.schema}.{found}" if found else None


def listed(names: Iterable[str]) -> str:
    return f"({', '.join(sorted(names))})"
