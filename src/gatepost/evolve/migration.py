"""The difference between a project's migrations and its schema, as one more migration.

In: a checked schema, the migrations' folder, where shadows can be made. Out: the new file, or None.
Never: a look at anybody's rows: what may destroy them is said at the head of the file.
"""

from dataclasses import dataclass
from pathlib import Path

from gatepost import migrate
from gatepost.evolve.apply import Ask, Push, Report
from gatepost.evolve.shadow import Shadows
from gatepost.policy import rls
from gatepost.zmodel.schema import Schema

HEAD = "-- Look at this before it runs:"


@dataclass(frozen=True, slots=True)
class Written:
    """A new migration: its file, and what it does in words."""

    path: Path
    report: Report


def difference(
    schema: Schema,
    folder: Path,
    shadows: Shadows,
    *,
    policies: bool = True,
    ask: Ask | None = None,
    options: rls.Options | None = None,
) -> Report:
    """What the migrations of `folder` lack of the schema. `ask` is asked about renames only."""
    with shadows.database(folder) as dsn:
        return Push(schema, dsn, policies, ask=ask, options=options, written=True).run()


def new_migration(
    schema: Schema,
    folder: Path,
    name: str,
    shadows: Shadows,
    *,
    policies: bool = True,
    ask: Ask | None = None,
    options: rls.Options | None = None,
) -> Written | None:
    """Write `VERSION_name.sql` with the difference; None where there is none."""
    report = difference(schema, folder, shadows, policies=policies, ask=ask, options=options)
    if not report.statements:
        return None
    path = migrate.create(folder, name)
    path.write_text(script(name, report), "utf-8")
    return Written(path, report)


def script(name: str, report: Report) -> str:
    """The file's text."""
    notes = [HEAD, *(f"--   {each}" for each in report.notes)] if report.notes else []
    return "\n".join([f"-- {name}", *notes, "", "\n\n".join(report.statements), ""])
