"""What the rules of this project promise: `pytest` in this folder, nothing else.

Each test has a database of its own: migrations/ and seed.sql.
"""


def test_a_list_of_ones_own(as_user, expect_denied):
    ada, bob = as_user("ada@example.com"), as_user("bob@example.com")
    ada.sql("insert into todos (task) values ('write a test')")
    assert ada.rows("select task, done from todos") == [{"task": "write a test", "done": False}]
    assert bob.rows("select task from todos") == []
    with expect_denied():
        bob.sql("update todos set done = true")
    with expect_denied():
        bob.sql("insert into todos (task, user_id) values ('for you', %s)", [ada.id])


def test_a_profile_asks_for_a_second_factor(as_user, expect_denied):
    ada = as_user("ada@example.com")
    rename = "update profiles set username = 'ada' where id = auth.uid()"
    with expect_denied():
        ada.sql(rename)
    assert as_user("ada@example.com", aal="aal2").sql(rename) == 1


def test_announcements_are_for_teams_in_the_token(database, as_user):
    [team] = database.execute("insert into teams (name) values ('Kernel') returning id")
    database.execute("insert into announcements (team_id, body) values (%(id)s, 'We ship')", team)
    member = as_user("mina@example.com", app_metadata={"teams": [team["id"]]})
    assert member.value("select body from announcements") == "We ship"
    assert as_user("bob@example.com").rows("select body from announcements") == []


def test_the_schema_shows_the_same(as_user):
    ada = as_user("ada@example.com")
    ada.sql("insert into todos (task) values ('write a test')")
    assert [todo["task"] for todo in ada.orm.todo.find_many()] == ["write a test"]
    assert as_user("bob@example.com").orm.todo.find_many() == []


def test_over_http(as_user, as_anon, expect_denied):
    ada = as_user("ada@example.com")
    assert ada.rest.post("/todos", json={"task": "write a test"}).status_code == 201
    assert ada.rest.get("/todos?select=task").json() == [{"task": "write a test"}]
    with expect_denied():
        as_anon.rest.get("/todos")


def test_who_may_do_what(database, as_user, as_anon, as_service, access_matrix):
    ada, bob = as_user("ada@example.com"), as_user("bob@example.com")
    for person in (ada, bob):
        person.sql("insert into todos (task) values ('write a test')")
    team = ada.value("select create_team('Kernel')")
    database.execute("insert into announcements (team_id, body) values (%s, 'We ship')", [team])
    people = {
        "nobody": as_anon,
        "ada": ada,
        "ada with aal2": as_user("ada@example.com", aal="aal2"),
        "bob": bob,
        "staff": as_user("root@staff.example.com"),
        "service": as_service,
    }
    access_matrix(people)
