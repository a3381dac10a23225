"""INSERT, UPDATE and DELETE over models: what the rules of each say, under both guards."""

import asyncio

import pytest

from gatepost.orm import InvalidInput, NotSupported, RejectedByPolicy
from gatepost.orm.builder import Builder

from ..writing.conftest import OpenWorld, World

# ------------------------------------------------------------------ INSERT


async def test_an_insert_is_held_against_the_rules_for_create(raw: Builder, shop_of_ada: Builder) -> None:
    assert await shop_of_ada.execute("insert into User (email, age) values ($1, $2), ('y', 99)", "x", 5) == 2
    with pytest.raises(RejectedByPolicy):
        await shop_of_ada.execute("insert into User (email, age) values ('z', 5), ('q', 100)")
    with pytest.raises(RejectedByPolicy):
        await shop_of_ada.execute("insert into Closed (id) values (1)")
    assert await raw.execute("select 1 from User") == 5


async def test_what_is_left_out_gets_its_default(shop_of_ada: Builder) -> None:
    (row,) = await shop_of_ada.query("insert into Order (title, state, userId) values ('t', default, 1) returning *")
    assert len(row["id"]) == 25
    assert (row["state"], row["at"] is not None) == ("new", True)
    (row,) = await shop_of_ada.query(
        "insert into User (email, role) values ('n', 'ADMIN') returning role, age, User.changed"
    )
    assert (row["role"], row["age"], row["changed"] is not None) == ("ADMIN", 1, True)


async def test_values_may_be_expressions_and_rows_a_query(raw: Builder, shop_of_ada: Builder) -> None:
    sql = "insert into User as u (email, role, age) values (lower($1), 'ADMIN', 1 + 1) returning u.email, role, age"
    assert await shop_of_ada.query(sql, "LOUD") == [{"email": "loud", "role": "ADMIN", "age": 2}]
    sql = """
        with q as (select id, title from Order)
        insert into Order (title, userId) select title || '2', 1 from q returning title
    """
    assert sorted(row["title"] for row in await shop_of_ada.query(sql)) == ["closed2", "one2"]
    sql = "insert into User (email, role) select email || '2', role from User where id = 1 returning role"
    assert await shop_of_ada.query(sql) == [{"role": "ADMIN"}]
    assert await raw.query("select count(*) as n from Order") == [{"n": 5}]


async def test_rows_that_are_there_already(raw: Builder, shop_of_ada: Builder) -> None:
    nothing = "insert into User (id, email) values (1, 'new'), (7, 'seven') on conflict (id) do nothing returning id"
    assert await shop_of_ada.query(nothing) == [{"id": 7}]
    assert await shop_of_ada.execute("insert into User (email) values ('seven') on conflict do nothing") == 0
    update = """
        insert into User as u (id, email) values ($1, 'up'), (8, 'eight')
        on conflict (id) do update set email = excluded.email || u.age where u.age < $2 returning email
    """
    assert await shop_of_ada.query(update, 1, 50) == [{"email": "eight"}, {"email": "up4"}]
    # not to be changed, not to be seen: left alone
    assert (
        await shop_of_ada.execute(
            "insert into User (id, email) values (2, 'x') on conflict (id) do update set age = 70"
        )
        == 0
    )
    assert (
        await shop_of_ada.execute(
            "insert into User (id, email) values (3, 'x') on conflict (id) do update set age = 70"
        )
        == 0
    )
    assert await raw.query("select age from User where id in (2, 3) order by id") == [{"age": 60}, {"age": 0}]


# ------------------------------------------------------------------ UPDATE


async def test_an_update_finds_what_may_be_read_and_changes_what_may_be_changed(
    raw: Builder, shop_of_ada: Builder
) -> None:
    assert await shop_of_ada.execute("update User set email = 'x' || id") == 1
    assert await shop_of_ada.execute("update User set age = 70 where id = 3") == 0
    assert await shop_of_ada.execute("update Closed set id = 2") == 0
    emails = await raw.query("select email from User order by id")
    assert [row["email"] for row in emails] == ["x1", "bob@x", "no@x"]


async def test_what_must_hold_after_an_update(raw: Builder, shop_of_ada: Builder) -> None:
    assert await shop_of_ada.query("update User as u set age = u.age + 1 where u.id = 1 returning u.age") == [
        {"age": 5}
    ]
    with pytest.raises(RejectedByPolicy):
        await shop_of_ada.execute("update User set age = 2, email = 'lost' where id = 1")
    assert await raw.query("select age, email from User where id = 1") == [{"age": 5, "email": "ada@x"}]


async def test_a_field_may_have_a_rule_of_its_own(raw: Builder, shop_of_ada: Builder) -> None:
    assert await shop_of_ada.execute("update Order set state = 'paid' where id = 'a'") == 1
    assert await shop_of_ada.execute("update Order set title = 'late' where id = 'a'") == 1
    with pytest.raises(RejectedByPolicy):
        await shop_of_ada.execute("update Order set state = 'paid'")
    states = await raw.query("select state from Order order by id")
    assert [row["state"] for row in states] == ["paid", "new", "new"]


async def test_an_update_may_look_at_other_rows_that_may_be_read(raw: Builder, shop_of_ada: Builder) -> None:
    sql = """
        update Order as o set title = u.email || $1 from User u
        where u.id = o.userId and u.age > 0 and o.id = 'a' returning title
    """
    assert await shop_of_ada.query(sql, "!") == [{"title": "ada@x!"}]
    hidden = "update Order as o set title = 'x' from User as u where u.age = 0"
    assert await shop_of_ada.execute(hidden) == 0
    assert await raw.execute(hidden) == 3


async def test_an_update_moves_updated_at_on(raw: Builder) -> None:
    (before,) = await raw.query("select changed from User where id = 1")
    await asyncio.sleep(0.01)
    (after,) = await raw.query("update User set age = 9 where id = 1 returning changed")
    assert after["changed"] > before["changed"]


async def test_rows_have_keys_of_several_fields(shop: World, raw: Builder, shop_of_ada: Builder) -> None:
    await shop_of_ada.execute("insert into Seat (row, no) values (1, 1), (1, 2), (2, 1)")
    changed = await shop_of_ada.query("update Seat set who = row || '/' || no where row = 1 returning row, no, who")
    assert sorted(each["who"] for each in changed) == ["1/1", "1/2"]
    assert await shop_of_ada.execute("update Seat set no = 5 where row = 2") == 1
    assert await shop_of_ada.query("delete from Seat where no = 5 returning *") == [{"row": 2, "no": 5, "who": None}]


async def test_two_at_once_both_count(raw: Builder, shop: World) -> None:
    builders = [Builder(shop.open("query")) for _ in range(4)]
    await asyncio.gather(*(each.execute("update User set age = age + 1 where id = 1") for each in builders))
    assert await raw.query("select age from User where id = 1") == [{"age": 8}]


# ------------------------------------------------------------------ DELETE


async def test_a_delete_takes_what_may_be_deleted(raw: Builder, shop_of_ada: Builder) -> None:
    sql = "delete from Order as o using User as u where u.id = o.userId and u.age > $1 returning o.id, u.email"
    gone = await shop_of_ada.query(sql, 3)
    assert sorted(row["id"] + row["email"] for row in gone) == ["aada@x", "bada@x"]
    await raw.execute("delete from Order")
    assert await shop_of_ada.execute("delete from User where id in (1, 3)") == 1
    assert await shop_of_ada.execute("delete from User where age < 4") == 0
    assert await shop_of_ada.execute("delete from Closed") == 0
    assert await raw.query("select id from User order by id") == [{"id": 2}, {"id": 3}]


# ------------------------------------------------------------------ how writes end


async def test_what_cannot_be_read_back_is_undone(open_world: OpenWorld) -> None:
    text = "model Foo { id Int @id\n x Int\n @@allow('create,update', true)\n @@allow('read', x > 0) }"
    world = open_world(text)
    qb = Builder(world.open("query"))
    for sql in ("insert into Foo (id, x) values (1, 0) returning x", "update Foo set x = 0 where id = 2 returning x"):
        await Builder(world.open()).execute("insert into Foo (id, x) values (2, 1) on conflict do nothing")
        with pytest.raises(RejectedByPolicy) as caught:
            await qb.query(sql)
        assert caught.value.rejected_by_policy_reason == "cannot-read-back"
    assert await Builder(world.open()).query("select * from Foo") == [{"id": 2, "x": 1}]
    assert await qb.execute("insert into Foo (id, x) values (1, 0)") == 1


async def test_in_zenstacks_way_a_write_finds_what_it_may_not_read_and_stays(open_world: OpenWorld) -> None:
    text = "model Bar { id Int @id\n x Int\n @@allow('create,update', true)\n @@allow('read', x > 0) }"
    world = open_world(text)
    qb = Builder(world.open("query", compat="zenstack"))
    with pytest.raises(RejectedByPolicy):
        await qb.query("insert into Bar (id, x) values (1, 0) returning *")
    assert await qb.execute("update Bar set x = 5 where x = 0") == 1
    assert await qb.query("select x from Bar") == [{"x": 5}]


async def test_writes_are_part_of_their_clients_transaction(shop: World, raw: Builder) -> None:
    with pytest.raises(KeyError):
        async with shop.open("query").set_auth({"id": 1}).transaction() as tx:
            assert await Builder(tx).execute("delete from Order where id = 'a'") == 1
            raise KeyError
    assert len(await raw.query("select id from Order")) == 3


@pytest.mark.parametrize(
    ("sql", "error", "message"),
    [
        ("insert into User (nope) values (1)", InvalidInput, 'no field to write on User "nope"'),
        ("update User set orders = 1", InvalidInput, 'no field to write on User "orders"'),
        ("insert into User (email, email) values (1, 2)", InvalidInput, "named twice"),
        ("insert into User (email) select email, age from User", InvalidInput, "1 columns are named"),
        ("insert into User (email, age) values (1)", InvalidInput, "2 columns are named"),
        ("insert into User (email, age) values (default, 1 + 1)", NotSupported, "DEFAULT can stand in VALUES"),
        ("update User set age = default", NotSupported, "DEFAULT can stand in VALUES"),
        ("insert into User (email) values ('x') on conflict do update set age = 1", InvalidInput, "names the columns"),
        ("insert into User values (1)", InvalidInput, 'has no "values" here'),
    ],
)
async def test_writes_that_cannot_be(shop_of_ada: Builder, sql: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        await shop_of_ada.execute(sql)


async def test_bases_and_views_are_not_written(open_world: OpenWorld) -> None:
    world = open_world(
        "model Thing { id Int @id\n kind String\n @@delegate(kind) }\nmodel Book extends Thing { pages Int }\n"
        "view Seen { id Int @unique }"
    )
    qb = Builder(world.open())
    with pytest.raises(NotSupported, match="delegate"):
        await qb.execute("insert into Thing (id) values (1)")
    with pytest.raises(InvalidInput, match='no field to write on Book "kind"'):
        await qb.execute("insert into Book (id, kind, pages) values (1, 'x', 1)")
    with pytest.raises(NotSupported, match="view"):
        await qb.execute("delete from Seen")


async def test_values_with_a_limit_are_a_query(raw: Builder) -> None:
    assert await raw.execute("insert into User (email) values ('p'), ('q') order by 1 limit 1") == 1
    assert await raw.execute("insert into User (email) select email || 'x' from User order by id limit 0") == 0


async def test_keys_may_be_members_of_an_enum(open_world: OpenWorld) -> None:
    text = "enum Kind { A @map('a kind')  B }\nmodel K { kind Kind @id\n n Int @@allow('all', true) }"
    qb = Builder(open_world(text).open("query"))
    assert await qb.query("insert into K (kind, n) values ('A', 1), ('B', 1) returning kind, n") == [
        {"kind": "A", "n": 1},
        {"kind": "B", "n": 1},
    ]
    assert await qb.query("update K set n = n + 1 where kind = 'A' returning *") == [{"kind": "A", "n": 2}]
    assert await qb.query("delete from K where n = 2 returning kind") == [{"kind": "A"}]
