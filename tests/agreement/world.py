"""One schema on a real database, asked under both guards: rules in the query, rules in the database.

In: a schema, rows, who asks. Out: what each guard lets them read, and what it lets a change do to the tables.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import psycopg

from gatepost.database.scope import Database
from gatepost.evolve.ddl import create_all
from gatepost.evolve.layout import layout
from gatepost.orm.client import Client
from gatepost.orm.errors import DatabaseError, NotFound, OrmError, RejectedByPolicy
from gatepost.orm.opening import UTC
from gatepost.orm.session import LOGIN, Door
from gatepost.policy import rls
from gatepost.query.sql import Parameter, Statement, identifier
from gatepost.settings import DatabaseSettings
from gatepost.zmodel.schema import Schema

Guard = Literal["query", "database"]
GUARDS: tuple[Guard, Guard] = ("query", "database")
User = Mapping[str, Any] | None
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
Tables = dict[str, list[Any]]
REFUSED = ("42501",)
OPTIONS = rls.Options(field_reads="client", views="client")

ROLES = """
do $$
declare
    wanted text;
begin
    foreach wanted in array array['anon', 'authenticated', 'service_role', 'rules_owner'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I', wanted);
        end if;
    end loop;
    alter role service_role bypassrls;
end $$
"""


@dataclass(frozen=True)
class Outcome:
    """What a change came to: `refused` by a rule, `failed` for another reason of the database's (its SQLSTATE), or
    done, with the tables as they are then.
    """

    refused: bool = False
    failed: str | None = None
    tables: Tables | None = None
    answer: Any = None
    words: str = ""


class World:
    """A database; each schema replaces the one before."""

    schema: Schema

    def __init__(self, admin: "psycopg.Connection[tuple[Any, ...]]", dsn: str) -> None:
        self.admin, self.dsn = admin, dsn
        settings = DatabaseSettings(pool_size=2, lanes=0, prepared_statements=False)
        self._doors: dict[Guard, Door] = {
            "query": Door(Database({LOGIN: dsn}, settings, options=UTC), identities=False),
            "database": Door(Database({"authenticator": dsn}, settings, options=UTC), identities=True),
        }
        self._clients: dict[Guard, Client] = {}
        self._dump = ""
        self._rows: list[str] = []
        self.tables: Tables = {}
        admin.execute(ROLES)  # pyright: ignore

    def become(self, schema: Schema, rows: Rows, links: Rows | None = None) -> None:
        """The tables of a schema with their rules, and rows; `links` are rows of tables between models."""
        statements = [
            "reset role; drop schema if exists public, gatepost_policy cascade",
            "create schema public authorization rules_owner; grant usage on schema public to public",
            f"grant create on database {identifier(self.admin.info.dbname)} to rules_owner",
            "set role rules_owner",
            *create_all(layout(schema)),
            *(definition.sql for definition in rls.objects(schema, OPTIONS)),
            "reset role",
        ]
        self.schema, self._dump = schema, dumped(schema)
        self._rows = [*_inserts(schema, rows)]
        self._rows += [_insert(name, row) for name, each in (links or {}).items() for row in each]
        self.admin.execute(";\n".join([*statements, *self._rows]).encode())
        self.tables = self.now()
        for guard in GUARDS:
            opened = Client.connect(schema, self.dsn, guard=guard)  # no connection of its own is ever used
            session = replace(opened.session, door=self._doors[guard])
            self._clients[guard] = Client(session, opened._setup)

    def restore(self) -> None:
        """The rows as they were."""
        tables = ", ".join(identifier(model.table) for model in self.schema.models.values())
        self.admin.execute(";\n".join([f"truncate {tables} cascade", *self._rows]).encode())

    def content(self, model: str) -> dict[Any, Any]:
        """A model's rows by id, as they are."""
        return {row["row"]["id"]: row["row"] for row in self.now()[self.schema.models[model].table]}

    def now(self) -> Tables:
        """All tables as they are."""
        return self._tables(self.admin.execute(self._dump.encode()).fetchall()[0][0])

    def client(self, guard: Guard, user: User) -> Client:
        """A client of somebody."""
        return self._clients[guard].set_auth(user)

    async def read(self, guard: Guard, user: User, model: str, operation: str, args: Mapping[str, Any]) -> Any:
        """What a read answers."""
        return await self.client(guard, user).call(model, operation, args)

    async def change(
        self, guard: Guard, user: User, model: str, operation: str, args: Mapping[str, Any], *after: "Look"
    ) -> Outcome:
        """What a change does, all of which is undone; `after` looks at it in the same transaction."""
        tx = await self.client(guard, user).begin()
        try:
            answer = await tx.call(model, operation, args)
            looks = [await look(tx) for look in after]
            results = await tx.session.run(Statement("reset role"), Statement(self._dump))
            return Outcome(tables=self._tables(results[1].rows[0][0]), answer=(answer, *looks))
        except (NotFound, RejectedByPolicy) as error:
            return Outcome(refused=True, words=str(error))
        except DatabaseError as error:
            if error.db_error_code in REFUSED:
                return Outcome(refused=True, words=str(error))
            return Outcome(failed=error.db_error_code, words=str(error))
        except OrmError as error:
            return Outcome(failed=type(error).__name__, words=str(error))
        finally:
            await tx.rollback()

    def _tables(self, dumped: Parameter | str) -> Tables:
        return json.loads(dumped or b"{}")

    async def close(self) -> None:
        for door in self._doors.values():
            await door.close()


Look = Callable[[Client], Awaitable[Any]]


def _inserts(schema: Schema, rows: Rows) -> list[str]:
    """The rows as SQL; foreign keys are set once all rows are there."""
    first: list[str] = []
    then: list[str] = []
    for name, each in rows.items():
        model = schema.models[name]
        ties = {key for field in model.fields.values() if field.relation for key in field.relation.fields}
        late = {key for key in ties if model.fields[key].type.optional}
        for row in each:
            first.append(_insert(model.table, {k: v for k, v in row.items() if k not in late}))
            own = ", ".join(f"{identifier(k)} = {literal(v)}" for k, v in row.items() if k in late and v is not None)
            if own:
                then.append(f"update {identifier(model.table)} set {own} where id = {literal(row['id'])}")
    return first + then


def _insert(table: str, row: Mapping[str, Any]) -> str:
    names, values = ", ".join(map(identifier, row)), ", ".join(map(literal, row.values()))
    return f"insert into {identifier(table)} ({names}) values ({values})"


def literal(value: Any) -> str:
    """A value in SQL."""
    match value:
        case None:
            return "null"
        case bool() | int():
            return str(value).lower()
        case list():
            items = ",".join('"' + str(each).replace("\\", "\\\\").replace('"', '\\"') + '"' for each in value)
            return "'{" + items.replace("'", "''") + "}'"
        case _:
            return "'" + str(value).replace("'", "''") + "'"


def dumped(schema: Schema) -> str:
    """A statement that answers with all tables as one JSON object; `at` changes where a row is written."""
    parts = [_rows(model.table, '"id"') for model in schema.models.values() if not model.view]
    parts += [_rows(join.name, '"A", "B"') for join in schema.join_tables]
    return f"select json_build_object({', '.join(parts)})::text"


def _rows(table: str, order: str) -> str:
    row = "json_build_object('row', to_json(this_row), 'at', this_row.ctid::text)"
    return f"'{table}', (select coalesce(json_agg({row} order by {order}), '[]') from {identifier(table)} as this_row)"
