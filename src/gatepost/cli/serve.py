"""`gatepost serve`: a project served for others, or one surface alone in its original's place.

In: a project folder, or `GOTRUE_*` / `PGRST_*` variables. Out: this process turned into the serving one.
Never: demo keys, an inbox, or a migration that nobody asked for.
"""

import os
from pathlib import Path

from gatepost import migrate
from gatepost.cli import claim, process, setup, terminal
from gatepost.project import alone, state
from gatepost.project.alone import Surface

PORT_VARIABLES: dict[Surface, str] = {"auth": "PORT", "rest": "PGRST_SERVER_PORT"}


def run(what: str, *, port: int | None, database_url: str, new_key: setup.NewKey) -> None:
    """Serve `auth` or `rest` alone, or the project in the folder that `what` names; returns only if something is wrong.

    A folder of that name is written `./auth`.
    """
    if what in ("auth", "rest"):
        _alone(what, port, database_url)
    _project(Path(what), port, database_url, new_key)


def _project(folder: Path, port: int | None, database_url: str, new_key: setup.NewKey) -> None:
    project = claim.read(folder, database_url, port)
    lock = claim.claim(project)
    place = setup.reach(project)
    previous = state.read(project.hidden)
    try:
        prepared = setup.install(place, previous, new_key, development=False)
        file = state.write(project.hidden, prepared)
    except BaseException:
        place.close()
        raise
    for text in project.notes:
        terminal.note(text)
    if previous is None or previous.keys != prepared.keys:
        terminal.note(f"new keys were made; they are kept in {file}")
        terminal.facts([("Publishable key", prepared.keys.publishable), ("Secret key", prepared.keys.secret)])
    terminal.facts([("API URL", prepared.url)])
    process.become([str(file)], lock)


def _alone(surface: Surface, port: int | None, database_url: str) -> None:
    if port is not None:
        os.environ[PORT_VARIABLES[surface]] = str(port)
    if database_url:
        os.environ["PGRST_DB_URI" if surface == "rest" else "DATABASE_URL"] = database_url
    settings, notes = alone.read(surface, os.environ)
    for text in notes:
        terminal.note(text)
    process.check_address(settings.server.host, settings.server.port)
    if surface == "auth" and migrate.install_auth(settings.database.auth_url):
        terminal.step("schema auth is up to date")
    process.become([surface], None)
