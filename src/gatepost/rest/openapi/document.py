"""The whole document.

In: what is shown, where the API is reached. Out: Swagger 2.0 as JSON bytes. Never: a privilege check; see `Shown`.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

import msgspec

from ... import __version__
from ...catalog import Catalog
from ..ast import MediaKind
from .definitions import definition, parameters
from .paths import OBJECTS, paths
from .types import Json, Shown, summary_of

TITLE = "Gatepost API"
DESCRIPTION = "The relations and functions of this database that the API exposes"
DOCUMENTATION = {"description": "PostgREST Documentation", "url": "https://postgrest.org/en/latest/references/api.html"}
SECURITY: Json = {
    "security": [{"JWT": []}],
    "securityDefinitions": {
        "JWT": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": 'Add the token prepending "Bearer " (without quotes) to it',
        }
    },
}
PORTS = {"http": 80, "https": 443}


def shown(
    catalog: Catalog,
    schema: str,
    comment: str | None,
    tables: Collection[str] | None = None,
    functions: Collection[tuple[str, tuple[str, ...]]] | None = None,
) -> Shown:
    """What of a schema is shown: everything, or the relations and functions (name, parameter types) that are named."""
    found = [table for name, table in sorted(catalog.tables.items()) if name.schema == schema]
    called = [each for name, group in sorted(catalog.functions.items()) if name.schema == schema for each in group]
    return Shown(
        tuple(table for table in found if tables is None or table.id.name in tables),
        tuple(
            each
            for each in called
            if functions is None or (each.id.name, tuple(p.type for p in each.parameters)) in functions
        ),
        comment,
    )


def document(what: Shown, catalog: Catalog, url: str, security: bool = False) -> bytes:
    """The document about `what`; `url` is where clients reach the API."""
    types = [*OBJECTS, MediaKind.CSV.value]
    title, description = summary_of(what.comment)
    found: Json = {
        "swagger": "2.0",
        "info": {
            "version": __version__,
            "title": title or TITLE,
            "description": DESCRIPTION if description is None else description,
        },
        **reached(url),
        "consumes": types,
        "produces": types,
        "externalDocs": DOCUMENTATION,
        "paths": paths(what.tables, what.functions),
        "definitions": {table.id.name: definition(table, catalog) for table in what.tables},
        "parameters": parameters(what.tables),
    }
    return msgspec.json.encode(found | SECURITY if security else found)


def reached(url: str) -> Json:
    """Scheme, host and base path of a URL."""
    parts = urlsplit(url)
    scheme = parts.scheme if parts.scheme in PORTS else "http"
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname or "localhost"
    return {"host": f"{host}:{parts.port or PORTS[scheme]}", "basePath": parts.path or "/", "schemes": [scheme]}
