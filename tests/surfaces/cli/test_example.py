"""The example's own client programs, as its README says to run them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import NODE

from .conftest import EXAMPLE, Command


@pytest.fixture(scope="module")
def environment(todo: Command) -> dict[str, str]:
    """What `gatepost status -o env` gives a client, on top of what it had."""
    todo.served()
    return todo.environment | json.loads(todo.run("status", "-o", "json").stdout)


def check(output: str) -> None:
    assert "signed in as " in output
    assert "[ ] Learn row level security\n[x] Sleep\n" in output
    assert "Readers" in output
    assert "grace" in output


def test_the_python_client(environment: dict[str, str]):
    program = EXAMPLE / "clients" / "client.py"
    command = [sys.executable, program]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    check(done.stdout)


def test_the_javascript_client(environment: dict[str, str], tmp_path: Path, packages: Path):
    (tmp_path / "node_modules").symlink_to(packages / "node_modules")
    (tmp_path / "client.mjs").write_text((EXAMPLE / "clients" / "client.mjs").read_text())
    command = [NODE, tmp_path / "client.mjs"]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    check(done.stdout)
