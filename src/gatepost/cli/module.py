"""`gatepost module`: parts of ours that a project asks for by name.

In: a project and a module's name. Out: the module's objects in the project's database.
Never: a change to the project's files.
"""

from pathlib import Path

from gatepost import migrate
from gatepost.cli import claim, setup, terminal
from gatepost.project import state


def add(name: str, folder: Path, *, database_url: str, new_key: setup.NewKey) -> None:
    """Install a module, or bring it up to date; a database that was never set up is set up first."""
    project = claim.read(folder, database_url)
    with setup.reached(project) as place:
        known = state.read(project.hidden)
        prepared = setup.install(place, known, new_key, development=known is None or known.development)
        if known is None:
            state.write(project.hidden, prepared)
        changed = migrate.install_module(place.admin, name)
    terminal.step(f"installed module {name}" if changed else f"nothing to do: module {name} is up to date")
    if name not in project.settings.project.modules:
        terminal.note(f'write modules = ["{name}"] under [project] in gatepost.toml, and every database has it')
