"""The RPC style, described: an OpenAPI 3.1 document.

In: a schema. Out: the document as a dictionary: paths of every operation, procedure and transaction, and their shapes.
Never: a path that the handler does not serve.
"""

from collections.abc import Iterator
from typing import Any

from gatepost.orm.generate.filters import scalar_of
from gatepost.orm.generate.models import arguments_name, result_of, shapes, visible
from gatepost.orm.generate.shapes import Many, Member, Null, OneOf, Ref, Scalar, Shape, TypeOf, Words
from gatepost.orm.http.rpc import METHODS, PROCEDURES, TRANSACTION
from gatepost.zmodel.schema import Model, Procedure, Schema
from gatepost.zmodel.terms import Type

Json = dict[str, Any]
FAILURES = {
    "400": "The request asks for nothing there is, or the database refused",
    "401": "The token proves nothing, or its session or user is no more",
    "403": "A rule said no",
    "404": "No such row",
    "422": "The arguments are not valid",
    "500": "A defect",
    "503": "The database is not reachable",
}
SCALARS: dict[str, Json] = {
    "String": {"type": "string"},
    "Boolean": {"type": "boolean"},
    "Int": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "BigInt": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}]},
    "Float": {"type": "number"},
    "Decimal": {"anyOf": [{"type": "number"}, {"type": "string"}]},
    "DateTime": {"type": "string", "format": "date-time"},
    "Bytes": {"type": "string", "contentEncoding": "base64"},
}


def document(schema: Schema, title: str = "Gatepost RPC API", version: str = "1.0.0") -> Json:
    """The document, with paths below wherever the application is mounted."""
    components = {
        **{
            name: {"type": "string", "enum": [each.name for each in enum.members]}
            for name, enum in schema.enums.items()
        },
        **{name: object_schema(shape) for name, shape in shapes(schema).items()},
        **SHARED,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "tags": [{"name": tag(model), "description": f"{model.name} operations"} for model in visible(schema)],
        "paths": dict(paths(schema)),
        "components": {"schemas": components},
    }


def tag(model: Model) -> str:
    return model.name[:1].lower() + model.name[1:]


def paths(schema: Schema) -> Iterator[tuple[str, Json]]:
    for model in visible(schema):
        for name, methods in METHODS.items():
            if not model.view or methods == ("GET",):
                path = {method.lower(): operation(model, name, method) for method in methods}
                yield f"/{tag(model)}/{name}", path
    for procedure in schema.procedures.values():
        method = "post" if procedure.mutation else "get"
        yield f"/{PROCEDURES}/{procedure.name}", {method: procedure_operation(procedure, method)}
    yield f"/{TRANSACTION}/sequential", {"post": TRANSACTIONS}


def operation(model: Model, name: str, method: str) -> Json:
    """One operation of a model."""
    given = ref(arguments_name(model, name))
    success = "201" if method == "POST" else "200"
    suffix = "_patch" if method == "PATCH" else ""
    described: Json = {
        "tags": [tag(model)],
        "summary": f"{model.name}.{name}",
        "operationId": f"{tag(model)}_{name}{suffix}",
        "responses": {success: answer(json_schema(result_of(model, name))), **failures()},
    }
    if method in ("GET", "DELETE"):
        return {**described, "parameters": query(given)}
    return {**described, "requestBody": {"required": True, "content": content(given)}}


def procedure_operation(procedure: Procedure, method: str) -> Json:
    """One procedure; its arguments stand in an envelope."""
    members = tuple(Member(each.name, value(each.type), not each.type.optional) for each in procedure.parameters)
    args = object_schema(Shape(procedure.name, members))
    envelope: Json = {"type": "object", "properties": {"args": args}}
    if any(each.required for each in members):
        envelope["required"] = ["args"]
    described: Json = {
        "tags": [PROCEDURES],
        "summary": f"Procedure {procedure.name}",
        "operationId": f"proc_{procedure.name}",
        "responses": {"200": answer(json_schema(value(procedure.returns))), **failures()},
    }
    if method == "get":
        return {**described, "parameters": query(envelope)}
    return {**described, "requestBody": {"content": content(envelope)}}


def value(type: Type) -> TypeOf:
    """The shape of a procedure's parameter or result."""
    known = type.kind in ("enum", "type", "model")
    one: TypeOf = Ref(type.name) if known else scalar_of(type) if type.name in SCALARS else Scalar("Any")
    return Many(one) if type.array else OneOf((one, Null())) if type.optional else one


# ------------------------------------------------------------------ JSON Schema


def json_schema(type: TypeOf) -> Json:
    match type:
        case Ref(name):
            return ref(name)
        case Scalar(name):
            return SCALARS.get(name, {})
        case Many(of):
            return {"type": "array", "items": json_schema(of)}
        case Words(values):
            return {"type": "string", "enum": list(values)}
        case Null():
            return {"type": "null"}
        case OneOf(options):
            return {"anyOf": [json_schema(each) for each in options]}


def object_schema(shape: Shape) -> Json:
    """An object without further members."""
    described: Json = {
        "type": "object",
        "properties": {each.name: json_schema(each.type) for each in shape.members},
        "additionalProperties": False,
    }
    required = [each.name for each in shape.members if each.required]
    if required:
        described["required"] = required
    if shape.doc:
        described["description"] = shape.doc
    return described


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def query(schema: Json) -> list[Json]:
    """Arguments as JSON in `q`, their annotations in `meta`."""
    return [
        {"name": "q", "in": "query", "description": "The arguments as JSON", "content": content(schema)},
        {"name": "meta", "in": "query", "description": "What in q is not JSON", "content": content(ref("_rpcMeta"))},
    ]


def answer(data: Json) -> Json:
    body: Json = {"type": "object", "properties": {"data": data, "meta": ref("_rpcMeta")}, "required": ["data"]}
    return {"description": "Success", "content": content(body)}


def failures() -> Json:
    error = content(ref("_rpcErrorResponse"))
    return {status: {"description": text, "content": error} for status, text in FAILURES.items()}


SHARED: Json = {
    "_rpcMeta": {
        "type": "object",
        "properties": {
            "serialization": {"description": "What is a date, a big number … by path, as superjson writes it"}
        },
    },
    "_rpcErrorResponse": {
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {
                    "message": {"type": "string"},
                    "reason": {"type": "string"},
                    "model": {"type": ["string", "null"]},
                    "rejectedByPolicy": {"type": "boolean"},
                    "rejectedByValidation": {"type": "boolean"},
                    "rejectReason": {"type": ["string", "null"]},
                    "dbErrorCode": {"type": ["string", "null"]},
                },
                "required": ["message"],
            }
        },
        "required": ["error"],
    },
    "_rpcOperation": {
        "type": "object",
        "properties": {
            "model": {"type": "string"},
            "op": {"type": "string", "enum": list(METHODS)},
            "args": {"type": "object"},
        },
        "required": ["model", "op"],
    },
}
TRANSACTIONS: Json = {
    "tags": [TRANSACTION],
    "summary": "Operations one after the other, in one transaction",
    "operationId": "transaction_sequential",
    "requestBody": {
        "required": True,
        "content": content({"type": "array", "items": ref("_rpcOperation"), "minItems": 1}),
    },
    "responses": {"200": answer({"type": "array", "items": {}}), **failures()},
}
