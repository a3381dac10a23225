"""The example project, served for tests that treat it badly."""

import shutil
from pathlib import Path

import pytest

from tests.serving import Serve, Served
from tests.surfaces.people import Person, newcomer

TODO = Path(__file__).parents[3] / "examples" / "todo"
BODY_LIMIT = 2 * 1024 * 1024


def example(folder: Path) -> None:
    """A copy of examples/todo, without what a run of it left there."""
    shutil.copytree(TODO, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".gatepost", "node_modules"))


@pytest.fixture(scope="session")
def todo(served: Serve) -> Served:
    """The example, with a small limit for bodies."""
    return served(example, environ={"GATEPOST_SERVER_BODY_LIMIT": str(BODY_LIMIT)})


@pytest.fixture(scope="session")
def person(todo: Served) -> Person:
    """Somebody with a session and one todo."""
    somebody = newcomer(todo)
    assert somebody.write("POST", "todos", {"task": "write"})[0] == 201
    return somebody
