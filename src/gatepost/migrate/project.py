"""A project's migrations and seeds, applied in order, each file once.

In: the owner's connection string, the project's folder. Out: a Report; what happens on the way goes to `on_progress`.
Never: a file applied in part (unless it commits by itself), or one whose applied text changed passed over in silence.
"""

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from ..problem import Problem
from . import ledger
from .connection import Connection, ScriptProblem
from .fitting import assertions, guard, lacking, privileged
from .fitting.advice import advice
from .texts.files import Migration, SqlFile, is_supabase, listing, place, seeds
from .texts.statements import concerns_roles, line_and_column

ROLES = "roles.sql"
Kind = Literal["applied", "seeded", "ignored", "warning", "notice"]


@dataclass(frozen=True, slots=True)
class Progress:
    """One thing that happened: to which file, in how many seconds, in words."""

    kind: Kind
    file: str
    message: str = ""
    seconds: float = 0.0


OnProgress = Callable[[Progress], None]


@dataclass(slots=True)
class Report:
    """What was done, by file name, and what a person should look at."""

    applied: list[str] = field(default_factory=list[str])
    seeded: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class State:
    """One migration: `state` is applied, changed (its file since), pending, or missing (its file)."""

    version: str
    name: str
    state: Literal["applied", "changed", "pending", "missing"]


def status(dsn: str, folder: Path) -> list[State]:
    """Every migration of the folder and of the database, in order."""
    with Connection(dsn) as connection:
        connection.script("set search_path = pg_catalog")
        done = ledger.applied(connection)
    found = {migration.version: migration for migration in listing(folder).migrations}
    states = [_state(migration, done.get(version)) for version, migration in found.items()]
    states += [State(entry.version, entry.name, "missing") for version, entry in done.items() if version not in found]
    return sorted(states, key=lambda state: place(state.version))


def _state(migration: Migration, entry: ledger.Applied | None) -> State:
    if entry is None:
        return State(migration.version, migration.name, "pending")
    same = entry.digest in (None, digest(migration))
    return State(migration.version, migration.name, "applied" if same else "changed")


def digest(file: SqlFile) -> str | None:
    """What the ledger computes of a file's statements."""
    joined = chr(30).join(statement.text for statement in file.statements)
    return hashlib.sha256(joined.encode()).hexdigest() if joined else None


def apply_project(
    dsn: str,
    folder: Path,
    on_progress: OnProgress | None = None,
    *,
    seed_paths: Sequence[str] = ("seed.sql",),
    admin: str | None = None,
) -> Report:
    """Apply what is pending in `folder/migrations`, oldest first, then seeds that were never run.

    `dsn` is the owner's; `admin` an administrator's, for what the migrations take for granted. Each file runs in a
    session and a transaction of its own; one that fails raises a Problem with file, line, column and statement, and
    leaves those before it applied.
    """
    with Connection(dsn) as connection:
        ledger.lock(connection)
        ledger.prepare(connection)
        run = _Run(dsn, connection, on_progress or (lambda _: None))
        run.guard = guard.needed(connection)
        run.admin = admin
        run.roles(folder)
        run.migrations(folder)
        run.seeds(folder, seed_paths)
        if run.report.applied or run.report.seeded:
            connection.script("notify pgrst, 'reload schema'")
        return run.report


def seed_name(path: Path, folder: Path) -> str:
    """What the ledger calls a seed: by its way from the project's folder, wherever that lies."""
    near = path.is_relative_to(folder.parent)
    return Path(os.path.relpath(path, folder)).as_posix() if near else str(path)


@dataclass(slots=True)
class _Run:
    dsn: str
    connection: Connection
    tell: OnProgress
    report: Report = field(default_factory=Report)
    guard: bool = False
    admin: str | None = None

    def migrations(self, folder: Path) -> None:
        found = listing(folder)
        done = ledger.applied(self.connection)
        for path in found.ignored:
            self.tell(Progress("ignored", path.name, "is no migration (VERSION_NAME.sql)"))
        if found.given:
            self.tell(
                Progress("ignored", found.given.name, "is what Supabase began with in 2021, which is here by itself")
            )
        for path in found.twins:
            if all(path.stem != entry.version for entry in done.values()):
                self.warn(path.name, "has another file's version, which Supabase's command line does not apply")
        for entry in done.values():
            if all(migration.version != entry.version for migration in found.migrations):
                self.warn(f"{entry.version}_{entry.name}.sql", "was applied, but its file is gone")
        if self.admin and any(migration.version not in done for migration in found.migrations):
            self._queue(self.admin, found.migrations)
        for migration in found.migrations:
            self._migration(migration, done)

    def _queue(self, admin: str, migrations: Sequence[Migration]) -> None:
        owner = self.connection.value("select current_user") or ""
        if lacking.queue(admin, owner, migrations):
            message = "no migration makes it: a stand-in keeps the jobs until Graphile Worker installs its own"
            self.tell(Progress("notice", "graphile_worker.add_job", message))

    def _migration(self, migration: Migration, done: dict[str, ledger.Applied]) -> None:
        state = _state(migration, done.get(migration.version)).state
        if state == "changed":
            self.warn(migration.path.name, "was applied and has changed since; write a new migration instead")
        if state != "pending":
            return
        if done and place(migration.version) < max(map(place, done)):
            self.warn(migration.path.name, "is older than migrations that were applied before it")

        def record(session: Connection) -> None:
            texts = [statement.text for statement in migration.statements]
            ledger.record(session, migration.version, migration.name, texts)

        seconds = self._file(migration, record)
        self.report.applied.append(migration.path.name)
        self.tell(Progress("applied", migration.path.name, seconds=seconds))

    def roles(self, folder: Path) -> None:
        """A Supabase project's own roles, before everything; some have a file of that name for other things."""
        file = SqlFile(folder / ROLES)
        if not (is_supabase(folder) and file.path.is_file()) or ledger.applied(self.connection):
            return
        if other := next((each for each in file.statements if not concerns_roles(each)), None):
            self.warn(ROLES, f"is not run: {' '.join(other.words)} … does not belong before the migrations")
        else:
            self.seeds(folder, [ROLES])

    def seeds(self, folder: Path, patterns: Sequence[str]) -> None:
        done = ledger.seeded(self.connection)
        for seed in seeds(folder, patterns):
            name = seed_name(seed.path, folder)
            mark = digest(seed) or ""
            if name in done and done[name] != mark:
                self.warn(name, "was run and has changed since; it is not run again")
            if name in done:
                continue
            seconds = self._file(seed, lambda session, name=name, mark=mark: ledger.record_seed(session, name, mark))
            self.report.seeded.append(name)
            self.tell(Progress("seeded", name, seconds=seconds))

    def warn(self, file: str, message: str) -> None:
        self.report.warnings.append(f"{file} {message}")
        self.tell(Progress("warning", file, message))

    def _file(self, file: SqlFile, record: Callable[[Connection], None]) -> float:
        """Run a file and its line in the ledger in a session of their own; the seconds it took."""
        file.refuse_meta_commands()
        begun = time.perf_counter()
        closed: list[str] = []
        with Connection(self.dsn, partial(self._noticed, file, closed)) as session:
            session.script("""select set_config('search_path', '"$user", public, extensions', false)""")
            try:
                file = self._fitted(session, file)
                if file.own_transactions:
                    self.warn(file.path.name, f"{file.own_transactions}: if it fails, a part may stay")
                    self._by_itself(session, file, record)
                else:
                    with session.transaction():
                        self._inside(session, file, record)
            except ScriptProblem as problem:
                problem.hint = advice(session, file, problem) or problem.hint
                raise explained(file, problem) from None
            for message in closed:
                if guard.holds(session, message):
                    self.tell(Progress("notice", file.path.name, message))
        return time.perf_counter() - begun

    def _noticed(self, file: SqlFile, closed: list[str], message: str) -> None:
        """Told at once, but for what the rest of the file may settle."""
        if guard.is_about(message):
            closed.append(message)
        else:
            self.tell(Progress("notice", file.path.name, message))

    def _fitted(self, session: Connection, file: SqlFile) -> SqlFile:
        """The file as it runs here, when what it takes for granted was done; each such thing is told."""
        name = file.path.name
        file, stood_in = lacking.extensions(session, file, self.admin)
        if stood_in:
            self.warn(name, f"this server lacks {', '.join(stood_in)}: plain objects of ours stand in")
        file, arranged = assertions.arranged(self.admin, session, file)
        if arranged:
            self.warn(name, arranged)
        file, done = privileged.done(self.admin, session, file)
        if done:
            self.warn(name, f"asks for what only a superuser may do, who did it: {', '.join(done)}")
        return file

    def _inside(self, session: Connection, file: SqlFile, record: Callable[[Connection], None]) -> None:
        known = guard.tables(session) if self.guard else ""
        session.script(file.text)
        session.script("reset role; set local search_path = pg_catalog; set local row_security = on")
        if self.guard:
            guard.secure(session, known)
        record(session)

    def _by_itself(self, session: Connection, file: SqlFile, record: Callable[[Connection], None]) -> None:
        known = guard.tables(session) if self.guard else ""
        _one_by_one(session, file) if file.refuses_transaction else session.script(file.text)
        if session.in_transaction:  # a file that begins and never commits means to be applied
            session.script("commit")
        session.script("discard all")
        if self.guard:
            guard.secure(session, known)
        record(session)


def _one_by_one(session: Connection, file: SqlFile) -> None:
    """Each statement by itself: several in one message would be one transaction."""
    for count, statement in enumerate(file.statements):
        try:
            session.script(statement.text)
        except ScriptProblem as problem:
            problem.position += statement.start if problem.position else 0
            problem.statement = count
            raise


def explained(file: SqlFile, problem: ScriptProblem) -> Problem:
    """PostgreSQL's error with its place in the file: line, column, and the statement's first lines."""
    offset = problem.position - 1
    if offset < 0:
        reached = file.statements[problem.statement : problem.statement + 1]
        offset = reached[0].start if reached else 0
    line, column = line_and_column(file.text, offset)
    around = [statement for statement in file.statements if statement.start <= offset]
    excerpt = around[-1].text if around else file.text
    # An unterminated comment or string is quoted to the file's end.
    message = problem.message if len(problem.message) <= 300 else problem.message[:300] + " …"
    details = {
        "file": str(file.path),
        "line": line,
        "column": column,
        "statement": excerpt if len(excerpt) <= 500 else excerpt[:500] + " …",
        "detail": problem.details,
        "context": problem.context,
    }
    return Problem(
        problem.code,
        500,
        f"{file.path}:{line}:{column}: {message} (SQLSTATE {problem.code})",
        {key: value for key, value in details.items() if value is not None},
        problem.hint,
    )
