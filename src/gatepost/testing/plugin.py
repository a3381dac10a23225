"""What pytest loads wherever Gatepost is installed: options, and the fixtures where there is a project.

In: pytest's configuration. Out: `gatepost.testing.fixtures`, registered. Never: an import of what takes long; a fixture
in a run that is about something else.
"""

import fcntl
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from . import fixtures
from .asked import PREFIX, RUNNING, Asked
from .fixtures import ASKED

HANDED = "gatepost_folder"
FIXTURES = "gatepost-fixtures"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gatepost")
    group.addoption(
        "--gatepost-database-url", metavar="URL", help="administrator's URL of a PostgreSQL server that is for tests"
    )
    group.addoption("--gatepost-update", action="store_true", help="write access matrices as they are now")
    parser.addini("gatepost_project", "folder of the project that is tested (default: rootdir, where it is one)")
    parser.addini("gatepost_database_url", "as --gatepost-database-url")
    parser.addini("gatepost_settings", "settings for the tests, a `key = value` a line", type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    project = _project(config)
    if project is None:
        return
    url = config.getoption("--gatepost-database-url") or config.getini("gatepost_database_url")
    update = bool(config.getoption("--gatepost-update"))
    config.stash[ASKED] = Asked(project, url, tuple(config.getini("gatepost_settings")), update, _folder(config))
    config.pluginmanager.register(fixtures, FIXTURES)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A worker of pytest-xdist is told where the others find the run's server."""
    asked = node.config.stash.get(ASKED, None)
    if asked is not None:
        node.workerinput[HANDED] = str(asked.folder)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Whoever made the run's folder removes it."""
    asked = config.stash.get(ASKED, None)
    if asked is not None and not hasattr(config, "workerinput"):
        shutil.rmtree(asked.folder, ignore_errors=True)


def _project(config: pytest.Config) -> Path | None:
    named: str = config.getini("gatepost_project")
    if not named:
        return config.rootpath if _is_project(config.rootpath) else None
    base = config.inipath.parent if config.inipath else config.rootpath
    if not _is_project(base / named):
        raise pytest.UsageError(f"gatepost_project: {base / named} holds no gatepost.toml and no supabase/config.toml")
    return (base / named).resolve()


def _is_project(folder: Path) -> bool:
    return (folder / "gatepost.toml").is_file() or (folder / "supabase" / "config.toml").is_file()


def _folder(config: pytest.Config) -> Path:
    """A short path (of sockets no more than a hundred letters are read) that another account's server can pass."""
    handed: str | None = getattr(config, "workerinput", {}).get(HANDED)
    if handed is not None:
        return Path(handed)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o711)
    held = (folder / RUNNING).open("w")
    fcntl.flock(held, fcntl.LOCK_EX)
    config.add_cleanup(held.close)
    return folder
