"""What a project's migrations take for granted and its server lacks: extensions, and a queue for jobs."""

from pathlib import Path

import pytest

from gatepost import migrate
from gatepost.embedded import Server, extensions
from gatepost.migrate import Progress, Report
from gatepost.migrate.fitting import assertions, lacking, privileged
from tests.conftest import Connect, FreshDatabase, Needs

QUEUES = """
create function public.remind() returns void language plpgsql as $$
begin
    perform graphile_worker.add_job('remind'::text, payload := '{"a": 1}'::json, run_at := now(), max_attempts := 1);
end $$;
"""
INSTALLS_ITSELF = """
create table graphile_worker.migrations (id int);
create table graphile_worker.jobs (task text);
drop function if exists graphile_worker.add_job(text, json);
create function graphile_worker.add_job(identifier text, payload json default null, run_at timestamptz default null,
    max_attempts int default null) returns void language sql as 'insert into graphile_worker.jobs values ($1)';
"""
EXTENSIONS = """
create schema web;
create extension if not exists citext;
-- Not to be had here.
create extension if not exists http with schema extensions;
create extension postgis;
create table public.later (name citext);
"""


class Project:
    """A folder of migrations, and a database in the profile of Supabase projects."""

    def __init__(self, cluster: Server, name: str, folder: Path) -> None:
        self.admin, self.owner = cluster.dsn(dbname=name), cluster.dsn("postgres", name)
        self.folder = folder
        self.said: list[Progress] = []
        (folder / "migrations").mkdir()

    def apply(self, **files: str) -> Report:
        for name, text in files.items():
            (self.folder / "migrations" / f"{name.removeprefix('v')}.sql").write_text(text)
        return migrate.apply_project(self.owner, self.folder, self.said.append, admin=self.admin)


@pytest.fixture
def project(cluster: Server, fresh_database: FreshDatabase, tmp_path: Path) -> Project:
    return Project(cluster, fresh_database("supabase"), tmp_path)


def name_of(project: Project) -> str:
    return project.owner.rpartition("dbname=")[2].strip("'")


def test_jobs_can_be_queued_before_their_worker_has_been_there(project: Project, connect: Connect) -> None:
    project.apply(v0001_queue=QUEUES)
    assert [each.file for each in project.said if each.kind == "notice"] == ["graphile_worker.add_job"]
    owner = connect("postgres", name_of(project))
    owner.execute("select public.remind()")
    queued = "select task_identifier, payload, max_attempts from graphile_worker._stub_jobs"
    assert owner.execute(queued).fetchall() == [("remind", {"a": 1}, 1)]
    owner.execute("select graphile_worker.add_job('once', job_key := 'k', priority := 1)")
    owner.execute("select graphile_worker.add_job('once', job_key := 'k', priority := 2)")
    kept = owner.execute("select priority, max_attempts from graphile_worker._stub_jobs where job_key = 'k'")
    assert kept.fetchall() == [(2, 25)]


def test_the_worker_that_comes_finds_the_place_free(project: Project, connect: Connect) -> None:
    project.apply(v0001_queue=QUEUES)
    owner = connect("postgres", name_of(project))
    owner.execute(INSTALLS_ITSELF)
    owner.execute("select public.remind()")
    assert owner.execute("select task from graphile_worker.jobs").fetchall() == [("remind",)]
    named = "select count(*) from pg_proc where pronamespace = 'graphile_worker'::regnamespace and proname = 'add_job'"
    assert owner.execute(named).fetchone() == (1,)


@pytest.mark.parametrize("text", ["create schema graphile_worker", 'create schema if not exists "graphile_worker"', ""])
def test_a_project_that_makes_it_or_never_asks_gets_none(project: Project, connect: Connect, text: str) -> None:
    project.apply(v0001_first=text, v0002_then=QUEUES if text else "select 1")
    tables = "select count(*) from pg_class where relnamespace = to_regnamespace('graphile_worker')"
    assert connect("postgres", name_of(project)).execute(tables).fetchone() == (0,)
    assert [each for each in project.said if each.kind == "notice"] == []


def test_extensions_that_a_server_lacks_have_stand_ins(
    project: Project, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lacking, "KNOWN", "select $1 not in ('http', 'postgis')")
    again = "create extension if not exists http; alter extension http update; comment on extension http is 'ours'"
    report = project.apply(v0001_extensions=EXTENSIONS, v0002_again=again)
    assert report.warnings == [
        "0001_extensions.sql this server lacks http, postgis: plain objects of ours stand in",
        "0002_again.sql this server lacks http: plain objects of ours stand in",
    ]
    owner = connect("postgres", name_of(project))
    assert owner.execute("select extname::text from pg_extension where extname in ('citext', 'http')").fetchall() == [
        ("citext",)
    ]
    assert owner.execute("select (extensions.http_header('a', 'b')).value").fetchone() == ("b",)
    assert owner.execute("select st_x(st_makepoint(1.5, 2)::geography::geometry)").fetchone() == (1.5,)
    with pytest.raises(Exception, match=r"http\(\) is not available"):
        owner.execute("select extensions.http_get('https://example.com')")
    recorded = "select statements[3] from supabase_migrations.schema_migrations where version = '0001'"
    assert owner.execute(recorded).fetchone() == ("create extension if not exists http with schema extensions",)


def test_an_error_behind_a_stand_in_keeps_its_place(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lacking, "KNOWN", "select $1 <> 'http'")
    with pytest.raises(Exception, match=r"0001_wrong.sql:3:15: relation \"nowhere\" does not exist"):
        project.apply(v0001_wrong="create extension\n  http;\nselect * from nowhere;")


def test_an_extension_that_nobody_knows_is_an_error(project: Project) -> None:
    with pytest.raises(Exception, match='extension "marble" is not available'):
        project.apply(v0001_marble="create extension marble")


def test_stand_ins_find_their_owner_and_each_other(
    project: Project, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lacking, "KNOWN", "select $1 not in ('pgmq', 'pgjwt')")
    text = """
    create extension pgmq; create extension pgjwt schema extensions; select pgmq.create('jobs');
    create table public.signed as select sign('{"a": 1}', 'secret') as token;
    """
    assert project.apply(v0001_queues=text).applied == ["0001_queues.sql"]
    owner = connect("postgres", name_of(project))
    assert owner.execute("select valid from signed, verify(token, 'secret')").fetchone() == (True,)
    assert owner.execute("""select pgmq.send('jobs', '{"a": 1}')""").fetchone() == (1,)


def test_what_only_a_superuser_may_do_elsewhere_he_does(project: Project, connect: Connect) -> None:
    text = """
    create extension if not exists pg_cron with schema pg_catalog;
    create extension moddatetime with schema extensions;
    alter role authenticator set pgrst.db_schemas to 'public, it''s';
    create table public.timed (at timestamptz);
    create trigger timed before update on public.timed for each row execute function moddatetime(at);
    """
    report = project.apply(v0001_all=text)
    assert report.applied == ["0001_all.sql"]
    owner = connect("postgres", name_of(project))
    if owner.info.server_version < 180000:
        assert report.warnings[1] == (
            "0001_all.sql asks for what only a superuser may do, who did it: extension moddatetime, "
            "pgrst.db_schemas of authenticator"
        )
    else:
        assert report.warnings == []
    configured = "select setconfig from pg_db_role_setting where setrole = 'authenticator'::regrole and setdatabase = 0"
    [(settings,)] = owner.execute(configured).fetchall()
    assert "pgrst.db_schemas=public, it's" in settings  # pyright: ignore[reportOperatorIssue]
    connect("supabase_admin", name_of(project)).execute("alter role authenticator reset pgrst.db_schemas")


def test_nothing_else_is_done_by_a_superuser(project: Project, connect: Connect) -> None:
    for text in ("create extension pageinspect", "alter role postgres superuser", "alter role anon bypassrls"):
        with pytest.raises(Exception, match=r"permission denied|must be superuser"):
            project.apply(v0001_climbs=text)


def test_both_lists_of_harmless_extensions_are_one() -> None:
    assert frozenset(extensions.ALLOWED) == privileged.HARMLESS


def test_a_seed_beside_the_project_is_known_by_its_way_there(
    cluster: Server, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    inner, moved = tmp_path / "one" / "supabase", tmp_path / "two" / "supabase"
    for folder in (inner, moved):
        folder.mkdir(parents=True)
        (folder.parent / "claims.sql").write_text("create table public.seeded_once ()")
    dsn = cluster.dsn("postgres", fresh_database("supabase"))
    assert migrate.apply_project(dsn, inner, seed_paths=["../claims.sql"]).seeded == ["../claims.sql"]
    assert migrate.apply_project(dsn, moved, seed_paths=["../claims.sql"]).seeded == []


def test_pgtap_that_a_migration_asks_for_is_there_and_not_its_own(
    project: Project, connect: Connect, needs: Needs
) -> None:
    needs("pgTAP")
    text = """
    alter default privileges revoke execute on functions from public;
    create schema checks;
    create extension if not exists "pgtap" with schema extensions;
    """
    report = project.apply(v0001_tests=text, v0002_again="create extension if not exists pgtap;")
    assert report.warnings[0] == "0001_tests.sql asks for pgTAP, which a superuser made"
    session = connect("authenticator", name_of(project))
    session.execute("set role anon; set search_path = public, extensions")
    assert session.execute("select * from no_plan()").fetchall() == []
    assert session.execute("select ok(true, 'anybody may say so')").fetchone() == ("ok 1 - anybody may say so",)
    project.apply(v0003_away="drop extension if exists pgtap cascade")
    owner = connect("postgres", name_of(project))
    assert owner.execute("select count(*) from pg_extension where extname = 'pgtap'").fetchone() == (0,)


def test_where_there_is_no_pgtap_a_migration_goes_on_without(
    project: Project, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assertions, "FOLDERS", ())
    monkeypatch.setattr(assertions, "AVAILABLE", "select false")
    report = project.apply(
        v0001_tests="create extension pgtap with schema extensions; create table public.kept (id int)"
    )
    assert report.warnings == ["0001_tests.sql asks for pgTAP, which was not found and is left away"]
    assert connect("postgres", name_of(project)).execute("select count(*) from public.kept").fetchone() == (0,)


GUARDED = """
create schema private;
create function private.rls_auto_enable() returns event_trigger language plpgsql security definer
set search_path = 'pg_catalog' as $body$
declare
    cmd record;
begin
    for cmd in select * from pg_event_trigger_ddl_commands() where schema_name = 'public' and object_type = 'table' loop
        execute format('alter table if exists %s enable row level security', cmd.object_identity);
        raise notice '% by % in %', tg_tag, current_user, current_setting('search_path');
    end loop;
end;
$body$;
drop event trigger if exists ensure_rls;
create event trigger ensure_rls on ddl_command_end
    when tag in ('CREATE TABLE', 'CREATE TABLE AS') execute function private.rls_auto_enable();
alter event trigger ensure_rls owner to postgres;
create table public.behind (id int);
"""


def test_an_event_trigger_is_a_superusers_and_its_function_never_runs_as_one(
    project: Project, connect: Connect
) -> None:
    report = project.apply(v0001_guarded=GUARDED)
    assert report.warnings == [
        "0001_guarded.sql asks for what only a superuser may do, who did it: drop event trigger, "
        "create event trigger, alter event trigger"
    ]
    told = [each.message for each in project.said if each.kind == "notice"]
    assert "CREATE TABLE by postgres in pg_catalog" in told
    secured = "select relname::text from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace"
    owner, admin = connect("postgres", name_of(project)), connect("supabase_admin", name_of(project))
    assert owner.execute(secured).fetchall() == [("behind",)]
    admin.execute("create table public.theirs (id int); set role postgres; create table public.as_owner (id int)")
    admin.execute("reset role; drop table public.theirs")
    assert owner.execute(secured).fetchall() == [("behind",)]
    project.apply(v0002_off='alter event trigger "ensure_rls" disable; create table public.open (id int)')
    project.apply(v0003_away="drop event trigger ensure_rls; drop function private.rls_auto_enable()")
    assert owner.execute(secured).fetchall() == [("behind",)]
    assert owner.execute("select count(*) from pg_event_trigger where evtname = 'ensure_rls'").fetchone() == (0,)


WITHIN_DO = """
create function public.watched() returns event_trigger language plpgsql
    as 'begin raise notice ''seen''; end; -- of all';
do $$ begin
    -- create event trigger never on sql_drop execute function public.watched();
    create event trigger by_itself on ddl_command_end execute function public.watched();
exception when duplicate_object then null; end $$;
do $$ begin
    if not exists (select from pg_event_trigger where evtname = 'asked') then
        execute 'create event trigger asked on ddl_command_start execute procedure watched()';
    end if;
    execute $ddl$
        create event trigger quoted on sql_drop execute function public.watched()
    $ddl$;
end $$;
select 1 / 0;
"""


def test_event_triggers_in_a_do_block_are_found_again_too_and_places_stay(project: Project, connect: Connect) -> None:
    with pytest.raises(Exception, match=r"0001_within\.sql:16:1: division by zero"):
        project.apply(v0001_within=WITHIN_DO)
    assert project.apply(v0001_within=WITHIN_DO.replace("select 1 / 0", "create table public.t ()")).applied
    made = connect("postgres", name_of(project)).execute("select evtname::text from pg_event_trigger order by 1")
    assert {"by_itself", "asked", "quoted"} <= {name for (name,) in made} and ("never",) not in made


def test_nobody_elses_function_becomes_an_event_triggers(project: Project, connect: Connect) -> None:
    squatter = """set role supabase_auth_admin; create function auth_private."event ensure_rls"() returns event_trigger
        language plpgsql as 'begin end'; reset role;"""
    project.apply(v0001_squatter=squatter, v0002_guarded=GUARDED)
    owned = "select proowner::regrole::text from pg_proc where proname = 'event ensure_rls'"
    assert connect("postgres", name_of(project)).execute(owned).fetchone() == ("supabase_admin",)


def test_one_at_a_sessions_start_is_refused_where_it_stands(project: Project) -> None:
    with pytest.raises(Exception, match=r"0001_login.sql:1:11: permission denied to create event trigger"):
        project.apply(v0001_login="select 1; create event trigger seen on login execute function public.seen()")


def test_a_trusted_extension_may_be_moved_by_who_made_it(project: Project, connect: Connect) -> None:
    project.apply(v0001_here="create extension citext with schema public")
    assert project.apply(v0002_there="alter extension citext set schema extensions").applied == ["0002_there.sql"]
    owner = connect("postgres", name_of(project))
    placed = "select extnamespace::regnamespace::text from pg_extension where extname = 'citext'"
    assert owner.execute(placed).fetchone() == ("extensions",)
    with pytest.raises(Exception, match=r'0003_nowhere\.sql:1:11: schema "nowhere" does not exist'):
        project.apply(v0003_nowhere="select 1; alter extension citext set schema nowhere")
