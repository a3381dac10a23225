"""A schema brought into a database, in one transaction.

In: a checked schema, the owner's connection string, somebody to ask. Out: a Report of what was done.
Never: data destroyed unasked, or a part of it done.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from gatepost.evolve.compare import Change, Difference, Rename, compare
from gatepost.evolve.compare.changes import qualified
from gatepost.evolve.compare.facts import read_facts
from gatepost.evolve.compare.rows import Rows
from gatepost.evolve.ddl import create_all
from gatepost.evolve.layout import Layout, layout
from gatepost.evolve.session import Session, Undone, session
from gatepost.problem import Problem
from gatepost.zmodel.schema import Schema

Ask = Callable[[str], bool]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, in words and as SQL. Nothing to do: both are empty."""

    changes: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()


@dataclass(slots=True)
class Push:
    """How to go about it. `ask` answers a question about renames or lost data; without it nobody agrees to anything."""

    schema: Schema
    dsn: str
    policies: bool = True
    accept_data_loss: bool = False
    force_reset: bool = False
    ask: Ask | None = None
    tell: Tell = lambda _: None
    renames: dict[Rename, bool] = field(default_factory=dict[Rename, bool])

    def run(self) -> Report:
        """Look, ask, look again; then do it."""
        wanted = layout(self.schema)
        while True:
            difference, report = self._attempt(wanted)
            if report is not None:
                return report
            self._consult(difference)

    def _attempt(self, wanted: Layout) -> tuple[Difference, Report | None]:
        difference, report = Difference(), None
        with session(self.dsn) as opened:
            difference, report = self._work(opened, wanted)
            if report is None:
                raise Undone
        return difference, report

    def _work(self, opened: Session, wanted: Layout) -> tuple[Difference, Report | None]:
        if self.force_reset:
            empty(opened, wanted)
        elif not empty_already(opened, wanted):
            return self._evolved(opened, wanted)
        statements = tuple(create_all(wanted))
        opened.execute(";\n".join(statements) or "select")
        return Difference(), Report((f"create {len(wanted.tables.tables)} tables",), statements)

    def _evolved(self, opened: Session, wanted: Layout) -> tuple[Difference, Report | None]:
        difference = compare(opened, wanted, Rows(opened), self._renamed)
        if difference.renames or (difference.dangers and not self.accept_data_loss):
            return difference, None
        if difference.stops:
            raise stopped(difference.stops)
        self._apply(opened, difference.ordered)
        changes = tuple(change.text for change in difference.ordered)
        return difference, Report(changes, tuple(each for change in difference.ordered for each in change.statements))

    def _apply(self, opened: Session, changes: list[Change]) -> None:
        """Renames were made while looking."""
        for change in changes:
            self.tell(change.text)
            opened.run(change.statements if not change.renames else ())

    def _renamed(self, rename: Rename) -> bool | None:
        if rename not in self.renames and self.ask is None:
            return False
        return self.renames.get(rename)

    def _consult(self, difference: Difference) -> None:
        """Renames first: they may take the dangers away."""
        if difference.renames and self.ask is not None:
            self.renames |= {rename: self.ask(rename.question) for rename in difference.renames}
            return
        question = "\n".join(("This destroys data:", *(f"  {each}" for each in difference.dangers), "Go on?"))
        if self.ask is None or not self.ask(question):
            hint = "Change the schema, or agree to it with --accept-data-loss"
            raise Problem("data_loss", 400, "The change would destroy data", "\n".join(difference.dangers), hint)
        self.accept_data_loss = True


def push_now(
    schema: Schema,
    dsn: str,
    *,
    policies: bool = True,
    accept_data_loss: bool = False,
    force_reset: bool = False,
    ask: Ask | None = None,
    tell: Tell | None = None,
) -> Report:
    """Bring the database in line with the schema.

    `policies`: with row level security, helpers, triggers and grants. `force_reset` drops everything in the schema's
    PostgreSQL schemas first. Raises a Problem `data_loss` where nobody agreed, `push_stopped` where rows stand in the
    way, a DatabaseProblem for what PostgreSQL refuses; then nothing has changed.
    """
    work = Push(schema, dsn, policies, accept_data_loss, force_reset, ask)
    if tell is not None:
        work.tell = tell
    return work.run()


def stopped(stops: list[str]) -> Problem:
    """Rows stand in the way."""
    return Problem("push_stopped", 400, stops[0] if len(stops) == 1 else "Rows stand in the way", "\n".join(stops))


def empty_already(opened: Session, wanted: Layout) -> bool:
    """Whether there is nothing of the kind yet: then nothing has to be compared."""
    facts = read_facts(opened, wanted.schemas)
    return not facts.columns and not facts.enums


def empty(opened: Session, wanted: Layout) -> None:
    """Tables and enums of the schema's PostgreSQL schemas dropped, with what stands on them."""
    facts = read_facts(opened, wanted.schemas)
    tables = [qualified(name) for name in facts.columns if name not in facts.strangers]
    enums = [qualified(name) for name in facts.enums]
    opened.run(f"DROP TABLE IF EXISTS {name} CASCADE" for name in tables)
    opened.run(f"DROP TYPE IF EXISTS {name} CASCADE" for name in enums)
