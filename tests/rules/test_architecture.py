"""The map is the territory: ARCHITECTURE.md's table of rooms equals the import graph, and the budgets hold."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "gatepost"
PURE = {"problem", "settings", "recent", "identity", "exchange", "catalog", "query", "zmodel", "policy"}
SURFACES = {"auth", "rest", "graphql", "orm", "studio", "pages"}
DRIVERS = {"psycopg", "socket", "asyncio", "uvicorn", "httptools", "uvloop"}
# Of the client: what changes databases, which most programs never load. Of fixtures: all, until a test asks.
IMPORTS_BY_NAME = {"app", "cli", "client", "fixtures"}
MAX_FILE, MAX_FUNCTION = 500, 60
# And `gatepost.asgi`, which needs every room, while `import gatepost` needs none.
FRONT = SOURCE / "__init__.py"


@cache
def modules() -> tuple[Path, ...]:
    return tuple(sorted(SOURCE.rglob("*.py")))


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def package(path: Path) -> list[str]:
    parts = ["gatepost", *path.relative_to(SOURCE).with_suffix("").parts]
    return parts[:-1]


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Full names of what a module imports, relative ones resolved."""
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package(path)[: len(package(path)) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


@cache
def arrows() -> dict[str, set[str]]:
    """Room → rooms it imports."""
    known = {room(path) for path in modules()}
    found: dict[str, set[str]] = defaultdict(set)
    for path in modules():
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "gatepost" and len(parts) > 1 and parts[1] in known and parts[1] != room(path):
                found[room(path)].add(parts[1])
    return found


def table() -> dict[str, str]:
    """Room → the cell that says what it may import, from ARCHITECTURE.md."""
    rooms = (ROOT / "ARCHITECTURE.md").read_text().split("## The rooms")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|$", rooms, re.MULTILINE)
    return dict(rows)


def allowed(cell: str, rooms: set[str]) -> set[str]:
    if cell.startswith("every room but"):
        kept = set(re.findall(r"`(\w+)`", cell)) | (SURFACES if "the surfaces" in cell else set())
        return rooms - kept
    return set(re.findall(r"`(\w+)`", cell))


def test_the_map_names_every_room() -> None:
    assert set(table()) == {room(path) for path in modules()} - {"__init__"}


@pytest.mark.parametrize("name", sorted(table()))
def test_a_room_imports_what_the_map_says(name: str) -> None:
    cell, found = table()[name], arrows().get(name, set()) - {"__init__"}
    permitted = allowed(cell, set(table()))
    assert found <= permitted, f"{name} imports {found - permitted}, which ARCHITECTURE.md does not say"
    if not cell.startswith("every room but"):
        assert found == permitted, f"ARCHITECTURE.md says that {name} imports {permitted - found}; it does not"


def test_there_is_no_cycle_between_modules() -> None:
    names = {
        ".".join(["gatepost", *path.relative_to(SOURCE).with_suffix("").parts]).removesuffix(".__init__"): path
        for path in modules()
    }
    graph = {
        name: {target for target in (nearest(each, names) for each in imports(path)) if target and target != name}
        for name, path in names.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for target in graph[name]:
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def nearest(name: str, names: dict[str, Path]) -> str | None:
    """The module a full name lives in: `gatepost.problem.Problem` lives in `gatepost.problem`."""
    while name and name not in names:
        name = name.rpartition(".")[0]
    return name if name != "gatepost" else None


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_pure_room_touches_no_driver(path: Path) -> None:
    if room(path) in PURE:
        roots = {name.split(".")[0] for name in imports(path)}
        assert not roots & DRIVERS


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_stand_at_the_top(path: Path) -> None:
    late = [
        node.lineno
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not late
    if path != FRONT and not {room(path), path.stem} & IMPORTS_BY_NAME:
        assert "importlib.import_module" not in path.read_text()


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_says_what_it_is_for_and_stays_small(path: Path) -> None:
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(tree(path)), "a module opens with what comes in, goes out, must not be"
    assert len(text.splitlines()) <= MAX_FILE
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION, f"{node.name} is too long"


def test_only_the_database_and_set_up_rooms_speak_to_postgresql() -> None:
    """And Django's engine, whose driver it is."""
    engine = SOURCE / "frameworks" / "django" / "postgresql"
    others = [path for path in modules() if not path.is_relative_to(engine)]
    speakers = {room(path) for path in others if any(name.split(".")[0] == "psycopg" for name in imports(path))}
    assert speakers <= {"database", "migrate", "evolve", "embedded", "cli", "testing"}


def test_nothing_speaks_of_where_it_was_made() -> None:
    places = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "src").rglob("*.*"),
        *(ROOT / "examples").rglob("*.*"),
    ]
    for path in places:
        if path.suffix in {".py", ".sql", ".md", ".toml", ".html", ".js", ".mjs", ".css"}:
            found = re.search(r"/(?:work|farm|root|home)/", path.read_text())
            assert found is None, f"{path}: {found}"
