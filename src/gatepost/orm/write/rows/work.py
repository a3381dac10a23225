"""One call's writing: who asks, by which rules, and the values that its arguments brought.

In: reads and writes of the query tree. Out: their rows, as parameters.
Never: SQL of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gatepost.database.scope import SERVICE_ROLE
from gatepost.orm.arguments import Walk
from gatepost.orm.arguments.shapes import Where
from gatepost.orm.errors import DatabaseError
from gatepost.orm.read.filters import condition
from gatepost.orm.read.plan import reader_of
from gatepost.orm.read.tables import Table, Tables
from gatepost.orm.session import Session
from gatepost.orm.write.rows.refusals import is_closed, refused
from gatepost.orm.write.rows.tables import Filter, same_key, table
from gatepost.policy import Rules
from gatepost.query.answer import plain
from gatepost.query.sql import Parameter, Slot, Statement
from gatepost.query.tree import Condition, Exists, Read, Write
from gatepost.zmodel.schema import Model, Operation, Schema

Rows = list[tuple[Parameter, ...]]


@dataclass
class Work:
    """`values` are what Wheres refer to by number."""

    session: Session
    values: list[Parameter]

    @property
    def schema(self) -> Schema:
        return self.session.schema

    @property
    def rules(self) -> Rules:
        return self.session.rules

    @property
    def auth(self) -> Mapping[str, Any] | None:
        return self.session.auth

    @cached_property
    def tables(self) -> Tables:
        """Aliases that no two parts of the call share."""
        return Tables(self.session)

    def model(self, name: str) -> Model:
        return self.schema.models[name]

    def statement(self, node: Read | Write) -> Statement:
        """A read or write, with its values and the asking identity's claims."""
        return plain(node).filled(self.value)

    def value(self, slot: Slot) -> Parameter:
        """What a slot of this call's statements holds."""
        return self.values[slot.key] if isinstance(slot.key, int) else self.session.claim(slot.key, slot.type)

    async def fetch(self, node: Read | Write) -> Rows:
        """The rows of one statement."""
        try:
            return (await self.session.run(self.statement(node)))[0].rows
        except DatabaseError as error:
            raise (refused(self.schema, error, type(node)) if self.session.guard == "database" else error) from None

    def is_closed(self, model: Model, operation: Operation) -> bool:
        """Whether row level security gives nobody the right to the operation, so that no row can be meant."""
        if self.session.guard != "database" or self.session.identity.role == SERVICE_ROLE:
            return False
        key, plans = ("closed", model.name, operation), self.session.plans
        if key not in plans:
            plans[key] = is_closed(self.schema, model, operation, self.session.compat)
        return plans[key]

    def matching(self, model: Model, where: Where) -> Filter:
        """The rows of a model that a call's condition means. Of a sub-model, or where a computed field is asked for,
        they are looked for among the readable rows.
        """
        names = {f.name: f.column for f in model.fields.values() if f.column and f.inherited is None}

        def direct(alias: str) -> Condition:
            own = Table(model, table(self.schema, model), alias, names, ())
            return condition(self.tables, own, where)

        def among(alias: str) -> Condition:
            rows = self.tables.table(model.name)
            same = same_key(model, alias, model, rows.alias, rows.names)
            return Exists(
                Read(rows.source, rows.alias, (), where=(*rows.where, same, condition(self.tables, rows, where)))
            )

        return among if model.base or any(f.computed for f in model.fields.values()) else direct


def walk(session: Session) -> Walk:
    """A walk through one call's arguments."""
    return Walk(reader_of(session).lexicon, session.compat)
