"""What a database is given so that it obeys the rules: one definition an object.

In: nothing; these are types, and how each kind of object is written. Out: SQL that may run again.
Never: a decision about what a rule means.
"""

from collections.abc import Iterable
from itertools import count
from typing import Literal

from msgspec import Struct

from gatepost.catalog import Name
from gatepost.query.read import condition as printed
from gatepost.query.sql import identifier, literal, qualified
from gatepost.query.tree import Condition

from .claims import inline
from .helpers import ROW, Helper, fitted, type_of
from .walk import renamed

Kind = Literal["schema", "function", "row security", "policy", "trigger", "view", "grants", "mask"]
Command = Literal["select", "insert", "update", "delete", "all"]


class Options(Struct, frozen=True, kw_only=True):
    """Whom the policies are for, and what to do about what they can't say.

    `roles` ask for rows; `service` may do everything: where it cannot bypass row level security (`bypass`), a policy
    lets it. `private` is the schema of the functions. `field_reads`: rules about reading a field are refused, left to
    the client (who masks; others see the column), or kept by a view, `Post_readable`, beside a table that gives these
    columns to nobody. `views` likewise: rules of views, which carry no
    policies. `compat` takes the rules as ZenStack does.
    """

    roles: tuple[str, ...] = ("anon", "authenticated")
    service: str | None = "service_role"
    bypass: bool = True
    private: str = "gatepost_policy"
    field_reads: Literal["refuse", "client", "view"] = "refuse"
    views: Literal["refuse", "client"] = "refuse"
    compat: bool = False

    @property
    def audience(self) -> str:
        """The roles as SQL."""
        return ", ".join(identifier(role) for role in self.roles)


class Definition(Struct, frozen=True):
    """One object: `sql` makes it or makes it anew, `drop` takes it away (after a change of columns: drop, then make).

    `kind` and `name` tell it from all others, and are those of the facts that `installed` reads.
    """

    kind: Kind
    name: str
    sql: str
    drop: str
    table: Name | None = None


def schema(options: Options) -> Definition:
    """Where the functions are. Nobody gets USAGE: policies find their functions without it, and a caller who cannot
    name a function cannot call it, by whatever API.
    """
    name = identifier(options.private)
    sql = f"create schema if not exists {name};\nrevoke all on schema {name} from public, {options.audience};"
    return Definition("schema", options.private, sql, f"drop schema if exists {name} cascade;")


def function(helper: Helper, options: Options) -> Definition:
    """A function that runs as its owner, who must own the tables too (or bypass their policies)."""
    name = qualified(options.private, helper.name)
    arguments = ", ".join(f"{identifier(each)} {type_of(helper.table, each)}" for each in helper.arguments)
    sql = (
        f"create or replace function {name}({arguments}) returns {helper.returns}\n"
        f"language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp\n"
        f"begin atomic\n    {helper.body};\nend;\n"
        f"revoke all on function {name} from public;\n"
        f"grant execute on function {name} to {options.audience};"
    )
    return Definition("function", f"{options.private}.{helper.name}", sql, f"drop function if exists {name} cascade;")


def row_security(table: Name) -> Definition:
    """Row level security, on. Not forced: the functions read as the tables' owner, past all policies; if those held
    for the owner too, they would ask themselves.
    """
    name = qualified(*table)
    sql = f"alter table {name} enable row level security;\nalter table {name} no force row level security;"
    return Definition("row security", str(table), sql, "", table)


def policy(
    table: Name, name: str, command: Command, to: str, using: Condition | None, check: Condition | None
) -> Definition:
    """A policy; conditions are about ROW."""
    on = qualified(*table)
    drop = f"drop policy if exists {identifier(name)} on {on};"
    sql = f"{drop}\ncreate policy {identifier(name)} on {on} for {command} to {to}"
    if using is not None:
        sql += f"\n    using ({about(using, table.name)})"
    if check is not None:
        sql += f"\n    with check ({about(check, table.name)})"
    return Definition("policy", f"{table} {name}", sql + ";", drop, table)


def about(condition: Condition, alias: str) -> str:
    """A condition about ROW as SQL, ROW called `alias`."""
    return printed(renamed(condition, ROW, alias), inline())


def trigger(table: Name, name: str, when: str, body: str, function: str, options: Options) -> Definition:
    """A trigger on updates and its function: it fires for whom policies hold, reads as the owner does.

    `when` is `after update` or `before update of …`.
    """
    on, call = qualified(*table), qualified(options.private, function)
    held = f"pg_catalog.row_security_active({literal(on)}::pg_catalog.regclass)"
    if options.service:
        held += f" and current_user <> {literal(options.service)}"
    sql = (
        f"create or replace function {call}() returns trigger\n"
        f"language plpgsql security definer set search_path = pg_catalog, pg_temp as {dollars(body)};\n"
        f"revoke all on function {call} from public;\n"
        f"create or replace trigger {identifier(name)} {when} on {on}\n"
        f"    for each row when ({held}) execute function {call}();"
    )
    drop = f"drop trigger if exists {identifier(name)} on {on};\ndrop function if exists {call};"
    return Definition("trigger", f"{table} {name}", sql, drop, table)


def mask(table: Name, shown: Iterable[tuple[str, Condition | None]], where: Condition, options: Options) -> Definition:
    """A view of a table's rows that a role may read, with null in place of fields that it may not.

    It reads as its owner, past the policies, hence says itself which rows; what a caller's conditions could give away
    of the others stays behind its barrier.
    """
    name = Name(table.schema, readable(table.name))
    view = qualified(*name)
    columns = ",\n".join(f"    {_masked(column, table.name, condition)}" for column, condition in shown)
    sql = (
        f"drop view if exists {view};\ncreate view {view} with (security_barrier = true) as select\n{columns}\n"
        f"    from {qualified(*table)} where {about(where, table.name)};\n"
        f"revoke all on {view} from public, {options.audience};\ngrant select on {view} to {options.audience};"
    )
    return Definition("mask", str(name), sql, f"drop view if exists {view};", table)


def readable(table: str) -> str:
    """What the view of a table is called."""
    return fitted(f"{table}_readable", table)


def _masked(column: str, table: str, condition: Condition | None) -> str:
    name = identifier(column)
    if condition is None:
        return name
    return f"case when {about(condition, table)} then {identifier(table)}.{name} end as {name}"


def grants(table: Name, commands: Iterable[str], sequences: Iterable[str], options: Options) -> Definition:
    """What the roles may do at all: these commands and nothing else; numbers from the sequences of these columns."""
    on = qualified(*table)
    drop = f"revoke all on table {on} from public, {options.audience};"
    parts = [drop]
    if words := ", ".join(commands):
        parts.append(f"grant {words} on table {on} to {options.audience};")
    service = [identifier(options.service)] if options.service else []
    parts += [f"grant select, insert, update, delete on table {on} to {each};" for each in service]
    takers = ", ".join([options.audience] * ("insert" in words) + service)
    parts += [_sequence(on, column, takers) for column in sequences if takers]
    return Definition("grants", str(table), "\n".join(parts), drop, table)


def _sequence(table: str, column: str, takers: str) -> str:
    """USAGE of the sequence behind a column, if there is one."""
    body = (
        "declare\n"
        f"    counter text := pg_catalog.pg_get_serial_sequence({literal(table)}, {literal(column)});\n"
        "begin\n    if counter is not null then\n"
        f"        execute 'grant usage on sequence ' || counter || {literal(' to ' + takers)};\n"
        "    end if;\nend"
    )
    return f"do {dollars(body)};"


def dollars(body: str) -> str:
    """A function's body between dollar quotes that do not stand in it."""
    tags = (f"$gatepost{number or ''}$" for number in count())
    tag = next(each for each in tags if each not in body)
    return f"{tag}\n{body}\n{tag}"


def schema_usage(schemas: Iterable[str], options: Options) -> Definition:
    """The roles may name what is in the schemas of the tables."""
    to = options.audience + (f", {identifier(options.service)}" if options.service else "")
    names = ", ".join(identifier(each) for each in schemas)
    return Definition("grants", "schemas", f"grant usage on schema {names} to {to};", "")


def view(name: Name) -> Definition:
    """A view that reads with its caller's rights, hence under the policies of what it shows."""
    sql = f"alter view {qualified(*name)} set (security_invoker = true);"
    return Definition("view", str(name), sql, f"alter view {qualified(*name)} reset (security_invoker);", name)
