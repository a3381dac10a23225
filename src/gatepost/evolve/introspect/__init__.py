"""A database as a schema in ZModel.

In: the owner's connection string, PostgreSQL schemas to read. Out: the text, in canonical form, and notes.
Never: a change; a schema of Gatepost's or Supabase's own; something left out in silence.
"""

from collections.abc import Sequence

from gatepost.evolve.compare.facts import read_facts
from gatepost.evolve.introspect.text import Pulled, as_text
from gatepost.evolve.session import Undone, session
from gatepost.problem import Problem

__all__ = ["Pulled", "pull"]

OWN = {
    *("auth", "auth_private", "auth_ext", "storage", "realtime", "vault", "graphql", "graphql_public", "extensions"),
    *("supabase_migrations", "supabase_functions", "cron", "net", "gatepost_policy", "gatepost_sync", "pgbouncer"),
}
VIEWS = r"""
select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any (%s) and c.relkind in ('v', 'm', 'f')
    and not coalesce('security_barrier=true' = any (c.reloptions) and c.relname like '%%\_readable', false)
    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
order by 1
"""


def pull(dsn: str, namespaces: Sequence[str] = ("public",)) -> Pulled:
    """Read the tables and enums of these PostgreSQL schemas."""
    refused = sorted({*namespaces} & OWN)
    if refused:
        hint = "Its users reach the application's tables by foreign keys and triggers: see @@meta('sync', 'auth.users')"
        raise Problem("namespace_reserved", 400, f"Schema {refused[0]} is not an application's", None, hint)
    facts, views = None, []
    with session(dsn) as opened:
        facts = read_facts(opened, namespaces)
        views = [str(name) for (name,) in opened.rows(VIEWS, (list(namespaces),))]
        raise Undone
    if facts is None:
        raise Problem("pull_failed", 500, "The database told nothing")
    return as_text(facts, views, namespaces)
