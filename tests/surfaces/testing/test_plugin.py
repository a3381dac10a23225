"""The pytest plugin, as people use it: in a project of theirs, by workers, on a server of theirs, and not at all."""

import json
import re
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from gatepost.embedded import Server
from gatepost.testing.asked import Asked
from gatepost.testing.run import begun

ROOT = Path(__file__).parents[3]
TODO, HERE = ROOT / "examples" / "todo", Path(__file__).parent
BLOCK, TEXT = (re.compile(rf"^```{kind}\n(.*?)^```", re.MULTILINE | re.DOTALL) for kind in ("python", "text"))
# Were the tests to obey this, they would reach out.
ELSEWHERE = """
hook_custom_access_token_enabled = true
hook_custom_access_token_uri = "pg-functions://postgres/private/hooked"

[claims]
freshness = "strict"

[database]
url = "postgresql://somebody@db.invalid/production"

[mail]
smtp_host = "smtp.invalid"
"""
HOOK = """
create function private.hooked(event jsonb) returns jsonb language sql stable as $$
  select jsonb_build_object('claims', event -> 'claims' || jsonb_build_object('hooked', event #> '{claims,email}'))
$$;
revoke execute on function private.hooked(jsonb) from public;
grant usage on schema private to supabase_auth_admin;
grant execute on function private.hooked(jsonb) to supabase_auth_admin;
"""
QUIET = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-W", "error", "-W", "ignore:The '")


def project(folder: Path) -> Path:
    """A copy of the example, on its own."""
    return Path(shutil.copytree(TODO, folder, ignore=shutil.ignore_patterns(".gatepost", "__pycache__")))


def run(pytester: pytest.Pytester, folder: Path, *arguments: str) -> pytest.RunResult:
    """pytest in a project's folder, in a process of its own."""
    loop = ("-o", "asyncio_default_fixture_loop_scope=function")
    return pytester.runpytest_subprocess(
        "--rootdir", str(folder), "-c", str(folder / "pytest.ini"), *QUIET, *loop, *arguments
    )


@pytest.fixture
def server(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Where another PostgreSQL is asked for, that one; else the embedded one."""
    if not request.config.getoption("--postgres"):
        return ()
    cluster: Server = request.getfixturevalue("cluster")
    return ("--gatepost-database-url", cluster.dsn())


def test_a_projects_tests_by_two_workers(pytester: pytest.Pytester, server: tuple[str, ...]):
    """The example's own, the guide's, and those of each fixture; nothing of the project is touched, nothing is left."""
    folder = project(pytester.path / "todo")
    shutil.copy(HERE / "inner_fixtures.py", folder / "tests" / "test_fixtures.py")
    guide = (ROOT / "docs" / "howto" / "testing.md").read_text()
    (folder / "tests" / "test_guide.py").write_text("\n".join(BLOCK.findall(guide)))
    (folder / "tests" / "who.txt").write_text(TEXT.findall(guide)[0])
    with (folder / "gatepost.toml").open("a") as file:
        file.write(ELSEWHERE)
    (folder / "migrations" / "20260101090500_hook.sql").write_text(HOOK)
    pytester.chdir()
    result = run(pytester, folder, "-n", "2", "-o", "gatepost_settings=auth.site_url = http://site.test", *server)
    outcomes = result.parseoutcomes()
    assert result.ret == 0, result.stdout.str()
    assert outcomes["passed"] >= 30
    noted = [json.loads(line) for line in Path("noted.jsonl").read_text().splitlines()]
    assert {each["worker"] for each in noted} == {"gw0", "gw1"}
    [shared] = {each["folder"] for each in noted}
    assert not Path(shared).exists()
    assert not (folder / ".gatepost").exists()
    assert min(json.loads(Path("spent.json").read_text())) <= 1.0, "a copy is as slow as migrations are"


def test_a_matrix_is_written_and_the_same_on_any_server(pytester: pytest.Pytester, cluster: Server):
    golden = project(pytester.path / "backend") / "tests" / "access_matrix.txt"
    golden.unlink()
    pytester.makeini("[pytest]\ngatepost_project = backend\ngatepost_database_url = " + cluster.dsn())
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        before = admin.execute("select count(*) from pg_database").fetchone()
        arguments = ("-n", "0", "-k", "who_may", "--gatepost-update", "backend/tests")
        result = pytester.runpytest_subprocess(*QUIET, "-p", "no:asyncio", *arguments)
        result.assert_outcomes(passed=1, deselected=5)
        assert golden.read_text() == (TODO / "tests" / "access_matrix.txt").read_text()
        assert admin.execute("select count(*) from pg_database").fetchone() == before


def test_elsewhere_there_is_nothing_of_it(pytester: pytest.Pytester):
    pytester.makepyfile("""
        import sys

        import pytest

        def test_it_costs_nothing():
            assert "gatepost.testing.plugin" in sys.modules
            assert not {"psycopg", "uvicorn", "msgspec", "httpx", "gatepost.testing.run"} & set(sys.modules)

        def test_its_names_are_free(request):
            with pytest.raises(LookupError, match="'database'"):
                request.getfixturevalue("database")
    """)
    pytester.runpytest_subprocess("-n", "0", *QUIET, "-p", "no:asyncio").assert_outcomes(passed=2)


def test_a_project_that_is_none_is_refused(pytester: pytest.Pytester):
    pytester.makeini("[pytest]\ngatepost_project = backend\n")
    result = pytester.runpytest_subprocess("-n", "0", *QUIET, "-p", "no:asyncio")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*gatepost_project: *backend holds no gatepost.toml and no supabase/config.toml*"])


def test_a_migration_that_fails_is_told_with_its_place(cluster: Server, scratch: Path):
    backend, folder = (Path(tempfile.mkdtemp(dir=scratch)) for _ in range(2))
    (backend / "gatepost.toml").touch()
    (backend / "migrations").mkdir()
    (backend / "migrations" / "1_wrong.sql").write_text("select 1;\nselect x;\n")
    asked = Asked(backend, cluster.dsn(), (), False, folder)
    with pytest.raises(pytest.fail.Exception, match=r"(?s)1_wrong\.sql.*line: 2"), begun(asked):
        pass
