"""Supabase's guide to row level security: every block of SQL does what the guide says, and every warning is true."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg.errors import UndefinedFunction

from gatepost import migrate
from gatepost.database.queries import load
from gatepost.problem import Problem
from tests.serving import Serve, Served
from tests.surfaces.people import Person, newcomer, nobody, staff

BLOCKS = load(Path(__file__).with_suffix(".sql"))
TABLES = ("todos", "profiles", "my_table", "members", "teams", "leaderboard")
CONFIGURATION = """
project_id = "guide"
[auth.mfa.totp]
enroll_enabled = true
verify_enabled = true
"""


def lay_out(folder: Path) -> None:
    """A Supabase project without migrations."""
    (folder / "supabase" / "migrations").mkdir(parents=True)
    (folder / "supabase" / "config.toml").write_text(CONFIGURATION)


@pytest.fixture(scope="module")
def server(served: Serve) -> Served:
    return served(lay_out)


class Guide:
    """The guide's reader: writes blocks into the database, and starts over with each test."""

    def __init__(self, server: Served) -> None:
        self.server = server

    def write(self, *names: str, also: str = "") -> None:
        for name in names:
            self.server.sql(BLOCKS[name])
        if also:
            self.server.sql(also)
        self.server.reload()

    def insert(self, table: str, *rows: tuple[object, ...]) -> None:
        """Rows written by the tables' owner, whom no policy binds."""
        for row in rows:
            self.server.sql(f"insert into {table} values ({', '.join(['%s'] * len(row))})", row)

    def forget(self) -> None:
        self.server.sql("drop schema if exists private cascade")
        for table in TABLES:
            self.server.sql(f"drop table if exists {table} cascade")


@pytest.fixture
def guide(server: Served) -> Iterator[Guide]:
    guide = Guide(server)
    guide.forget()
    yield guide
    guide.forget()


@pytest.fixture(scope="module")
def ada(server: Served) -> Person:
    return newcomer(server)


@pytest.fixture(scope="module")
def bob(server: Served) -> Person:
    return newcomer(server)


def test_a_policy_is_a_where_clause(guide: Guide, ada: Person, bob: Person):
    guide.write("presumed_todos", "own_todos")
    guide.insert("todos", (ada.id, "write"), (ada.id, "read"), (bob.id, "sleep"))
    assert sorted(row["task"] for row in ada.rows("todos")) == ["read", "write"]
    assert bob.rows("todos") == [{"user_id": bob.id, "task": "sleep"}]
    assert nobody(guide.server).rows("todos") == []


def test_the_where_clause_that_the_policy_stands_for(guide: Guide, ada: Person, bob: Person):
    guide.write("presumed_todos")
    guide.insert("todos", (ada.id, "write"), (bob.id, "sleep"))
    claims = json.dumps({"sub": ada.id, "role": "authenticated"})
    rows = guide.server.sql(f"set request.jwt.claims = '{claims}'; {BLOCKS['own_todos_without_policy']}")
    assert [task for _, task in rows] == ["write"]


def test_a_policy_for_everyone(guide: Guide, ada: Person):
    guide.write("presumed_profiles", "profiles_for_everyone")
    guide.insert("profiles", (ada.id, "a.png"))
    for person in (nobody(guide.server), ada):
        assert person.rows("profiles?select=avatar_url") == [{"avatar_url": "a.png"}]


def test_a_policy_for_who_is_signed_in(guide: Guide, ada: Person):
    guide.write("presumed_profiles", "profiles_for_authenticated")
    guide.insert("profiles", (ada.id, "a.png"))
    assert nobody(guide.server).rows("profiles") == []
    assert ada.rows("profiles?select=avatar_url") == [{"avatar_url": "a.png"}]


def test_a_jsonb_list_is_not_a_set_of_numbers(guide: Guide, tmp_path: Path):
    """The guide's team policy compares a number with the whole list; whoever writes it is told where and why."""
    guide.write("presumed_my_table")
    with pytest.raises(UndefinedFunction, match="operator does not exist: bigint = jsonb"):
        guide.server.sql(BLOCKS["in_team_as_printed"])
    problem = refused_migration(guide, tmp_path, "in_team_as_printed")
    assert ".sql:1:1: operator does not exist: bigint = jsonb" in problem.message
    assert problem.hint is not None
    assert "cast" in problem.hint


def test_a_team_counts_until_the_token_is_refreshed(guide: Guide, ada: Person):
    guide.write("presumed_my_table", "in_team")
    guide.insert("my_table", (1, 10), (2, 20))
    member = newcomer(guide.server, app_metadata={"teams": [10]})
    assert member.rows("my_table?select=id") == [{"id": 1}]
    assert ada.rows("my_table?select=id") == []
    change = {"app_metadata": {"teams": []}}
    assert staff(guide.server).ask("PUT", f"/auth/v1/admin/users/{member.id}", change).status_code == 200
    assert member.rows("my_table?select=id") == [{"id": 1}]
    member.refresh()
    assert member.rows("my_table?select=id") == []


def test_user_metadata_is_its_users_to_write_and_decides_nothing(guide: Guide, bob: Person):
    guide.write("presumed_my_table", "in_team")
    guide.insert("my_table", (1, 10))
    assert bob.ask("PUT", "/auth/v1/user", {"data": {"teams": [10]}}).json()["user_metadata"]["teams"] == [10]
    assert bob.ask("PUT", "/auth/v1/user", {"app_metadata": {"teams": [10]}}).status_code == 403
    bob.refresh()
    assert bob.rows("my_table") == []


def test_a_plain_token_fits_into_a_cookie(ada: Person):
    assert len(ada.token) < 2048


@pytest.mark.parametrize("headers", [{"User-Agent": "Mozilla/5.0 (X11)"}, {"Origin": "http://127.0.0.1:3000"}])
def test_a_secret_key_is_refused_in_a_browser(server: Served, headers: dict[str, str]):
    rest = staff(server).ask("GET", "/rest/v1/", **headers)
    assert rest.status_code == 401
    assert "browser" in rest.json()["message"]
    beside = Person(server, token=server.secret).ask("GET", "/rest/v1/", **headers)
    assert beside.status_code == 401
    auth = staff(server).ask("GET", "/auth/v1/admin/users", **headers)
    assert auth.status_code == 401
    assert "browser" in auth.json()["msg"]


def test_a_secret_key_obeys_the_policies_of_who_is_signed_in(guide: Guide, ada: Person, bob: Person):
    guide.write("presumed_todos", "own_todos")
    guide.insert("todos", (ada.id, "write"), (bob.id, "sleep"))
    assert len(staff(guide.server).rows("todos")) == 2
    for key in (guide.server.secret, guide.server.service_role):
        both = Person(guide.server, token=ada.token, key=key)
        assert [row["task"] for row in both.rows("todos")] == ["write"]


def test_a_table_without_row_level_security_is_everybodys(guide: Guide):
    """Why the guide says to enable it always; our own projects do so by themselves."""
    guide.write("presumed_my_table", also="alter table my_table disable row level security")
    guide.insert("my_table", (1, 10))
    assert nobody(guide.server).rows("my_table?select=id") == [{"id": 1}]
    status, _ = nobody(guide.server).write("DELETE", "my_table?id=eq.1", None)
    assert status == 200
    assert nobody(guide.server).rows("my_table") == []


def test_public_access(guide: Guide, ada: Person):
    guide.write("presumed_my_table", "public_access")
    guide.insert("my_table", (1, 10))
    for person in (nobody(guide.server), ada):
        assert person.rows("my_table?select=id") == [{"id": 1}]
    status, body = nobody(guide.server).write("POST", "my_table", {"id": 2})
    assert (status, body["code"]) == (401, "42501")


def test_a_private_schema_is_not_reachable(guide: Guide, ada: Person):
    guide.write("private_schema")
    guide.insert("private.employees", (1, "Eve"))
    for person in (nobody(guide.server), ada, staff(guide.server)):
        answer = person.ask("GET", "/rest/v1/employees")
        assert (answer.status_code, answer.json()["code"]) == (404, "PGRST205")
        answer = person.ask("GET", "/rest/v1/private.employees")
        assert (answer.status_code, answer.json()["code"]) == (404, "PGRST205")
        answer = person.ask("GET", "/rest/v1/employees", **{"Accept-Profile": "private"})
        assert (answer.status_code, answer.json()["code"]) == (406, "PGRST106")
        answer = person.ask("POST", "/rest/v1/employees", {"name": "Mallory"}, **{"Content-Profile": "private"})
        assert (answer.status_code, answer.json()["code"]) == (406, "PGRST106")


def test_row_level_security_without_policies_closes_a_table(guide: Guide, ada: Person):
    guide.write("rls_without_policies")
    guide.insert("profiles", (1, "ada@example.com"))
    for person, status in ((nobody(guide.server), 401), (ada, 403)):
        assert person.rows("profiles") == []
        answer = person.write("POST", "profiles", {"email": "eve@example.com"})
        assert (answer[0], answer[1]["code"]) == (status, "42501")
        assert person.write("PATCH", "profiles?id=eq.1", {"email": "eve@example.com"}) == (200, [])
        assert person.write("DELETE", "profiles?id=eq.1", None) == (200, [])
    assert staff(guide.server).rows("profiles") == [{"id": 1, "email": "ada@example.com"}]


def test_an_update_needs_to_see_its_row(guide: Guide, ada: Person, bob: Person):
    """The policy for update alone changes nothing by a filter: reading the filter's column asks for a policy too."""
    guide.write("own_profile")
    guide.insert("profiles", (ada.id, "old.png"), (bob.id, "bob.png"))
    change = {"avatar_url": "new.png"}
    assert ada.write("PATCH", f"profiles?id=eq.{ada.id}", change) == (200, [])
    guide.write("profiles_for_authenticated")
    assert ada.write("PATCH", f"profiles?id=eq.{ada.id}", change) == (200, [{"id": ada.id, **change}])
    assert ada.write("PATCH", f"profiles?id=eq.{bob.id}", change) == (200, [])
    status, body = ada.write("PATCH", f"profiles?id=eq.{ada.id}", {"id": bob.id})
    assert (status, body["code"]) == (403, "42501")


POLICIES = {
    "insert": 'create policy "insert" on profiles for insert to authenticated with check (auth.uid() = id)',
    "update": "select 1",
    "select": 'create policy "select" on profiles for select to authenticated using (auth.uid() = id)',
}


@pytest.mark.parametrize("missing", ["", "insert", "update", "select"])
def test_an_upsert_needs_three_policies(guide: Guide, missing: str):
    guide.write("own_profile", also="alter table profiles add primary key (id)")
    for kind, policy in POLICIES.items():
        guide.server.sql(policy if kind != missing else "select 1")
    if missing == "update":
        guide.server.sql('drop policy "Users can update their own profiles" on profiles')
    person = newcomer(guide.server)
    guide.insert("profiles", (person.id, "old.png"))
    row = {"id": person.id, "avatar_url": "new.png"}
    status, body = person.write("POST", "profiles", row, ",resolution=merge-duplicates")
    if missing:
        assert (status, body["code"]) == (403, "42501")
        assert guide.server.sql("select avatar_url from profiles") == [("old.png",)]
    else:
        assert (status, body) == (200, [row])


def test_an_upsert_needs_something_to_conflict_with(guide: Guide, ada: Person):
    """The guide's table has no key: a client that upserts by id is told so."""
    guide.write("own_profile")
    row = {"id": ada.id, "avatar_url": "new.png"}
    status, body = ada.write("POST", "profiles?on_conflict=id", row, ",resolution=merge-duplicates")
    assert (status, body["code"]) == (400, "42P10")


SEE_TEAMS = 'create policy "Everybody sees teams" on teams for select using (true)'


def test_a_policy_with_a_join(guide: Guide, ada: Person, bob: Person):
    guide.write("joins", also=SEE_TEAMS)
    guide.insert("teams", (1, "Engines"), (2, "Bakers"))
    guide.insert("members", (1, ada.id), (2, bob.id))
    assert ada.write("PATCH", "teams?id=eq.1", {"name": "Motors"}) == (200, [{"id": 1, "name": "Motors"}])
    assert ada.write("PATCH", "teams?id=eq.2", {"name": "Motors"}) == (200, [])


def test_a_join_sees_what_the_user_sees(guide: Guide, ada: Person):
    """With row level security on members too, the user must be able to read them."""
    guide.write("joins", also=SEE_TEAMS + "; alter table members enable row level security")
    guide.insert("teams", (1, "Engines"))
    guide.insert("members", (1, ada.id))
    assert ada.write("PATCH", "teams?id=eq.1", {"name": "Motors"}) == (200, [])
    guide.write(also="create policy own on members for select using (user_id = auth.uid())")
    assert ada.write("PATCH", "teams?id=eq.1", {"name": "Motors"}) == (200, [{"id": 1, "name": "Motors"}])


def test_a_security_definer_function_asks_for_the_policy(guide: Guide, ada: Person, bob: Person):
    guide.write("private_schema", "security_definer")
    guide.insert("teams", (1, "Engines"), (2, "Bakers"))
    guide.insert("members", (1, ada.id), (2, bob.id))
    assert ada.rows("members") == [{"team_id": 1, "user_id": ada.id}]
    assert ada.write("POST", "members", {"team_id": 1, "user_id": bob.id})[0] == 201
    assert {row["user_id"] for row in bob.rows("members?team_id=eq.1")} == {ada.id, bob.id}
    status, body = ada.write("POST", "members", {"team_id": 2, "user_id": ada.id})
    assert (status, body["code"]) == (403, "42501")
    answer = ada.ask("POST", "/rest/v1/rpc/get_teams_for_authenticated_user", {})
    assert (answer.status_code, answer.json()["code"]) == (404, "PGRST202")


def test_a_policy_that_asks_its_own_table_goes_round_in_circles(guide: Guide, ada: Person):
    """What the security definer function is there for."""
    guide.write("private_schema", "security_definer")
    guide.server.sql('drop policy "Team members can update team members if they belong to the team." on members')
    guide.write("members_without_definer")
    answer = ada.ask("GET", "/rest/v1/members")
    assert (answer.status_code, answer.json()["code"]) == (500, "42P17")
    assert "infinite recursion" in answer.json()["message"]


def test_clauses_of_a_policy_have_an_order(guide: Guide, tmp_path: Path):
    """The guide's leaderboard policy has TO before FOR; whoever writes it is told where PostgreSQL stopped reading."""
    guide.write("presumed_leaderboard")
    problem = refused_migration(guide, tmp_path, "staff_as_printed")
    assert '.sql:4:1: syntax error at or near "for"' in problem.message


def test_staff_are_known_by_their_address(guide: Guide, ada: Person):
    guide.write("presumed_leaderboard", "staff")
    guide.insert("leaderboard", ("Eve", 7))
    carol = newcomer(guide.server, "supabase.com")
    assert ada.write("PATCH", "leaderboard?player=eq.Eve", {"score": 8}) == (200, [])
    assert carol.write("PATCH", "leaderboard?player=eq.Eve", {"score": 8}) == (200, [{"player": "Eve", "score": 8}])
    lookalike = newcomer(guide.server, "notsupabase.com")
    assert lookalike.write("PATCH", "leaderboard?player=eq.Eve", {"score": 9}) == (200, [])


def test_a_restrictive_policy_asks_for_a_second_factor(guide: Guide):
    guide.write("own_profile", "profiles_for_authenticated", "second_factor")
    person = newcomer(guide.server)
    guide.insert("profiles", (person.id, "old.png"))
    change = {"avatar_url": "new.png"}
    assert person.write("PATCH", f"profiles?id=eq.{person.id}", change) == (200, [])
    person.show_second_factor()
    assert person.write("PATCH", f"profiles?id=eq.{person.id}", change) == (200, [{"id": person.id, **change}])


def refused_migration(guide: Guide, folder: Path, block: str) -> Problem:
    """What is said of a migration that holds a block."""
    (folder / "migrations").mkdir()
    (folder / "migrations" / f"20990101000000_{uuid4().hex[:8]}.sql").write_text(BLOCKS[block])
    with pytest.raises(Problem) as refused:
        migrate.apply_project(guide.server.owner, folder)
    return refused.value
