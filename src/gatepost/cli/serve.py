"""`gatepost serve`: a project served for others, or one surface alone in its original's place.

In: a project folder, or `GOTRUE_*` / `PGRST_*` variables, or PostGraphile's options. Out: this process turned into the
serving one. Never: demo keys, an inbox, or a migration that nobody asked for.
"""

import os
from pathlib import Path
from typing import Any

import msgspec

from gatepost import migrate
from gatepost.cli import claim, process, setup, terminal
from gatepost.problem import Problem
from gatepost.project import alone, state
from gatepost.project.alone import GRAPHQL_KEYS, SURFACES, Surface

PORT_VARIABLES: dict[Surface, str] = {"auth": "PORT", "rest": "PGRST_SERVER_PORT", "graphql": "PORT"}
DATABASE_VARIABLES: dict[Surface, str] = {"auth": "DATABASE_URL", "rest": "PGRST_DB_URI", "graphql": "DATABASE_URL"}


def run(what: str, *, port: int | None, database_url: str, options: str, new_key: setup.NewKey) -> None:
    """Serve one surface alone, or the project in the folder that `what` names; returns only if something is wrong.

    A folder of that name is written `./auth`. `options` are for `graphql`.
    """
    surface: Surface | None = next((each for each in SURFACES if each == what), None)
    if options and surface != "graphql":
        raise Problem("invalid_setting", 500, "--options is for `gatepost serve graphql`", None, "Use gatepost.toml")
    if surface == "graphql":
        keys = read_options(options)
        if not keys.get("anonRole") and "role" not in (keys.get("pgSettings") or {}):
            terminal.note("anonRole is not set: who brings no token acts as the database URL's own user")
        os.environ[GRAPHQL_KEYS] = msgspec.json.encode(keys).decode()
    if surface:
        _alone(surface, port, database_url)
    _project(Path(what), port, database_url, new_key)


def read_options(text: str) -> dict[str, Any]:
    """PostGraphile's options, from a JSON file or written as JSON."""
    path = Path(text)
    try:
        content = text if text.lstrip().startswith("{") else path.read_text("utf-8") if text else "{}"
        return msgspec.json.decode(content, type=dict[str, Any])
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        message = "--options is neither a file nor a JSON object"
        raise Problem("invalid_setting", 500, message, str(error), "See docs/howto/one-surface-alone.md") from None


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
        os.environ[DATABASE_VARIABLES[surface]] = database_url
    settings, notes = alone.read(surface, os.environ)
    for text in notes:
        terminal.note(text)
    process.check_address(settings.server.host, settings.server.port)
    if surface == "auth" and migrate.install_auth(settings.database.auth_url):
        terminal.step("schema auth is up to date")
    process.become([surface], None)
