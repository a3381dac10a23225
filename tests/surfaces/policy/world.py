"""A schema's tables with rows in them, and what its rules let through, asked of PostgreSQL."""

from collections.abc import Mapping
from typing import Any

import psycopg

from gatepost import zmodel
from gatepost.evolve.ddl import create_all
from gatepost.evolve.layout import layout
from gatepost.policy import Rules, claims
from gatepost.policy.claims import claimed
from gatepost.policy.names import table
from gatepost.policy.rows import ComputedField
from gatepost.query.read import condition
from gatepost.query.sql import Parameter, Parameters, Slot, identifier, qualified
from gatepost.query.tree import Condition
from gatepost.zmodel.schema import Operation, Schema

Connection = psycopg.Connection[tuple[object, ...]]
User = Mapping[str, Any] | None
POSTGRES = "datasource db { provider = 'postgresql' }\n"


class World:
    """A database that holds what one schema says. `admits` and `values` tell ids of rows, in their order."""

    def __init__(
        self, connection: Connection, text: str, computed: Mapping[tuple[str, str], ComputedField] | None = None
    ) -> None:
        self.schema: Schema = zmodel.load(POSTGRES + text)
        self._connection = connection
        self._computed = computed
        connection.execute("drop schema if exists public cascade; create schema public; set timezone to 'UTC'")
        for statement in create_all(layout(self.schema)):
            connection.execute(statement.encode())

    def run(self, sql: str) -> None:
        """SQL as its own user: rows for the test."""
        self._connection.execute(sql.encode())

    def ask(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Rows of a statement of the test's own."""
        return self._connection.execute(sql.encode(), values).fetchall()

    def rules(self, compat: bool = False) -> Rules:
        return Rules(self.schema, compat=compat, computed=self._computed)

    def admits(
        self, model: str, user: User = None, *, operation: Operation = "read", compat: bool = False
    ) -> list[Any]:
        """The ids of the rows that the rules let through."""
        name = self.schema.models[model].table
        return self.where(model, self.rules(compat).permit(model, operation, name), user)

    def masked(self, model: str, field: str, user: User = None, *, compat: bool = False) -> list[Any]:
        """The ids of the rows whose field may be read."""
        found = self.rules(compat).mask(model, field, self.schema.models[model].table)
        assert found is not None
        return self.where(model, found, user)

    def where(self, model: str, asked: Condition, user: User = None) -> list[Any]:
        """The ids of the rows for which a condition is true."""
        params = Parameters()
        of = self.schema.models[model]
        key = identifier(of.fields[of.ids[0]].column or "")
        text = f"SELECT {key} FROM {qualified(*table(self.schema, of))} WHERE {condition(asked, params)} ORDER BY 1"
        return [row[0] for row in self.rows(text, params, user)]

    def joined(self, model: str, asked: Condition, other: str) -> list[Any]:
        """The same, beside another table."""
        params = Parameters()
        of = qualified(*table(self.schema, self.schema.models[model]))
        name = identifier(self.schema.models[model].table)
        text = f"SELECT {name}.id FROM {of} JOIN {other} WHERE {condition(asked, params)} ORDER BY 1"
        return [row[0] for row in self.rows(text, params, None)]

    def rows(self, text: str, params: Parameters, user: User) -> list[list[Any]]:
        """What a statement gives, as a member of the query tree prints it."""
        held = claims(self.schema, user)
        values = [_held(each, held) if isinstance(each, Slot) else each for each in params.given]
        result = self._connection.pgconn.exec_params(text.encode(), values)
        if result.status != psycopg.pq.ExecStatus.TUPLES_OK:
            raise AssertionError(f"{result.error_message.decode()}\n{text}")
        return [[_value(result, row, 0)] for row in range(result.ntuples)]


def _value(result: Any, row: int, column: int) -> Any:
    value = result.get_value(row, column)
    if value is None:
        return None
    return int(value) if value.isdigit() else value.decode()


def _held(slot: Slot, held: dict[str, Any] | None) -> Parameter:
    return claimed(held, slot.key, slot.type) if isinstance(slot.key, tuple) else None
