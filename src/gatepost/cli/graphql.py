"""`gatepost graphql schema`: the schema that is served, as text.

In: a project's folder, or a database's URL and PostGraphile's options. Out: SDL on stdout.
Never: a change to the database.
"""

import sys
from pathlib import Path
from typing import Any

from gatepost.cli import claim, setup
from gatepost.cli.serve import read_options
from gatepost.problem import Problem
from gatepost.project import state


def schema(folder: Path, *, database_url: str, options: str, export: Any) -> None:
    """Print the schema of a project, or, where a URL is given, of that database."""
    if database_url:
        print_to_end(export.alone(database_url, read_options(options)))
        return
    if options:
        hint = "Name a database with --db; a project's options stand in its gatepost.toml"
        raise Problem("invalid_setting", 500, "--options goes with --db", None, hint)
    project = claim.read(folder)
    known = state.read(project.hidden)
    if known is None:
        raise Problem("not_set_up", 500, f"{project.root} was never set up", None, f"Run gatepost dev {folder} first")
    with setup.reached(project):
        text = export.of_project(known.logins["authenticator"], project.settings)
    print_to_end(text)


def print_to_end(text: str) -> None:
    """Text as it is, however long."""
    sys.stdout.write(text.rstrip() + "\n")
