"""A project with rooms, members and notes, served with small limits; and ways to ask it."""

import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.serving import Serve, Served
from tests.surfaces.people import Person, newcomer

PROJECT = Path(__file__).parent / "rooms"


def rooms(folder: Path) -> None:
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def server(served: Serve) -> Served:
    return served(rooms)


@pytest.fixture(scope="module")
def ada(server: Served) -> Person:
    return newcomer(server)


@pytest.fixture(scope="module")
def bob(server: Served) -> Person:
    return newcomer(server)


@pytest.fixture(scope="module")
def room(server: Served, ada: Person, bob: Person) -> str:
    """A room of both."""
    return new_room(server, ada, bob)


def new_room(server: Served, *people: Person) -> str:
    id = str(uuid4())
    server.sql("insert into public.rooms values (%s, 'A room')", (id,))
    for person in people:
        server.sql("insert into public.members values (%s, %s)", (id, person.id))
    return id


def ask(person: Person, query: object, variables: object = None, **headers: str) -> dict[str, Any]:
    """What an operation answers."""
    return person.ask("POST", "/graphql", {"query": query, "variables": variables}, **headers).json()


def messages(answer: dict[str, Any]) -> list[str]:
    """What went wrong before anything ran."""
    assert "data" not in answer
    return [error["message"] for error in answer["errors"]]
