"""A project's SQL files: migrations by version, seeds by pattern.

In: the folder that holds `migrations/`. Out: Migrations in order, and what was passed over.
Never: a version read as a number; `0019` stays text.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from ...problem import Problem
from .statements import MetaCommand, SqlStatement, line_and_column, split

NAME = re.compile(r"(\d+)_(.*)\.sql")
# What Supabase's first command line wrote at the beginning of a project: its own schema, which is there without it.
FIRST_INIT = re.compile(r"(?P<version>\d{14})_init\.sql")
NO_LONGER_RUN = "20211209000000"


@dataclass(frozen=True)
class SqlFile:
    """A file and what is in it."""

    path: Path

    @cached_property
    def text(self) -> str:
        try:
            return self.path.read_text("utf-8-sig")
        except UnicodeDecodeError as error:
            hint = "Save it as UTF-8"
            raise Problem("migration_file", 500, f"{self.path} is not UTF-8 text", str(error), hint) from None
        except OSError as error:
            raise Problem("migration_file", 500, f"{self.path} cannot be read: {error.strerror}") from None

    @cached_property
    def _parts(self) -> tuple[list[SqlStatement], MetaCommand | None]:
        return split(self.text)

    @property
    def statements(self) -> list[SqlStatement]:
        return self._parts[0]

    @property
    def refuses_transaction(self) -> bool:
        """Whether a statement of it must run outside of any transaction."""
        return any(statement.refuses_transaction for statement in self.statements)

    @property
    def own_transactions(self) -> str:
        """Why it cannot be one transaction, '' where it can."""
        if self.refuses_transaction:
            return "holds a statement that PostgreSQL runs outside of transactions only"
        if any(statement.controls_transaction for statement in self.statements):
            return "begins or commits transactions by itself"
        return ""

    def refuse_meta_commands(self) -> None:
        """A Problem with the place of the first psql command."""
        meta = self._parts[1]
        if meta:
            line, column = line_and_column(self.text, meta.start)
            raise Problem(
                "migration_psql_command",
                500,
                f"{self.path}:{line}:{column}: {meta.text} is a psql command, which only psql understands",
                hint="Take it out, or run the file with psql",
            )


@dataclass(frozen=True)
class Migration(SqlFile):
    version: str
    name: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Migrations in order of their files' names, as Supabase's command line has them; `ignored` are files that are
    none, `twins` have another's version, `given` is what the platform has by itself.
    """

    migrations: tuple[Migration, ...]
    ignored: tuple[Path, ...]
    twins: tuple[Path, ...] = ()
    given: Path | None = None


def is_supabase(folder: Path) -> bool:
    """Whether a folder with `migrations/` is a Supabase project's, whose files are taken as they are."""
    return (folder / "config.toml").is_file()


def place(version: str) -> str:
    """What versions sort by: as the names of their files do, where `_` comes behind them."""
    return f"{version}_"


def listing(folder: Path) -> Listing:
    """What `folder/migrations` holds. Sub-folders and files not named VERSION_NAME.sql are passed over."""
    migrations = folder / "migrations"
    entries = sorted(migrations.iterdir()) if migrations.is_dir() else []
    given = entries[0] if entries and _is_first_init(entries[0].name) else None
    found: list[Migration] = []
    ignored: list[Path] = []
    for path in entries[1:] if given else entries:
        match = NAME.fullmatch(path.name)
        if match and path.is_file():
            found.append(Migration(path, match[1], match[2]))
        elif not path.name.startswith("."):
            ignored.append(path)
    twins = [other for one, other in pairwise(found) if one.version == other.version]
    if twins and not is_supabase(folder):
        one, other = next(pair for pair in pairwise(found) if pair[1] is twins[0])
        message = f"{one.path.name} and {other.path.name} have the same version {one.version}"
        raise Problem("migration_version", 500, message, hint="Rename one of them")
    known = [replace(each, version=f"{each.version}_{each.name}") if each in twins else each for each in found]
    return Listing(tuple(known), tuple(ignored), tuple(twin.path for twin in twins), given)


def _is_first_init(name: str) -> bool:
    match = FIRST_INIT.fullmatch(name)
    return match is not None and match["version"] < NO_LONGER_RUN


def begun(folder: Path) -> str:
    """The version of the first migration, which is mostly its time; '' where there is none."""
    found = listing(folder).migrations
    return found[0].version if found else ""


def seeds(folder: Path, patterns: Iterable[str]) -> list[SqlFile]:
    """Seed files in the order of their patterns (relative to `folder`); a pattern that fits nothing is normal."""
    found: dict[Path, SqlFile] = {}
    for pattern in patterns:
        relative = pattern.removeprefix("./")
        if relative.startswith("/"):
            paths = [Path(relative)] if Path(relative).is_file() else []
        elif relative.startswith("../"):
            paths = [path for path in [(folder / relative).resolve()] if path.is_file()]
        else:
            paths = sorted(path for path in folder.glob(relative) if path.is_file())
        for path in paths:
            found.setdefault(path, SqlFile(path))
    return list(found.values())


def create(folder: Path, name: str) -> Path:
    """A new, empty migration whose version is the time (UTC); its path."""
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not slug:
        raise Problem("migration_name", 400, f"{name!r} is no name for a migration", hint="Use letters and digits")
    path = folder / "migrations" / f"{time.strftime('%Y%m%d%H%M%S', time.gmtime())}_{slug}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(f"-- {name}\n")
    return path
