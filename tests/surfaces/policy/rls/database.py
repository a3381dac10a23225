"""A database made of a ZModel text, asked as anonymous, as users, as the service; beside it what the rules say."""

import json
from collections.abc import Mapping
from typing import Any

import psycopg

from gatepost import zmodel
from gatepost.evolve.ddl import create_all
from gatepost.evolve.layout import layout
from gatepost.policy import Rules, rls
from gatepost.policy.names import table
from gatepost.policy.rls.claims import inline
from gatepost.query.read import condition as printed
from gatepost.zmodel import Schema
from gatepost.zmodel.schema import Operation

HEAD = "datasource db { provider = 'postgresql' }\n"
Connection = psycopg.Connection[tuple[Any, ...]]
Who = int | str | Mapping[str, Any] | None

ROLES = """
do $$
declare
    wanted text;
begin
    foreach wanted in array array['anon', 'authenticated', 'service_role', 'plain_service', 'rules_owner'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I', wanted);
        end if;
    end loop;
    alter role service_role bypassrls;
end $$
"""


class Refused(Exception):
    """PostgreSQL said 42501."""

    def __init__(self, error: psycopg.Error) -> None:
        super().__init__(error.diag.message_primary)
        self.diag = error.diag


class World:
    """Tables that belong to a role which is no superuser, with their rules."""

    def __init__(
        self, connection: Connection, text: str, rows: str = "", options: rls.Options | None = None, views: str = ""
    ) -> None:
        self.connection = connection
        self.schema: Schema = zmodel.load(HEAD + text)
        self.options = options or rls.Options()
        self.rules = Rules(self.schema, compat=self.options.compat)
        self.execute("reset role")
        self.execute(ROLES)
        self.execute("drop schema if exists public, gatepost_policy cascade")
        self.execute("create schema public authorization rules_owner")
        self.execute(f'grant create on database "{connection.info.dbname}" to rules_owner')
        self.execute("set role rules_owner")
        for statement in create_all(layout(self.schema)):
            self.execute(statement)
        self.execute(views or "select")
        self.definitions = rls.objects(self.schema, self.options)
        for definition in self.definitions:
            self.execute(definition.sql)
        self.execute("reset role")
        self.execute(rows or "select")

    def execute(self, text: str) -> list[tuple[Any, ...]]:
        """As whoever set up the database."""
        cursor = self.connection.execute(text.encode())
        return cursor.fetchall() if cursor.description else []

    def run(self, who: Who, text: str, role: str | None = None, keep: bool = False) -> list[tuple[Any, ...]]:
        """As somebody: None is anonymous, a number or text a user's id, a mapping all of his claims. A write answers
        with the number of rows; it is undone unless it is to be kept.
        """
        with self.connection.transaction(force_rollback=not keep):
            self.become(who, role)
            try:
                cursor = self.connection.execute(text.encode())
                return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]
            except psycopg.errors.InsufficientPrivilege as error:
                raise Refused(error) from None

    def become(self, who: Who, role: str | None = None) -> None:
        """Take somebody's claims and role, for the transaction."""
        claims: dict[str, Any] = {"role": "anon"}
        if who is not None:
            claims = {"role": "authenticated", **(who if isinstance(who, Mapping) else {"sub": str(who)})}
        self.connection.execute("select set_config('request.jwt.claims', %s, true)", (json.dumps(claims),))
        self.connection.execute(f'set local role "{role or claims["role"]}"'.encode())

    def seen(self, who: Who, model: str, column: str = "id") -> list[Any]:
        """The ids that somebody sees."""
        name = self.schema.models[model].table
        return [row[0] for row in self.run(who, f'select "{column}" from "{name}" order by 1')]

    def count(self, who: Who, text: str) -> int:
        """How many rows a write touches."""
        return self.run(who, text)[0][0]

    def said(self, who: Who, model: str, operation: Operation = "read", column: str = "id") -> list[Any]:
        """The ids of the rows for which the rules themselves hold, asked where no policy is in the way."""
        name = table(self.schema, self.schema.models[model])
        permit = printed(self.rules.permit(model, operation, name.name), inline())
        text = f'select "{column}" from "{name.schema}"."{name.name}" where {permit} order by 1'
        with self.connection.transaction(force_rollback=True):
            self.become(who, "service_role")
            self.connection.execute(b"reset role")
            return [row[0] for row in self.connection.execute(text.encode()).fetchall()]
