"""A project's files: in order, once, each in a transaction of its own, and where one failed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gatepost.embedded import Server
from gatepost.migrate import Progress, Report, State, apply_project, status
from gatepost.problem import Problem
from tests.conftest import Connect, FreshDatabase, Needs

Apply = Callable[..., Report]


class Project:
    """A folder and a database; `said` is what the last run told."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.folder, self.dsn, self.said = folder, dsn, list[Progress]()
        (folder / "migrations").mkdir()

    def write(self, **files: str) -> None:
        for name, text in files.items():
            folder = self.folder if name.startswith("seed") else self.folder / "migrations"
            (folder / f"{name.lstrip('v')}.sql").write_text(text)

    def apply(self, *seeds: str) -> Report:
        self.said.clear()
        return apply_project(self.dsn, self.folder, self.said.append, seed_paths=seeds or ("seed.sql",))

    def problem(self) -> Problem:
        with pytest.raises(Problem) as caught:
            self.apply()
        return caught.value

    def states(self) -> dict[str, str]:
        return {state.version: state.state for state in status(self.dsn, self.folder)}


@pytest.fixture
def supabase(tmp_path: Path, cluster: Server, fresh_database: FreshDatabase) -> Project:
    return Project(tmp_path, cluster.dsn("postgres", fresh_database("supabase")))


@pytest.fixture
def project(tmp_path: Path, cluster: Server, fresh_database: FreshDatabase) -> Project:
    return Project(tmp_path, cluster.dsn("postgres", fresh_database()))


@pytest.fixture
def rows(connect: Connect, project: Project) -> Callable[[str], list[tuple[object, ...]]]:
    database = project.dsn.rpartition("dbname=")[2].strip("'")
    return lambda query: connect("postgres", database).execute(query).fetchall()  # type: ignore[arg-type]


Rows = Callable[[str], list[tuple[object, ...]]]


def test_files_run_in_the_order_of_their_versions_and_once(project: Project, rows: Rows) -> None:
    project.write(v0019_fill="insert into notes values (1)", v0001_notes="create table notes (id int)")
    assert project.apply().applied == ["0001_notes.sql", "0019_fill.sql"]
    assert project.apply().applied == []
    assert rows("select * from notes") == [(1,)]
    assert rows("select version, name from supabase_migrations.schema_migrations order by 1") == [
        ("0001", "notes"),
        ("0019", "fill"),
    ]


def test_the_ledger_holds_the_statements_as_supabases_does(project: Project, rows: Rows) -> None:
    project.write(v1_a='create table "a;b" (t text default $$;$$);\n-- last\ninsert into "a;b" values (\'x\\\\"\');')
    project.apply()
    [(statements,)] = rows("select statements from supabase_migrations.schema_migrations")
    assert statements == ['create table "a;b" (t text default $$;$$)', 'insert into "a;b" values (\'x\\\\"\')']
    assert project.states() == {"1": "applied"}


def test_a_failing_file_leaves_nothing_and_those_before_it_stay(project: Project, rows: Rows) -> None:
    project.write(
        v1_good="create table good (id int)", v2_bad="create table bad (id int);\n\nselect 1/0;", v3_later="select 1"
    )
    project.problem()
    assert project.states() == {"1": "applied", "2": "pending", "3": "pending"}
    assert rows("select to_regclass('bad')") == [(None,)]
    project.write(v2_bad="create table bad (id int)")
    assert project.apply().applied == ["2_bad.sql", "3_later.sql"]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("select 1;\nselect 2;\n  selec 3;", "3:3", 'syntax error at or near "selec"'),
        ("select 1;\nselect ä, missing from nowhere;", "2:24", 'relation "nowhere" does not exist'),
        ("create table a (id int);\n\n-- runs\ninsert into a values (1/0);", "4:1", "division by zero"),
        ("do $$ begin\n  raise exception 'no way';\nend $$;", "1:1", "no way"),
    ],
)
def test_an_error_has_its_place(project: Project, text: str, place: str, message: str) -> None:
    project.write(v1_a=text)
    problem = project.problem()
    assert f"1_a.sql:{place}: {message}" in problem.message
    assert f"SQLSTATE {problem.code}" in problem.message
    assert isinstance(problem.details, dict)
    assert problem.details["statement"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("create extension postgis schema extensions; select extensions.st_union('POINT(1 1)', 'x');", "postgis"),
        ("create extension plv8;", "The embedded PostgreSQL lacks it"),
        ("create collation loose (provider = icu, locale = 'und');", "The embedded PostgreSQL lacks it"),
    ],
)
def test_what_only_a_full_postgresql_has_is_said(supabase: Project, needs: Needs, text: str, hint: str) -> None:
    needs("the embedded PostgreSQL")
    supabase.write(v1_a=text)
    told = supabase.problem().hint or ""
    assert hint in told
    assert "--database-url" in told


@pytest.mark.parametrize(
    "text",
    [
        "select * from nowhere",
        "create extension pg_cron; select * from other.things",
        "create extension postgis; drop policy mine on storage.objects",
    ],
)
def test_a_mistake_of_the_file_itself_has_no_such_advice(supabase: Project, needs: Needs, text: str) -> None:
    needs("the embedded PostgreSQL")
    supabase.write(v1_a=text)
    assert supabase.problem().hint is None


def test_what_only_a_superuser_may_have_is_said(supabase: Project) -> None:
    supabase.write(v1_a="create extension pageinspect")
    assert 'a superuser of this database run: create extension if not exists "pageinspect"' in (
        supabase.problem().hint or ""
    )


def test_an_unterminated_comment_is_not_quoted_to_the_files_end(project: Project) -> None:
    project.write(v1_a="/* once /* twice */\n" + "select 1;\n" * 200)
    problem = project.problem()
    assert "1_a.sql:1:1: unterminated /* comment" in problem.message
    assert len(problem.message) < 600


def test_a_psql_command_is_refused(project: Project) -> None:
    project.write(v1_a="select 1;\n\\i other.sql")
    assert project.problem().code == "migration_psql_command"


def test_copy_from_stdin_is_refused_and_nothing_hangs(project: Project) -> None:
    project.write(v1_a="create table a (id int);\ncopy a from stdin;")
    assert "COPY FROM STDIN" in project.problem().message


def test_a_file_that_commits_by_itself_runs_with_a_warning(project: Project, rows: Rows) -> None:
    project.write(v1_a="begin; create table a (id int); commit;", v2_b="begin; create table b (id int);")
    report = project.apply()
    assert report.applied == ["1_a.sql", "2_b.sql"]
    assert all("commits transactions by itself" in warning for warning in report.warnings)
    assert rows("select to_regclass('a') is not null and to_regclass('b') is not null") == [(True,)]


def test_a_file_with_what_no_transaction_takes_runs_statement_by_statement(project: Project, rows: Rows) -> None:
    project.write(
        v1_a="create table a (id int)", v2_b="-- both\ncreate index concurrently one on a (id);\nvacuum a;\nselect 1;"
    )
    report = project.apply()
    assert report.applied == ["1_a.sql", "2_b.sql"]
    assert "PostgreSQL runs outside of transactions only: if it fails, a part may stay" in report.warnings[0]
    assert rows("select indisvalid from pg_index where indexrelid = 'one'::regclass") == [(True,)]


def test_where_such_a_file_failed_is_said(project: Project) -> None:
    project.write(v1_a="create table a (id int);\ncreate index concurrently one\n  on a (missing);")
    assert '1_a.sql:2:1: column "missing" does not exist' in project.problem().message
    project.write(v1_a="drop table if exists a;\n create index concurrently one on a (id);\n  selec 1;")
    assert '1_a.sql:2:2: relation "a" does not exist' in project.problem().message
    assert project.states() == {"1": "pending"}


def test_what_a_file_does_to_its_session_ends_with_it(project: Project, rows: Rows) -> None:
    dump = "select set_config('search_path', '', false); set role anon; set statement_timeout = '1h';"
    project.write(v1_dump=dump, v2_next="create table public.t as select current_user::text as who")
    assert project.apply().applied == ["1_dump.sql", "2_next.sql"]
    assert rows("select who from t") == [("postgres",)]


def test_what_the_database_did_by_itself_is_told(project: Project) -> None:
    ruled = "create table public.ruled (id int); create policy all_of_them on public.ruled using (true)"
    project.write(v1_a="create table public.a (id int)", v2_ruled=ruled)
    project.apply()
    notices = [progress.message for progress in project.said if progress.kind == "notice"]
    assert notices == [
        "row level security is enabled on public.a: nobody but its owner sees its rows until a policy says so"
    ]


def test_a_changed_file_is_reported_and_not_run(project: Project) -> None:
    project.write(v1_a="create table a (id int)")
    project.apply()
    project.write(v1_a="create table a (id int, more text)")
    assert project.states() == {"1": "changed"}
    report = project.apply()
    assert (report.applied, len(report.warnings)) == ([], 1)
    assert "1_a.sql was applied and has changed since" in report.warnings[0]


def test_a_comment_or_space_between_statements_is_no_change(project: Project) -> None:
    project.write(v1_a="select 1;select 2")
    project.apply()
    project.write(v1_a="-- two\nselect 1;\n\nselect 2;\n")
    assert project.states() == {"1": "applied"}


def test_a_file_that_is_gone_is_reported(project: Project) -> None:
    project.write(v1_a="select 1")
    project.apply()
    (project.folder / "migrations/1_a.sql").unlink()
    assert project.states() == {"1": "missing"}
    assert "its file is gone" in project.apply().warnings[0]


def test_a_late_comer_with_an_older_version_runs_with_a_warning(project: Project) -> None:
    project.write(v2_b="select 1")
    project.apply()
    project.write(v1_a="select 1")
    report = project.apply()
    assert report.applied == ["1_a.sql"]
    assert "is older than migrations that were applied before it" in report.warnings[0]


def test_foreign_files_are_passed_over_with_a_word(project: Project) -> None:
    project.write(v1_a="select 1")
    (project.folder / "migrations/atlas.sum").write_text("h1:")
    project.apply()
    assert [progress.file for progress in project.said if progress.kind == "ignored"] == ["atlas.sum"]


def test_a_supabase_projects_roles_come_first_and_two_of_one_version_both_run(supabase: Project) -> None:
    (supabase.folder / "config.toml").touch()
    (supabase.folder / "roles.sql").write_text("set session_replication_role = replica; select 1 as roles")
    supabase.write(v1_a="create table public.a (id int)", v1_b="alter table public.a add b int")
    report = supabase.apply()
    assert (report.seeded, report.applied) == (["roles.sql"], ["1_a.sql", "1_b.sql"])
    assert report.warnings == ["1_b.sql has another file's version, which Supabase's command line does not apply"]
    assert [each.kind for each in supabase.said if each.kind != "warning"] == ["seeded", "applied", "applied"]
    (supabase.folder / "roles.sql").write_text("create role postgres")
    again = supabase.apply()
    assert (again.seeded, again.applied, again.warnings) == ([], [], [])
    assert supabase.states() == {"1": "applied", "1_b": "applied"}


def test_a_file_of_that_name_for_other_things_is_left_alone(supabase: Project) -> None:
    (supabase.folder / "config.toml").touch()
    (supabase.folder / "roles.sql").write_text("do $$ begin end $$;\ncreate table public.roles (name text)")
    supabase.write(v1_roles="create table public.roles (name text)")
    report = supabase.apply()
    assert (report.seeded, report.applied) == ([], ["1_roles.sql"])
    assert report.warnings == [
        "roles.sql is not run: create table public roles … does not belong before the migrations"
    ]


def test_a_seed_runs_once_after_the_migrations(project: Project, rows: Rows) -> None:
    project.write(v1_a="create table a (id int)", seed="insert into a values (1)")
    report = project.apply()
    assert (report.applied, report.seeded) == (["1_a.sql"], ["seed.sql"])
    project.write(seed="insert into a values (2)")
    report = project.apply()
    assert report.seeded == []
    assert "seed.sql was run and has changed since" in report.warnings[0]
    assert rows("select * from a") == [(1,)]


def test_a_failing_seed_is_run_again(project: Project) -> None:
    project.write(seed="insert into nowhere values (1)")
    assert "seed.sql:1:13" in project.problem().message
    project.write(seed="select 1")
    assert project.apply().seeded == ["seed.sql"]


def test_a_seed_that_does_not_exist_is_normal(project: Project) -> None:
    assert project.apply("./seeds/*.sql", "./seed.sql").seeded == []


def test_status_of_a_database_that_never_saw_a_migration(project: Project) -> None:
    project.write(v1_a="select 1")
    assert status(project.dsn, project.folder) == [State("1", "a", "pending")]
