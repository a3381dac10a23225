"""Which files are tests.

In: the folder of a project's tests, and paths that a person named. Out: files in the order they run.
Never: a name that fits nothing passed over.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..problem import Problem

SUFFIXES = (".sql", ".pg")


def find(tests: Path, named: Sequence[Path] = (), root: Path | None = None) -> list[Path]:
    """All tests of a folder, in order of their paths, or the named files and folders alone.

    A name counts from the current folder, from that of the tests, or from the project's.
    """
    if not named:
        return sorted(_within(tests)) if tests.is_dir() else []
    return [file for name in named for file in _named(tests, name, root or tests)]


def _named(tests: Path, name: Path, root: Path) -> list[Path]:
    for path in (name.resolve(), tests / name, root / name):
        if path.is_file():
            return [path]
        if path.is_dir():
            return sorted(_within(path))
    raise Problem("no_tests", 500, f"{name}: there is no such file or folder, here or in {tests}")


def _within(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        inner = path.relative_to(folder)
        hidden = any(part.startswith(".") or part == "node_modules" for part in inner.parts)
        if path.suffix in SUFFIXES and path.is_file() and not hidden:
            yield path
