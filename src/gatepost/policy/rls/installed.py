"""What a database has that keeps the rules, and how it differs from what the schema says.

In: a schema; facts that somebody read with the query made here. Out: that query; SQL that takes everything away;
differences, and the definitions that mend them.
Never: a connection, or a comparison of texts that PostgreSQL did not write itself.

What a schema wants is spelled by PostgreSQL too: in a transaction that is rolled back, read the facts, `clear`, run all
definitions, read again; `compare` the two.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from msgspec import Struct

from gatepost.catalog import Name
from gatepost.query.sql import identifier, literal, qualified
from gatepost.zmodel.schema import Schema

from ..names import link_table, table
from .definitions import Definition, Options, dollars, readable

OWN = "gatepost_"
FIRED = re.compile(r"EXECUTE FUNCTION (\S.*)\(\)$", re.MULTILINE)
"""As PostgreSQL writes a trigger's definition."""


class Fact(Struct, frozen=True, order=True):
    """One object as it is: `kind` and `name` are a Definition's."""

    kind: str
    name: str
    text: str


class Difference(Struct, frozen=True):
    """`installed` is what the database has, `wanted` what the schema says; None: nothing of that kind and name."""

    kind: str
    name: str
    installed: str | None
    wanted: str | None

    @property
    def ours(self) -> bool:
        """Whether it was made from rules; another's policy is reported and left alone."""
        return self.kind != "policy" or self.name.rpartition(" ")[2].startswith(OWN)

    def __str__(self) -> str:
        if self.wanted is None:
            return f"{self.kind} {self.name}: in the database, not in the schema: {self.installed}"
        if self.installed is None:
            return f"{self.kind} {self.name}: in the schema, not in the database: {self.wanted}"
        return f"{self.kind} {self.name}: differs\n  database: {self.installed}\n  schema:   {self.wanted}"


def relations(schema: Schema) -> dict[Name, str]:
    """The schema's tables and views, `table` or `view` each."""
    found = {table(schema, model): "view" if model.view else "table" for model in schema.models.values()}
    joins = (link_table(schema, join) for join in schema.join_tables)
    return found | dict.fromkeys(joins, "table")


def installed(schema: Schema, options: Options | None = None) -> str:
    """A query for the facts: rows of kind, name, text. To be run with `search_path` pg_catalog."""
    options = options or Options()
    found = relations(schema)
    rows = (
        f"({literal(str(name))}, {literal(kind)}, pg_catalog.to_regclass({literal(qualified(*name))})::oid)"
        for name, kind in found.items()
    )
    roles = (f"({literal(role)})" for role in (*options.roles, *([options.service] if options.service else [])))
    masks = (
        f"({literal(str(view))}, pg_catalog.to_regclass({literal(qualified(*view))})::oid)" for view in _masks(found)
    )
    schemas = (f"({literal(name)})" for name in sorted({name.schema for name in found}))
    own = f"pg_catalog.to_regnamespace({literal(identifier(options.private))})::oid"
    return (
        f"with relations (name, kind, oid) as (values {_rows(rows, '(null, null, null::oid)')}),\n"
        f"roles (role) as (values {_rows(roles, '(null)')}),\n"
        f"masks (name, oid) as (values {_rows(masks, '(null, null::oid)')}),\n"
        f"schemas (name) as (values {_rows(schemas, '(null)')}),\n"
        f"own (oid) as (values ({own})),\n{_file('installed.sql')}"
    )


def _masks(found: dict[Name, str]) -> list[Name]:
    """What the views that mask fields would be called."""
    return [Name(name.schema, readable(name.name)) for name, kind in found.items() if kind == "table"]


def _rows(rows: Iterable[str], none: str) -> str:
    return ", ".join(rows) or none


@cache
def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


def clear(schema: Schema, options: Options | None = None) -> str:
    """SQL that takes away the functions and triggers, every policy on the schema's tables and the roles' grants.

    Row level security stays on: in between nobody sees anything.
    """
    options = options or Options()
    roles = [identifier(role) for role in (*options.roles, *([options.service] if options.service else []))]
    masks = _masks(relations(schema))
    words = {
        "MASKS": ", ".join(literal(qualified(*name)) for name in masks),
        "TABLES": ", ".join(literal(qualified(*name)) for name in relations(schema)),
        "ROLES": ", ".join(["public", *(role.replace("'", "''") for role in roles)]),
    }
    body = re.sub("TABLES|ROLES|MASKS", lambda found: words[found[0]], _file("clear.sql").strip())
    return f"drop schema if exists {identifier(options.private)} cascade;\ndo {dollars(body)};"


def compare(installed: Iterable[Fact], wanted: Iterable[Fact]) -> tuple[Difference, ...]:
    """What differs, by kind and name."""
    have, want = ({(fact.kind, fact.name): fact.text for fact in facts} for facts in (installed, wanted))
    keys = sorted(have.keys() | want.keys())
    return tuple(Difference(*key, have.get(key), want.get(key)) for key in keys if have.get(key) != want.get(key))


def mending(definitions: Sequence[Definition], differences: Iterable[Difference]) -> list[str]:
    """Statements, in order, that bring a database with these differences to the definitions.

    What is wanted is made first, then what nobody wants any more goes, functions last; another's policies stay.
    """
    found = {(each.kind, each.name): each for each in differences if each.ours}
    retyped = any(each.kind == "function" and each.installed and each.wanted for each in found.values())
    made = [each for each in definitions if retyped or (each.kind, each.name) in found]
    gone = [each for each in found.values() if each.wanted is None]
    before = [each.drop for each in made if retyped and each.kind == "function"]
    gone.sort(key=lambda each: each.kind == "function")
    after = [text for each in gone if (text := _removal(each))]
    return [*before, *(each.sql for each in made), *after, *_fired_no_more(found.values())]


def _fired_no_more(differences: Iterable[Difference]) -> list[str]:
    """Functions of triggers that are gone or fire another."""
    triggers = [each for each in differences if each.kind == "trigger"]
    wanted = {name for each in triggers for name in FIRED.findall(each.wanted or "")}
    before = dict.fromkeys(name for each in triggers for name in FIRED.findall(each.installed or ""))
    return [f"drop function if exists {name};" for name in before if name not in wanted]


def _removal(difference: Difference) -> str | None:
    """What takes away an object of ours that is in no definition."""
    words, _, last = difference.name.rpartition(" ")
    if difference.kind == "function":
        schema, _, name = difference.name.partition(".")
        return f"drop function if exists {qualified(schema, name)} cascade;"
    if difference.kind == "mask":
        schema, _, name = difference.name.partition(".")
        return f"drop view if exists {qualified(schema, name)};"
    if difference.kind in ("policy", "trigger"):
        schema, _, name = words.partition(".")
        return f"drop {difference.kind} if exists {identifier(last)} on {qualified(schema, name)};"
    return None
