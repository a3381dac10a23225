"""Each file of a framework stands on the core, the framework and nothing else, so that it can be imported alone."""

import ast
import sys
from pathlib import Path

import pytest

import gatepost.frameworks

FOLDER = Path(gatepost.frameworks.__file__).parent
# What comes with a framework counts as the framework.
FRAMEWORK = {
    "starlette.py": {"starlette"},
    "fastapi.py": {"fastapi", "starlette", "typing_extensions"},
    "flask.py": {"flask", "werkzeug"},
    "sqlalchemy.py": {"sqlalchemy"},
    "django": {"django", "asgiref", "psycopg"},
    "django/drf.py": {"django", "rest_framework"},
    "pages": {"jinja2", "qrcode"},
    "pages/django.py": {"django"},
    "pages/flask.py": {"flask"},
    "pages/starlette.py": {"starlette"},
}
EVERYBODYS = {"httpx", "msgspec"}


def modules() -> list[Path]:
    return sorted(path for path in FOLDER.rglob("*.py"))


def foreign(path: Path) -> set[str]:
    """Packages that a module imports, neither Python's nor ours."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).split(".")[0])
    return found - set(sys.stdlib_module_names) - {"gatepost"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_file_needs_its_framework_alone(path: Path):
    place = path.relative_to(FOLDER)
    allowed = FRAMEWORK.get(place.as_posix(), FRAMEWORK.get(place.parts[0], set[str]()))
    assert foreign(path) <= allowed | EVERYBODYS


def test_every_frameworks_file_is_known():
    known = {"__init__.py", "cookies.py", "core", *(each.partition("/")[0] for each in FRAMEWORK)}
    assert {path.relative_to(FOLDER).parts[0] for path in modules()} >= known
