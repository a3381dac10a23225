"""Relations and functions as paths.

In: tables and functions. Out: the document's `paths`. Never: what a role may do.
"""

from ...catalog import Function, Parameter, Table
from ..ast import MediaKind
from .types import Json, format_of, json_type, summary_of, typed, without_nothing

OBJECTS = [MediaKind.JSON.value, MediaKind.SINGULAR_STRIPPED.value, MediaKind.SINGULAR.value]
READING = ["select", "order", "range", "rangeUnit", "offset", "limit", "preferCount"]
OK: Json = {"200": {"description": "OK"}}

ROOT: Json = {
    "get": {
        "tags": ["Introspection"],
        "summary": "OpenAPI description (this document)",
        "produces": [MediaKind.OPENAPI.value, MediaKind.JSON.value],
        "responses": OK,
    }
}


def paths(tables: tuple[Table, ...], functions: tuple[Function, ...]) -> Json:
    """Every path; of overloaded functions the last is shown."""
    return {
        "/": ROOT,
        **{f"/{table.id.name}": table_path(table) for table in tables},
        **{f"/rpc/{function.id.name}": function_path(function) for function in functions},
    }


def headed(tag: str, comment: str | None) -> Json:
    """Tag, summary and description of an operation."""
    summary, description = summary_of(comment)
    return without_nothing({"tags": [tag], "summary": summary, "description": description or None})


def referring(names: list[str]) -> list[Json]:
    return [{"$ref": f"#/parameters/{name}"} for name in names]


# ------------------------------------------------------------------ relations


def table_path(table: Table) -> Json:
    """Reading; and all of writing, if any of it is possible."""
    name = table.id.name
    head = headed(name, table.description)
    columns = sorted(table.columns.values(), key=lambda each: each.position)
    filters = [f"rowFilter.{name}.{column.name}" for column in columns]
    rows: Json = {"type": "array", "items": {"$ref": f"#/definitions/{name}"}}
    reading = {"200": {"description": "OK", "schema": rows}, "206": {"description": "Partial Content"}}
    found: Json = {"get": head | operation([*filters, *READING], reading)}
    if table.insertable or table.updatable or table.deletable:
        gone = {"204": {"description": "No Content"}}
        made = {"201": {"description": "Created"}}
        found["post"] = head | operation([f"body.{name}", "select", "preferPost"], made)
        found["patch"] = head | operation([*filters, f"body.{name}", "preferReturn"], gone)
        found["delete"] = head | operation([*filters, "preferReturn"], gone)
    return found


def operation(parameters: list[str], responses: Json) -> Json:
    return {"parameters": referring(parameters), "responses": responses}


# ------------------------------------------------------------------ functions


def function_path(function: Function) -> Json:
    """POST; and GET, if it changes nothing."""
    head = headed(f"(rpc) {function.id.name}", function.description) | {"produces": OBJECTS, "responses": OK}
    posted = {"post": head | {"parameters": [body(function), *referring(["preferParams"])]}}
    if function.volatile:
        return posted
    return {"get": head | without_nothing({"parameters": [argument(each) for each in function.parameters]}), **posted}


def body(function: Function) -> Json:
    """The arguments as one object."""
    schema = without_nothing(
        {
            "description": function.description,
            "required": [each.name for each in function.parameters if each.required],
            "properties": {each.name: typed(each.type) for each in function.parameters},
        }
    )
    return {"name": "args", "required": True, "in": "body", "schema": {"type": "object", **schema}}


def argument(parameter: Parameter) -> Json:
    """An argument in the query string: arrays as PostgreSQL writes them, variadic ones by repetition."""
    found: Json = {"name": parameter.name, "required": parameter.required, "in": "query"}
    kind = json_type(parameter.type) or "string"
    if not parameter.variadic:
        return found | {"type": "string" if kind == "array" else kind, "format": format_of(parameter.type)}
    element = parameter.type.removesuffix("[]")
    items = without_nothing({"type": json_type(element), "format": format_of(element)})
    return found | {"type": kind, "collectionFormat": "multi", "items": items}
