"""The query builder: statements over a schema's models, under its rules.

In: SQL text with `$1 …` and values, or a SQLAlchemy statement over `tables`. Out: rows as dicts, or how many.
Never: a table that no rule was asked for; a statement that is understood in part.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from sqlalchemy.sql import ClauseElement

from gatepost.database.values import Result
from gatepost.orm.builder.parse import Node, names_of, parse, trees
from gatepost.orm.builder.printing import Printed, Printer
from gatepost.orm.builder.sources import Sources
from gatepost.orm.builder.tables import Tables, compiled
from gatepost.orm.builder.writes import Done, Writer
from gatepost.orm.calling.mutations import hooked, mutate
from gatepost.orm.calling.plugins import Caller
from gatepost.orm.calling.raw import decoded, parameter, run_raw
from gatepost.orm.client import BaseClient
from gatepost.orm.errors import ConfigError, InvalidInput
from gatepost.orm.write.rows.work import Work
from gatepost.policy import RuleProblem

KEY = "gatepost.orm.builder"
MOST_PLANS = 1000

Statement = str | ClauseElement
"""SQL with `$1 …`, or a statement of SQLAlchemy's."""


class Builder:
    """A client's query builder: it asks as the client does, in its transaction where it is in one.

    `functions` are SQL functions of the database's own that statements may call where rules stand in the SQL: they
    must read nothing but their arguments.
    """

    def __init__(self, db: BaseClient, functions: Iterable[str] = ()) -> None:
        self._db, self._session = db, db.session
        self._functions = frozenset(functions)

    @cached_property
    def tables(self) -> Tables:
        """The models as SQLAlchemy tables: `tables.User.c.email`."""
        return Tables(self._session.schema)

    async def query(self, statement: Statement, *values: object) -> list[dict[str, Any]]:
        """The rows of a SELECT, or of what RETURNING shows. InvalidInput, RejectedByPolicy, DatabaseError."""
        done = await self._run(statement, values)
        return decoded(done) if isinstance(done, Result) else done.rows

    async def execute(self, statement: Statement, *values: object) -> int:
        """How many rows a statement gave or touched."""
        return (await self._run(statement, values)).count

    async def _run(self, statement: Statement, values: Sequence[object]) -> Result | Done:
        text, given = (statement, values) if isinstance(statement, str) else compiled(statement)
        parsed = parse(text)
        if parsed.values != len(given):
            raise InvalidInput(f"the SQL asks for {parsed.values} values, {len(given)} were given")
        with _understood():
            if parsed.tree.data == "query":
                return await self._read(text, parsed.tree, given)
            if self._session.guard != "query" and _is_foreign(parsed.tree, Sources(self._session)):
                return await run_raw(self._session, text, given)
            return await self._write(text, parsed.tree, given)

    async def _read(self, text: str, node: Node, given: Sequence[object]) -> Result:
        """One statement, worked out once for each text."""
        plans: dict[Any, Printed] = self._session.plans.setdefault(KEY, {})
        key = text, self._functions
        if key not in plans:
            printer = Printer(Sources(self._session), self._functions)
            if len(plans) >= MOST_PLANS:
                plans.clear()
            plans[key] = printer.printed(printer.query(node)[0])
        work = Work(self._session, [parameter(value, index) for index, value in enumerate(given)])
        return (await self._session.run(plans[key].filled(work.value)))[0]

    async def _write(self, text: str, node: Node, given: Sequence[object]) -> Done:
        """What cannot be read back undoes the write; ZenStack keeps it and says so afterwards."""

        async def write(client: Caller, _: object) -> Done:
            encoded = [parameter(value, index) for index, value in enumerate(given)]
            async with client.session.transaction() as inner:
                done = await Writer(Work(inner, encoded), Sources(inner), given, self._functions).write(node)
                if done.error is not None and not inner.compat:
                    raise done.error
            return done

        told = {"sql": text, "values": given}
        done = await (mutate(self._db, "sql", told, write) if hooked(self._db.plugins) else write(self._db, told))
        if done.error is not None:
            raise done.error
        return done


def _is_foreign(node: Node, sources: Sources) -> bool:
    """Whether a write is about a table that the schema does not have."""
    names = names_of(next(trees(node, "target")))
    return len(names) != 1 or sources.named(names[0]) is None


@contextmanager
def _understood() -> Generator[None]:
    """What stands in a statement's way, as a call's failure."""
    try:
        yield
    except RecursionError:
        raise InvalidInput("the SQL is nested too deeply") from None
    except RuleProblem as problem:
        raise ConfigError(f"{problem}: {problem.details}") from None
