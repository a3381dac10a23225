"""Tests of a project, as people write them: run by test_plugin.py within a copy of the example."""

import asyncio
import json
import os
import time
from pathlib import Path

import httpx
import psycopg
import pytest
from supabase import ClientOptions, create_client

from gatepost.problem import Problem

SPENT = []


@pytest.fixture(autouse=True)
def noted(request, gatepost_run):
    """Which worker ran it, on which server."""
    yield
    line = {"worker": os.environ.get("PYTEST_XDIST_WORKER"), "folder": str(gatepost_run.asked.folder)}
    with Path("noted.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


@pytest.fixture
def supabase(auth_server):
    """`supabase(key)`: the official client."""
    with httpx.Client() as http:
        options = ClientOptions(httpx_client=http, auto_refresh_token=False)
        yield lambda key: create_client(auth_server.url, key, options)


@pytest.mark.parametrize("time_", range(4))
def test_each_test_has_the_seed_and_nothing_else(database, time_):
    assert database.execute("select count(*) from leaderboard") == [{"count": 3}]
    database.execute("insert into leaderboard values ('new', 1)")


def test_a_copy_is_quick(database_template):
    for _ in range(5):
        begun = time.perf_counter()
        with database_template() as fresh:
            SPENT.append(time.perf_counter() - begun)
            assert fresh.execute("select 1 as one") == [{"one": 1}]
    Path("spent.json").write_text(json.dumps(SPENT))


def test_urls_of_each_login(database):
    users = {"owner": "postgres", "authenticator": "authenticator", "service": "service_authenticator"}
    for login, user in users.items():
        with psycopg.connect(database.url(login)) as connection:
            assert connection.execute("select current_user").fetchone() == (user,)
    assert database.url().startswith("postgresql://")
    assert database.connect().execute("select 1").fetchone() == (1,)


def test_claims_are_those_of_a_sign_in(as_user):
    ada = as_user("ada@example.com", permissions=["todo:read"], user_metadata={"name": "Ada"})
    claims = ada.value("select auth.jwt()")
    assert claims["app_metadata"]["permissions"] == ["todo:read"]
    assert claims["user_metadata"]["name"] == "Ada"
    assert claims["hooked"] == "ada@example.com"
    assert (claims["sub"], claims["email"], claims["aal"]) == (ada.id, "ada@example.com", "aal1")
    assert ada.identity.claims["hooked"] == "ada@example.com"


def test_a_user_is_made_once_and_changed(as_user, database):
    first = as_user("ada@example.com")
    again = as_user("ada@example.com", permissions=["todo:read"])
    assert again.id == first.id
    assert database.execute("select count(*) from auth.users") == [{"count": 1}]


def test_claims_alone_make_no_user(as_user, database):
    claims = {"sub": "6c1b0d3e-0000-4000-8000-000000000001", "email": "x@staff.example.com"}
    somebody = as_user(claims, permissions=["a"])
    assert somebody.value("select auth.uid()::text") == claims["sub"]
    assert somebody.sql("update leaderboard set score = 0") == 3
    assert database.execute("select count(*) from auth.users") == [{"count": 0}]
    assert as_user(somebody.identity).id == somebody.id
    assert as_user({"sub": claims["sub"]}, role="anon").value("select current_user::text") == "anon"


def test_nothing_of_one_statement_is_left_to_the_next(as_user, as_anon):
    ada = as_user("ada@example.com")
    ada.sql("select 1")
    with ada.transaction() as connection:
        assert connection.execute("select current_user").fetchone() == ("authenticated",)
    left = "select current_user, nullif(current_setting('request.jwt.claims'), '')"
    assert ada._connection.execute(left).fetchone() == ("authenticator", None)
    assert as_anon.value("select auth.role()") == "anon"


def test_service_sees_past_policies(as_user, as_service):
    as_user("ada@example.com").sql("insert into todos (task) values ('x')")
    assert as_service.value("select count(*) from todos") == 1
    assert as_service.identity.role == "service_role"


def test_a_banned_user_is_out_where_the_door_is_asked(as_user, database):
    ada = as_user("ada@example.com")
    database.execute("update auth.users set banned_until = now() + interval '1 day'", login="auth")
    with pytest.raises(psycopg.Error) as raised:
        ada.rows("select 1")
    assert raised.value.sqlstate == "PT401"


def test_supabases_client_signs_up_by_mail(auth_server, supabase, inbox, as_service):
    client = supabase(auth_server.publishable_key)
    client.auth.sign_up({"email": "new@example.com", "password": "correct horse battery"})
    mail = inbox.read("new@example.com")
    assert mail.subject
    assert mail.link.startswith(auth_server.url)
    assert "redirect_to=http://site.test" in mail.link
    client.auth.verify_otp({"email": "new@example.com", "token": mail.code, "type": "signup"})
    client.table("todos").insert({"task": "x"}).execute()
    assert client.table("todos").select("task").execute().data == [{"task": "x"}]
    admin = supabase(auth_server.secret_key)
    assert [user.email for user in admin.auth.admin.list_users()] == ["new@example.com"]
    assert as_service.value("select count(*) from todos") == 1


def test_a_user_signs_in_with_a_password(auth_server, supabase, as_user, expect_denied):
    ada = as_user("ada@example.com", password="correct horse battery")
    client = supabase(auth_server.publishable_key)
    session = client.auth.sign_in_with_password({"email": "ada@example.com", "password": "correct horse battery"})
    assert session.user.id == ada.id
    with expect_denied():
        client.table("todos").insert({"task": "x", "user_id": "6c1b0d3e-0000-4000-8000-000000000001"}).execute()
    assert ada.rest.post("/todos", json={"task": "y"}).status_code == 201


def test_an_inbox_is_a_tests_own(auth_server, inbox):
    assert inbox.to("new@example.com") == []


def test_a_served_database_is_the_tests_own(auth_server, database):
    database.execute("insert into leaderboard values ('new', 1)")
    headers = {"apikey": auth_server.publishable_key}
    answer = httpx.get(f"{auth_server.url}/rest/v1/leaderboard?select=player&order=player", headers=headers)
    assert [row["player"] for row in answer.json()] == ["alan", "edsger", "grace", "new"]


@pytest.mark.asyncio
async def test_tests_that_await(as_user, auth_server):
    ada = as_user("ada@example.com")
    headers = {"apikey": auth_server.publishable_key, "Authorization": f"Bearer {ada.token}"}
    async with httpx.AsyncClient(base_url=auth_server.url, headers=headers) as client:
        first, second = await asyncio.gather(client.get("/rest/v1/todos"), client.get("/rest/v1/leaderboard"))
    assert (first.json(), len(second.json())) == ([], 3)


def fails(expect_denied, block, match, **options):
    with pytest.raises(pytest.fail.Exception, match=match), expect_denied(**options):
        block()


def test_a_denial_is_one_for_each_door(as_user, as_anon, expect_denied):
    ada, bob = as_user("ada@example.com"), as_user("bob@example.com")
    ada.sql("insert into todos (task) values ('x')")
    denied = [
        lambda: as_anon.rows("select * from todos"),
        lambda: bob.sql("insert into todos (task, user_id) values ('x', %s)", [ada.id]),
        lambda: bob.sql("delete from todos where task = 'x'"),
        lambda: bob.rows("select * from todos where task = 'x'"),
        lambda: as_anon.rest.get("/todos"),
        lambda: bob.rest.post("/todos", json={"task": "x", "user_id": ada.id}),
        lambda: bob.rest.post("/todos", json={"task": "x", "user_id": ada.id}).raise_for_status(),
        lambda: bob.orm.todo.create(data={"task": "x", "userId": ada.id}),
    ]
    for block in denied:
        with expect_denied():
            block()
    for status in (401, 403):
        with expect_denied():
            raise Problem("no", status, "No")


def test_what_is_hidden_counts_where_a_test_says_so(as_user, expect_denied):
    ada, bob = as_user("ada@example.com"), as_user("bob@example.com")
    ada.sql("insert into todos (task) values ('x')")
    id = ada.value("select id from todos")
    hidden = [
        lambda: bob.orm.todo.update(where={"id": id}, data={"done": True}),
        lambda: bob.rest.patch(f"/todos?id=eq.{id}", json={"done": True}, headers={"Prefer": "return=representation"}),
        lambda: bob.rest.get(f"/todos?id=eq.{id}", headers={"Accept": "application/vnd.pgrst.object+json"}),
    ]
    for block in hidden:
        with expect_denied(or_hidden=True):
            block()
        with pytest.raises(pytest.fail.Exception), expect_denied():
            block()


def test_what_is_no_denial_fails_in_words(as_user, expect_denied):
    ada, bob = as_user("ada@example.com"), as_user("bob@example.com")
    ada.sql("insert into todos (task) values ('x')")
    fails(expect_denied, lambda: None, "the block went through")
    fails(
        expect_denied, lambda: ada.sql("update todos set done = true"), "it went through for 1 row\n.*ada@example.com"
    )
    fails(expect_denied, lambda: ada.rows("select * from todos"), "went through for 1 row")
    fails(expect_denied, lambda: bob.sql("delete from todos where id = 0"), "nothing is there to deny")
    fails(expect_denied, lambda: bob.sql("delete from todoz"), "another reason: UndefinedTable 42P01")
    fails(expect_denied, lambda: ada.sql("insert into todos (task) values ('')"), "another reason: CheckViolation")
    fails(expect_denied, lambda: ada.rest.get("/todos"), "went through\n.*GET /rest/v1/todos → 200")
    fails(expect_denied, lambda: ada.rest.get("/todoz"), "another reason\n.*404")
    fails(expect_denied, lambda: bob.rest.delete("/todos?id=eq.0"), "may be about a row that is not there")
    fails(expect_denied, lambda: 1 / 0, "another reason: ZeroDivisionError")


def test_a_proof_that_proves_nothing_is_no_denial(as_user, expect_denied, auth_server, supabase):
    ada = as_user("ada@example.com")
    wrong = {"apikey": "no such key"}
    fails(expect_denied, lambda: ada.rest.get("/todos", headers=wrong), "another reason\n.*401")
    fails(expect_denied, lambda: ada.rest.get("/todos", headers=wrong).raise_for_status(), "reason: HTTPStatusError")
    unsigned = {"Authorization": f"Bearer {ada.token.rpartition('.')[0]}.AAAA"}
    fails(expect_denied, lambda: ada.rest.get("/todos", headers=unsigned), "another reason\n.*401")
    with_wrong_key = supabase("sb_publishable_wrong")
    fails(expect_denied, lambda: with_wrong_key.table("todos").select("*").execute(), "reason: APIError")


def test_a_matrix_names_who_may_newly_do_what(database, as_user, as_anon, access_matrix):
    ada, bob = as_user("ada@example.com"), as_user("bob@example.com")
    people, tables = {"nobody": as_anon, "ada": ada, "bob": bob}, ["public.todos", "public.leaderboard"]
    ada.sql("insert into todos (task) values ('x')")
    with pytest.raises(pytest.fail.Exception, match=r"some\.txt is not there yet: pytest --gatepost-update"):
        access_matrix(people, tables, file="some.txt")
    some = Path(__file__).with_name("some.txt")
    some.write_text(BEFORE)
    access_matrix(people, tables, functions=False, file="some.txt")
    database.execute("create policy open on todos for select to authenticated using (true)")
    database.execute("grant delete on leaderboard to anon; revoke select on leaderboard from authenticated")
    database.execute("revoke update on leaderboard from authenticated")
    with pytest.raises(pytest.fail.Exception) as raised:
        access_matrix(people, tables, functions=False, file="some.txt")
    assert str(raised.value).splitlines()[1:] == [
        "  bob may newly read rows of public.todos: 0/1 → 1/1",
        "  ada may no longer read rows of public.leaderboard: 3/3 → -",
        "  bob may no longer read rows of public.leaderboard: 3/3 → -",
        "  nobody may not delete rows of public.leaderboard: - → 0/3",
        "  ada may not change rows of public.leaderboard: 0/3 → -",
        "  bob may not change rows of public.leaderboard: 0/3 → -",
        "If this is meant: pytest --gatepost-update",
    ]


BEFORE = """
public.leaderboard  nobody  select 3/3  insert -  update -    delete -
public.leaderboard  ada     select 3/3  insert -  update 0/3  delete -
public.leaderboard  bob     select 3/3  insert -  update 0/3  delete -
public.todos  nobody  select -    insert -    update -    delete -
public.todos  ada     select 1/1  insert 1/1  update 1/1  delete 1/1
public.todos  bob     select 0/1  insert 0/1  update 0/1  delete 0/1
"""


def test_a_matrix_changes_nothing_and_knows_columns(database, as_user, access_matrix):
    database.execute("create table plain (a int, b text, c int generated always as (a) stored)")
    database.execute("create view v as select a from plain; insert into plain values (1, 'x')")
    database.execute(
        "grant select on v, plain to authenticated; grant insert (a), update (b) on plain to authenticated"
    )
    database.execute("alter table plain disable row level security")
    Path(__file__).with_name("columns.txt").write_text(COLUMNS)
    people, tables = {"ada": as_user("ada@example.com")}, ["public.plain", "public.v"]
    access_matrix(people, tables, functions=False, file="columns.txt")
    assert database.execute("select * from plain") == [{"a": 1, "b": "x", "c": 1}]
    with pytest.raises(LookupError, match=r"no table public\.nothing"):
        access_matrix({}, ["public.nothing"])


COLUMNS = """
public.plain  ada  select 1/1  insert 1/1 (a)  update 1/1 (b)  delete -
public.v  ada  select 1/1  insert -  update -  delete -
"""


def test_a_matrix_knows_what_can_be_changed_unseen_and_through_views(database, as_user, access_matrix):
    database.execute("""
        create table drops (id int primary key, body text, about json);
        alter table drops enable row level security;
        create policy clear on drops for delete using (true);
        create policy change on drops for update using (true);
        grant update (body, about), delete on drops to authenticated;
        insert into drops values (1, 'a'), (2, 'b');
        create view door as select id, body, about, id + 1 as next from drops;
        create view closed as select count(*) from drops;
        grant all on door, closed to authenticated;
    """)
    Path(__file__).with_name("unseen.txt").write_text(UNSEEN)
    ada = as_user("ada@example.com")
    access_matrix({"ada": ada}, ["public.closed", "public.door", "public.drops"], functions=False, file="unseen.txt")
    assert database.execute("select count(*), min(body) from drops") == [{"count": 2, "min": "a"}]
    assert ada.sql("delete from drops") == 2


UNSEEN = """
public.closed  ada  select 1/1
public.door  ada  select 2/2  insert 2/2  update 2/2  delete 2/2
public.drops  ada  select -  insert -  update 2/2 (body, about)  delete 2/2
"""
