"""A schema brought into a database, in one transaction.

In: a checked schema, the owner's connection string, somebody to ask. Out: a Report of what was done.
Never: data destroyed unasked, or a part of it done.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from gatepost.evolve import sync
from gatepost.evolve.compare import Difference, Rename, Stage, compare, missing_schemas
from gatepost.evolve.compare.changes import qualified
from gatepost.evolve.compare.facts import read_facts
from gatepost.evolve.compare.rows import Rows
from gatepost.evolve.ddl import create_all, create_schema
from gatepost.evolve.layout import Layout, layout
from gatepost.evolve.rules import Guards, creation, guards, run
from gatepost.evolve.session import Session, Undone, session
from gatepost.policy import rls
from gatepost.problem import Problem
from gatepost.zmodel.schema import Schema

Ask = Callable[[str], bool]
Tell = Callable[[str], None]
# Changes that PostgreSQL refuses while policies, functions or triggers stand on what they change.
UNDER_RULES = (Stage.ENUMS, Stage.ALTER_COLUMNS, Stage.DROP_COLUMNS, Stage.DROP_TABLES, Stage.DROP_ENUMS)

RELOAD = "notify pgrst, 'reload schema'"
"""Tells servers that the tables are others now."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, in words and as SQL; nothing to do: both are empty. `notes`: what a person should look at."""

    changes: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Push:
    """How to go about it. `ask` answers a question about renames or lost data; without it nobody agrees to anything.

    `written`: the statements are wanted for a database that is not this one; what its rows may suffer becomes notes.
    """

    schema: Schema
    dsn: str
    policies: bool = True
    accept_data_loss: bool = False
    force_reset: bool = False
    ask: Ask | None = None
    options: rls.Options | None = None
    written: bool = False
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
        rules = guards(opened, self.schema, self.policies, self.options)
        if self.force_reset:
            empty(opened, wanted)
        elif not wanted.tables.tables or not empty_already(opened, wanted):
            return self._evolved(opened, wanted, rules)
        definitions = rules.definitions(opened)
        statements = [*(f"{each};" for each in create_all(wanted)), *(creation(each) for each in definitions)]
        statements += [f"{each};" for each in sync.copies(self.schema)]
        run(opened, statements)
        opened.execute(RELOAD)
        tables, enums = len(wanted.tables.tables), len(wanted.enums)
        counted = (
            (tables, "table", "tables"),
            (enums, "enum", "enums"),
            (len(definitions), "rule", "objects for the rules"),
        )
        made = tuple(f"create {count} {one if count == 1 else many}" for count, one, many in counted if count)
        return Difference(), self._told(Report(made, tuple(statements)))

    def _evolved(self, opened: Session, wanted: Layout, rules: Guards) -> tuple[Difference, Report | None]:
        opened.attach()
        schemas = missing_schemas(opened, wanted)
        made = [f"{create_schema(each)};" for each in schemas]
        run(opened, made)
        before, definitions = rules.facts(opened), rules.definitions(opened)
        spoken = "\n".join(each.sql for each in definitions)
        difference = compare(opened, wanted, Rows(None if self.written else opened), self._renamed, spoken)
        if difference.renames or (difference.dangers and not self.accept_data_loss and not self.written):
            return difference, None
        if difference.stops and not self.written:
            raise stopped(difference.stops)
        statements = [*made, *applied(opened, difference, rules)]
        changes = [*(f"create schema {each}" for each in schemas), *(each.text for each in difference.ordered)]
        changes += [worded(each) for each in rls.compare(before, rules.facts(opened))]
        notes = (*difference.dangers, *difference.stops, *rules.foreign(opened))
        return difference, self._told(Report(tuple(changes), tuple(statements), notes))

    def _told(self, report: Report) -> Report:
        for change in report.changes:
            self.tell(change)
        return report

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
    options: rls.Options | None = None,
) -> Report:
    """Bring the database in line with the schema.

    `policies`: with row level security, helpers, triggers and grants. `force_reset` drops everything in the schema's
    PostgreSQL schemas first. Raises a Problem `data_loss` where nobody agreed, `push_stopped` where rows stand in the
    way, a DatabaseProblem for what PostgreSQL refuses; then nothing has changed.
    """
    work = Push(schema, dsn, policies, accept_data_loss, force_reset, ask, options)
    if tell is not None:
        work.tell = tell
    return work.run()


def applied(opened: Session, difference: Difference, rules: Guards) -> list[str]:
    """Everything done, in order; the statements. Rules that stand on what changes go first and come back last."""
    done: list[str] = []
    if any(change.stage in UNDER_RULES for change in difference.changes):
        done += rules.removal(opened)
        run(opened, done)
    for change in difference.ordered:
        statements = [f"{each};" for each in change.statements]
        run(opened, statements if not change.renames else [])  # renames were made while looking
        done += statements
    mended, mending = rules.mending(opened)
    run(opened, mending)
    done += mending
    if any(each.kind == "trigger" and each.name.startswith(f"{sync.SOURCE} ") and each.wanted for each in mended):
        copied = [f"{each};" for each in sync.copies(rules.schema)]
        run(opened, copied)
        done += copied
    if done:
        opened.execute(RELOAD)
    return done


def worded(difference: rls.Difference) -> str:
    """For people: `create policy public.Post gatepost_read`."""
    verb = "change" if difference.installed and difference.wanted else "create" if difference.wanted else "drop"
    return f"{verb} {difference.kind} {difference.name}"


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
    opened.execute(f"drop schema if exists gatepost_policy cascade; {sync.CLEAR}")
    opened.run(f"DROP TABLE IF EXISTS {name} CASCADE" for name in tables)
    opened.run(f"DROP TYPE IF EXISTS {name} CASCADE" for name in enums)
