"""What is dangerous and what is inert is found, named, and comes with advice; a clean database has no finding."""

import pytest

from gatepost import migrate
from gatepost.embedded import Server
from gatepost.migrate import Finding
from tests.conftest import Connect, FreshDatabase

DANGERS = {
    "unguarded_tables": (
        "create table public.t1 (x int); alter table public.t1 disable row level security; grant select on t1 to anon",
        "t1",
        "open to anon",
    ),
    "sleeping_policies": (
        "create table public.t2 (x int); create policy p on public.t2 using (true);"
        "alter table public.t2 disable row level security",
        "t2",
        "row level security is off",
    ),
    "owner_views": (
        "create table public.t3 (x int); create view public.v3 as select * from public.t3; grant select on v3 to anon",
        "v3",
        "shows rows of t3",
    ),
    "loose_definers": (
        "create function public.f4() returns int language sql security definer as 'select 1'",
        "f4()",
        "caller's search path",
    ),
    "always_true": (
        "create table public.t5 (x int); create policy p on public.t5 for update to anon using (true)",
        "p on t5",
        "lets everybody update every row",
    ),
    "user_metadata": (
        "create table public.t6 (x int);"
        "create policy p on public.t6 using ((auth.jwt() -> 'user_metadata' ->> 'admin')::boolean)",
        "p on t6",
        "which every user may write",
    ),
}


@pytest.fixture
def dangerous(fresh_database: FreshDatabase) -> str:
    return fresh_database()


def found(cluster: Server, database: str) -> list[Finding]:
    return migrate.findings(cluster.dsn(dbname=database))


@pytest.mark.parametrize("profile", ["gatepost", "supabase"])
def test_a_new_project_has_no_findings(
    cluster: Server, fresh_database: FreshDatabase, profile: migrate.Profile
) -> None:
    assert found(cluster, fresh_database(profile)) == []


@pytest.mark.parametrize("code", DANGERS)
def test_what_is_dangerous_is_named(cluster: Server, connect: Connect, dangerous: str, code: str) -> None:
    statements, target, words = DANGERS[code]
    connect("postgres", dangerous).execute(statements)  # pyright: ignore
    [finding] = [each for each in found(cluster, dangerous) if each.code == code]
    assert finding.target.replace("public.", "") == target
    assert words in finding.message.replace("public.", "")
    assert finding.advice


def test_who_may_change_own_rows_may_not_change_every_row(cluster: Server, connect: Connect, dangerous: str) -> None:
    connect("postgres", dangerous).execute(
        "create table public.own (owner uuid);"
        "create policy own on public.own for update using (owner = auth.uid()) with check (true)"
    )
    assert found(cluster, dangerous) == []


@pytest.mark.parametrize("statement", [DANGERS[code][0] for code in ("unguarded_tables", "owner_views")])
def test_the_advice_for_it_helps(cluster: Server, connect: Connect, dangerous: str, statement: str) -> None:
    owner = connect("postgres", dangerous)
    owner.execute(statement)  # pyright: ignore
    for finding in found(cluster, dangerous):
        if finding.code != "owner_views" or owner.info.server_version >= 150000:
            owner.execute(finding.advice)  # pyright: ignore
    assert found(cluster, dangerous) == []


@pytest.mark.parametrize(
    ("climb", "undo"),
    [
        ("grant service_role to authenticated", "revoke service_role from authenticated"),
        ("grant supabase_admin to authenticator", "revoke supabase_admin from authenticator"),
    ],
)
def test_a_way_up_for_api_traffic_refuses_service(
    cluster: Server, connect: Connect, dangerous: str, climb: str, undo: str
) -> None:
    admin = connect("supabase_admin", dangerous)
    admin.execute(climb)  # pyright: ignore
    try:
        refused = [finding for finding in found(cluster, dangerous) if finding.level == "refuse"]
        assert refused[0].target.startswith("authenticator → ")
        assert found(cluster, dangerous)[0].level == "refuse"
    finally:
        admin.execute(undo)  # pyright: ignore


def test_what_is_inert_is_listed(cluster: Server, connect: Connect, fresh_database: FreshDatabase) -> None:
    database = fresh_database("supabase")
    owner = connect("postgres", database)
    owner.execute(
        """
        create table public.notes (id int primary key);
        alter table public.notes enable row level security;
        alter publication supabase_realtime add table public.notes;
        create trigger hook after insert on public.notes for each row
            execute function supabase_functions.http_request('https://example.com', 'POST', '{}', '{}', '1000');
        create function public.tell() returns trigger language plpgsql set search_path = '' as $$ begin
            perform net.http_post('https://example.com');
            return new;
        end $$;
        select cron.schedule('nightly', '0 0 * * *', 'select 1');
        insert into storage.buckets (id, name) values ('a', 'a');
        """
    )
    inert = {(finding.code, finding.target): finding.message for finding in found(cluster, database)}
    assert inert == {
        (
            "inert_publication",
            "public.notes",
        ): "public.notes is published for realtime, and nobody is told of its changes",
        ("inert_triggers", "hook on public.notes"): "The webhook hook on public.notes sends nothing",
        ("inert_calls", "public.tell()"): "public.tell() calls net: the request is queued and never sent",
        ("inert_rows", "cron"): "1 jobs in cron: none is run",
        ("inert_rows", "storage"): "1 buckets in storage: no file is stored",
    }
