"""Auth hooks that cannot be called, found before somebody signs in.

In: an administrator's connection string, the settings. Out: a sentence for each.
Never: a refusal to start: a migration may yet make the function.
"""

from collections.abc import Iterator
from pathlib import Path

from gatepost.database.queries import load
from gatepost.migrate.connection import Connection
from gatepost.settings import HOOKS, AuthSettings, hook_name, hook_uri, is_remote

QUERIES = load(Path(__file__).with_name("doctor.sql"))


def amiss(admin: str, settings: AuthSettings) -> Iterator[tuple[str, str]]:
    """What is wrong with hooks that are functions and on, and what to do about it."""
    asked = list(_functions(settings))
    if not asked:
        return
    with Connection(admin) as connection:
        connection.script("set search_path = pg_catalog")
        for setting, schema, name in asked:
            [(there, callable, places)] = connection.rows(QUERIES["hook"], schema, name)
            if there != "t":
                elsewhere = f"; there is one in {places}" if places else ""
                message = f"{setting}: there is no function {schema}.{name}(jsonb){elsewhere}"
                yield message, "Nobody signs in with it: its URI is pg-functions://postgres/SCHEMA/FUNCTION"
            elif callable != "t":
                yield (
                    f"{setting}: supabase_auth_admin may not call {schema}.{name}",
                    (
                        f"grant usage on schema {schema} to supabase_auth_admin; "
                        f"grant execute on function {schema}.{name} to supabase_auth_admin"
                    ),
                )


def _functions(settings: AuthSettings) -> Iterator[tuple[str, str, str]]:
    """Setting, schema and name of each hook that is on and a function."""
    for name in HOOKS:
        uri = hook_uri(settings, name)
        if uri and not is_remote(uri):
            yield (f"auth.hook_{name}_uri", *hook_name(uri))
