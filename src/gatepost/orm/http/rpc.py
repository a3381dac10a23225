"""The RPC style of a model's operations over HTTP: `/<model>/<operation>`, as ZenStack's handler speaks it.

In: method, path, query and body of one request, and the client of whoever sent it. Out: a status and a JSON body.
Never: a decision about who asks, or a word about the database beyond its error code.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from gatepost.orm.client import Client
from gatepost.orm.errors import (
    DatabaseError,
    InvalidInput,
    NotFound,
    OrmError,
    RejectedByPolicy,
    Unreachable,
)
from gatepost.orm.http.superjson import UNDEFINED, Malformed, deserialize, serialize
from gatepost.orm.opening import model_named, models_of
from gatepost.zmodel.schema import Procedure, Schema

LOGGER = logging.getLogger("gatepost.orm.http")
PROCEDURES, TRANSACTION = "$procs", "$transaction"
METHODS: Mapping[str, tuple[str, ...]] = {
    "create": ("POST",),
    "createMany": ("POST",),
    "createManyAndReturn": ("POST",),
    "upsert": ("POST",),
    "findFirst": ("GET",),
    "findUnique": ("GET",),
    "findMany": ("GET",),
    "aggregate": ("GET",),
    "groupBy": ("GET",),
    "count": ("GET",),
    "exists": ("GET",),
    "update": ("PUT", "PATCH"),
    "updateMany": ("PUT", "PATCH"),
    "updateManyAndReturn": ("PUT", "PATCH"),
    "delete": ("DELETE",),
    "deleteMany": ("DELETE",),
}
VOID = ("Void", "Undefined")
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `path` below the handler's own, `query` with one value a name, `body` as sent."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes = b""


class BadRequest(Exception):
    """A request that asks for nothing we have."""


class RpcHandler:
    """Answers requests on the models and procedures of a schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._models = models_of(schema)

    async def handle(self, client: Client, asked: Asked) -> tuple[int, Body]:
        """Status and body. Failures are answers; a defect is one too, without its reason."""
        try:
            return await self._routed(client, asked)
        except BadRequest as error:
            return 400, {"error": {"message": str(error)}}
        except OrmError as error:
            return failure(error)
        except Exception:
            LOGGER.exception("a request failed")
            return 500, {"error": {"message": "internal error"}}

    async def _routed(self, client: Client, asked: Asked) -> tuple[int, Body]:
        parts = [part for part in asked.path.split("/") if part]
        if len(parts) != 2:
            raise BadRequest("invalid request path")
        first, last = parts
        if first == PROCEDURES:
            return await self._procedure(client, last, asked)
        if first == TRANSACTION:
            return await self._transaction(client, last, asked)
        methods = METHODS.get(last)
        if methods is None:
            raise BadRequest(f"invalid operation: {last[:80]}")
        check_method(asked, *methods)
        args = self._arguments(asked)
        model = self._model(first)
        if model is None:
            raise BadRequest(f"unknown model name: {first[:1].lower()}{first[1:80]}")
        result = await client.call(model, last, args)
        return 201 if methods == ("POST",) else 200, self._answer(result, None if last == "count" else model)

    def _model(self, name: str) -> str | None:
        """A model by its name, whatever the case of its first letter."""
        return (
            self._models.get(name) or self._models.get(name[:1].upper() + name[1:]) or model_named(self._models, name)
        )

    def _arguments(self, asked: Asked) -> Body:
        """The call's arguments: the body's, else those in `q`."""
        given = body_of(asked) if asked.method in ("POST", "PUT", "PATCH") else query_of(asked)
        if given is None:
            if asked.method in ("POST", "PUT", "PATCH"):
                raise BadRequest("missing request body")
            return {}
        if not isinstance(given, dict):
            raise BadRequest("the arguments must be an object")
        return cast(Body, given)

    def _answer(self, result: Any, model: str | None) -> Body:
        json, meta = serialize(self.schema, result, model)
        return {"data": json} if meta is None else {"data": json, "meta": {"serialization": meta}}

    # ------------------------------------------------------------------ transactions

    async def _transaction(self, client: Client, kind: str, asked: Asked) -> tuple[int, Body]:
        check_method(asked, "POST")
        if kind != "sequential":
            raise BadRequest(f"unsupported transaction type: {kind[:80]}")
        items = body_of(asked)
        if not isinstance(items, list) or not items:
            raise BadRequest("request body must be a non-empty array of operations")
        operations = [self._operation(index, item) for index, item in enumerate(cast("list[object]", items))]
        results = await client.transaction([client.call(model, name, args) for model, name, args in operations])
        writers = [
            serialize(self.schema, result, None if name == "count" else model)
            for result, (model, name, _) in zip(results, operations, strict=True)
        ]
        notes = {
            f"{index}.{at}" if at else str(index): note
            for index, (_, meta) in enumerate(writers)
            if meta
            for at, note in _by_path(meta["values"])
        }
        body: Body = {"data": [json for json, _ in writers]}
        return 200, {**body, "meta": {"serialization": {"values": notes, "v": 1}}} if notes else body

    def _operation(self, index: int, item: object) -> tuple[str, str, Body]:
        at = f"operation at index {index}"
        if not isinstance(item, dict):
            raise BadRequest(f"{at} must be an object")
        members = cast("dict[str, Any]", item)
        model, name, args = members.get("model"), members.get("op"), members.get("args")
        if not isinstance(model, str) or not model:
            raise BadRequest(f'{at} is missing a valid "model" field')
        if not isinstance(name, str) or not name:
            raise BadRequest(f'{at} is missing a valid "op" field')
        if name not in METHODS:
            raise BadRequest(f"{at} has invalid op: {name[:80]}")
        found = self._model(model)
        if found is None:
            raise BadRequest(f"{at} has unknown model: {model[:80]}")
        if args is not None and not isinstance(args, dict):
            raise BadRequest(f'{at} has invalid "args" field')
        try:
            return found, name, cast(Body, opened(cast(Body, args or {})))
        except BadRequest as error:
            raise BadRequest(f"{at}: {error}") from None

    # ------------------------------------------------------------------ procedures

    async def _procedure(self, client: Client, name: str, asked: Asked) -> tuple[int, Body]:
        procedure, slicing = self.schema.procedures.get(name), client.session.options.slicing
        if procedure is None or (slicing is not None and name in slicing.procedures):
            raise BadRequest(f"unknown procedure: {name[:80]}")
        check_method(asked, "POST" if procedure.mutation else "GET")
        given = body_of(asked) if procedure.mutation else query_of(asked)
        result = await client.procs[name](arguments_of(procedure, given))
        if result is None and procedure.returns.name in VOID:
            return 200, {"data": None, "meta": {"serialization": UNDEFINED}}
        returned = procedure.returns.name if procedure.returns.kind == "model" else None
        return 200, self._answer(result, returned)


def arguments_of(procedure: Procedure, payload: object) -> Body:
    """A procedure's arguments: `{"args": {…}}`, or the bare object where every parameter may be left out."""
    optional = all(each.type.optional for each in procedure.parameters)
    if payload is None:
        if not optional:
            raise BadRequest("missing procedure arguments")
        return {}
    if not isinstance(payload, dict):
        raise BadRequest("procedure payload must be an object")
    members = cast(Body, payload)
    if "args" not in members:
        if not optional:
            raise BadRequest("missing procedure arguments")
        return members if procedure.parameters else {}
    args = members["args"]
    if not isinstance(args, dict):
        raise BadRequest("procedure `args` must be an object")
    given = cast(Body, args)
    if given and not procedure.parameters:
        raise BadRequest("procedure does not accept arguments")
    names = {each.name: each for each in procedure.parameters}
    for key in given:
        if key not in names:
            raise BadRequest(f"unknown procedure argument: {key[:80]}")
    for each in procedure.parameters:
        if each.name not in given and not each.type.optional:
            raise BadRequest(f"missing procedure argument: {each.name}")
    return given


# ------------------------------------------------------------------ what was sent


def check_method(asked: Asked, *methods: str) -> None:
    if asked.method not in methods:
        verb = "is" if len(methods) == 1 else "are"
        raise BadRequest(f"invalid request method, only {' or '.join(methods)} {verb} supported")


def body_of(asked: Asked) -> Any:
    """The JSON of the body, its annotations applied; None where there is no body."""
    if not asked.body:
        return None
    try:
        return opened(msgspec.json.decode(asked.body))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise BadRequest("the request body is not valid JSON") from None


def query_of(asked: Asked) -> Any:
    """The JSON of `q`, with the annotations of `meta`; None where there is no `q`."""
    text = asked.query.get("q")
    if not text:
        return None
    json = _decoded(text, "q")
    meta = _decoded(asked.query["meta"], "meta") if asked.query.get("meta") else None
    return _annotated(json, meta) if isinstance(meta, dict) else opened(json)


def _decoded(text: str, name: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        raise BadRequest(f'invalid "{name}" query parameter') from None


def opened(json: Any) -> Any:
    """A payload whose annotations stand beside it, under `meta`."""
    if not isinstance(json, dict) or "meta" not in json:
        return cast(Any, json)
    members = cast(Body, json)
    return _annotated({key: value for key, value in members.items() if key != "meta"}, members["meta"])


def _annotated(json: Any, meta: Any) -> Any:
    notes = cast(Body, meta).get("serialization") if isinstance(meta, dict) else None
    if not notes:
        return json
    try:
        return deserialize(json, notes)
    except Malformed as error:
        raise BadRequest(f"failed to deserialize request payload: {error}") from None


def _by_path(notes: Any) -> list[tuple[str, Any]]:
    """Annotations by path; of a result that is itself a value: under no path."""
    return list(cast(Body, notes).items()) if isinstance(notes, dict) else [("", notes)]


# ------------------------------------------------------------------ what went wrong


def failure(error: OrmError) -> tuple[int, Body]:
    """An error as an answer."""
    told: Body = {"message": error.message, "reason": error.reason}
    match error:
        case NotFound():
            return 404, {"error": {**told, "model": error.model}}
        case InvalidInput():
            return 422, {"error": {**told, "rejectedByValidation": True, "model": error.model}}
        case RejectedByPolicy():
            reason = error.rejected_by_policy_reason
            return 403, {"error": {**told, "rejectedByPolicy": True, "model": error.model, "rejectReason": reason}}
        case Unreachable():
            return 503, {"error": {**told, "message": "The database is not reachable right now"}}
        case DatabaseError():
            status = 401 if error.problem.status == 401 else 400
            return status, {"error": {**told, "dbErrorCode": error.db_error_code}}
        case _:
            return 400, {"error": told}
