"""A project folder, read: where its migrations lie, what its configuration says, what of it has no effect here.

In: a folder with `gatepost.toml`, or a Supabase project's `supabase/config.toml`, and the environment. Out: a frozen
Project, or a Problem that names file and key.
Never: a change to the folder, or a key that is passed over in silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from gatepost import settings as configuration
from gatepost.problem import Problem
from gatepost.settings import Freshness, Settings

from . import supabase
from .contents import Contents
from .dotenv import environment

Kind = Literal["gatepost", "supabase"]
# Of our own projects, where Supabase's are to be served as they are.
DEFAULTS = {"claims.freshness": Freshness("bounded:60")}


@dataclass(frozen=True, slots=True)
class Project:
    """A folder that Gatepost can serve.

    `root` is the project's folder; `folder` holds `migrations/` (which need not exist), and `seeds` are files or
    patterns relative to it. `notes` are sentences for the person who starts it: keys that are not honoured, variables
    that are not set. `contents` are rows that the configuration puts into the database.
    """

    kind: Kind
    root: Path
    name: str
    folder: Path
    seeds: tuple[str, ...]
    settings: Settings
    notes: tuple[str, ...] = ()
    contents: Contents = field(default_factory=Contents)

    @property
    def hidden(self) -> Path:
        """The folder for what belongs to this machine only: state, keys, an embedded server's data."""
        return self.root / ".gatepost"


def find(folder: Path) -> tuple[Kind, Path]:
    """The kind of project a folder holds and its root; a Supabase project may be named by its `supabase` folder too."""
    folder = folder.resolve()
    if not folder.is_dir():
        raise Problem("no_project", 500, f"{folder}: there is no such folder")
    if (folder / "supabase" / "config.toml").is_file():
        return "supabase", folder
    if folder.name == "supabase" and (folder / "config.toml").is_file():
        return "supabase", folder.parent
    if (folder / "gatepost.toml").is_file():
        return "gatepost", folder
    hint = "Name a folder that holds gatepost.toml, or supabase/config.toml; an empty gatepost.toml is enough"
    raise Problem("no_project", 500, f"{folder}: this is not a project", None, hint)


def read(folder: Path, environ: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> Project:
    """The project in `folder`. Later wins: defaults, config.toml, gatepost.toml, the environment, `overrides`."""
    kind, root = find(folder)
    if kind == "supabase":
        return _supabase(root, environ, overrides or {})
    own = configuration.load_file(root / "gatepost.toml")
    settings = _located(configuration.load(own, environment(root, environ), base=DEFAULTS, overrides=overrides), root)
    return Project("gatepost", root, settings.project.name or root.name, root, settings.project.seeds, settings)


def _supabase(root: Path, environ: Mapping[str, str], overrides: Mapping[str, object]) -> Project:
    folder = root / "supabase"
    variables = environment(folder, environ)
    foreign = supabase.translate(configuration.load_file(folder / "config.toml"), variables, root)
    beside = root / "gatepost.toml"
    own = configuration.load_file(beside) if beside.is_file() else None
    base = {"graphql.enabled": False} | dict(foreign.values)  # its clients know another dialect
    settings = _located(configuration.load(own, environ, base=base, overrides=overrides), root)
    name = settings.project.name or foreign.name or root.name
    seeds = (*foreign.seeds, *(f"../{path}" for path in _seeds_beside(own)))
    return Project("supabase", root, name, folder, seeds, settings, foreign.notes, foreign.contents)


def _seeds_beside(own: Mapping[str, object] | None) -> tuple[str, ...]:
    """Seeds that a gatepost.toml beside another's project names, relative to it: they run after that one's own."""
    section = (own or {}).get("project")
    return msgspec.convert(section.get("seeds", ()), tuple[str, ...]) if isinstance(section, dict) else ()  # pyright: ignore[reportUnknownMemberType]


def _located(settings: Settings, root: Path) -> Settings:
    """Files that settings name, found from the project's folder wherever the server is started."""
    if settings.project.pages:
        pages = str(_pages(root, settings.project.pages))
        settings = replace(settings, project=replace(settings.project, pages=pages))
    mail = settings.mail
    paths = {name: getattr(mail, name) for name in mail.__struct_fields__ if name.startswith("template_")}
    found = {name: str(root / path) for name, path in paths.items() if path and (root / path).is_file()}
    settings = replace(settings, mail=replace(mail, **found)) if found else settings
    graphql = settings.graphql
    named = {
        name: str(root / path) for name in ("tags_file", "persisted_operations") if (path := getattr(graphql, name))
    }
    return replace(settings, graphql=replace(graphql, **named)) if named else settings


def _pages(root: Path, name: str) -> Path:
    """The folder of the project's pages, which are everybody's: the project itself may not lie in it."""
    folder = (root / name).resolve()
    if not folder.is_dir():
        raise Problem("invalid_setting", 500, f"project.pages: there is no folder {folder}")
    if root.resolve().is_relative_to(folder):
        raise Problem("invalid_setting", 500, f"project.pages: everybody would see the project itself in {folder}")
    return folder
