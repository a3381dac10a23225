"""PostgreSQL → Catalog.

In: one of our own logins (`system("catalog")`) and the names of the schemas to look at. Out: a Catalog, read in one
round trip from one snapshot. Never: what a surface makes of it.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from gatepost.catalog import Catalog, Name
from gatepost.catalog.facts import catalog
from gatepost.query.sql import Statement, array_literal

from ..queries import load
from ..scope import Scope

QUERIES = load(Path(__file__).with_name("introspect.sql"))
HOISTED = ("statement_timeout", "plan_filter.statement_cost_limit", "default_transaction_isolation")
HARMLESS = tuple(Name("auth", name) for name in ("uid", "role", "email", "jwt"))
"""Functions proven to read nothing but the request's own settings."""
MODULES = {
    "tenancy": tuple(
        Name("auth_ext", name)
        for name in (
            "claims",
            "permissions",
            "tenant_id",
            "resident_id",
            "actual_resident_id",
            "profile_id",
            "email",
            "display_name",
            "has_permission",
            "has_all_permissions",
            "first_readable_tenant",
            "last_readable_tenant",
            "first_readable_profile",
            "last_readable_profile",
            "own_residents",
        )
    )
}
"""The same of our modules; the last reads rows too. What projects call so without the module may do anything."""
PARAMETERS = {"functions": 2, "media_handlers": 1}


async def introspect(
    scope: Scope,
    schemas: Sequence[str],
    hoisted: Sequence[str] = HOISTED,
    harmless: Iterable[Name] = HARMLESS,
) -> Catalog:
    """What the database contains. `schemas` are those whose functions may be called; tables are read of all schemas.

    `hoisted` are the settings that a function carries into the transaction that calls it.
    """
    params = (array_literal(schemas), array_literal(hoisted))
    statements = [Statement(text, params[: PARAMETERS.get(name, 0)]) for name, text in QUERIES.items()]
    results = await scope.run(*statements)
    facts = {
        name: _json(result.rows[0][0]) for name, result in zip(QUERIES, results, strict=True) if name != "search_path"
    }
    return catalog(facts, harmless)


def _json(value: bytes | None) -> object:
    return msgspec.json.decode(value or b"null")
