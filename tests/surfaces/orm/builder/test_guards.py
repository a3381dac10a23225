"""Whatever is asked: rules in the SQL and row level security give what a database without the hidden rows would."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatepost.orm import Client, DatabaseError, InvalidInput, OrmError, RejectedByPolicy
from gatepost.orm.builder import Builder

from ..writing.conftest import OpenWorld, World
from .conftest import SHOP

COLUMNS = {"User": ("id", "age", "email"), "Order": ("userId", "userId", "title")}


class Ways:
    """User 1 under each guard, and nobody's rules on a database that has only what user 1 may read."""

    def __init__(self, shop: World, shown: World) -> None:
        self.clients = [shop.open(guard).set_auth({"id": 1}) for guard in ("query", "database")]
        self.guarded = [Builder(client) for client in self.clients]
        self.shown = Builder(shown.open())

    async def told(self, builder: Builder, sql: str) -> Any:
        try:
            return sorted(map(repr, (tuple(row.values()) for row in await builder.query(sql))))
        except DatabaseError as error:
            return error.db_error_code


@pytest.fixture(scope="module")
async def ways(shop: World, open_world: OpenWorld) -> AsyncIterator[Ways]:
    shown = open_world(SHOP)
    for world in (shop, shown):
        world.empty()
    users = [{"id": n, "email": f"{n}@x", "age": n % 4 * 20, "role": "ADMIN" if n % 2 else "USER"} for n in range(1, 9)]
    orders = [{"id": f"{n}", "title": f"t{n}", "userId": n % 3 + 1, "at": "2026-01-01"} for n in range(8)]
    db = shop.open()
    await db.user.create_many(data=users)
    await db.order.create_many(data=orders)
    reader = shop.open("database").set_auth({"id": 1})
    seen = await reader.user.find_many(omit={"meta": True})
    await shown.open().user.create_many(data=seen)
    # a foreign key looks for its row whether somebody may see it or not
    shown.sql('alter table "Order" drop constraint "Order_userId_fkey"')
    await shown.open().order.create_many(data=await reader.order.find_many())
    yield Ways(shop, shown)


@st.composite
def values(draw: st.DrawFn, model: str, alias: str, depth: int) -> str:
    number, other, text = COLUMNS[model]
    column = f"{alias}.{draw(st.sampled_from((number, other)))}"
    kinds = ["{c}", "{c} + 1", "coalesce({c}, 0)", "length({t})", "case when {c} > 2 then 1 else 0 end", "abs(-{c})"]
    if depth:
        kinds.append("(select count(*) from {m} as s where s.{k} < {c})")
    model = draw(st.sampled_from(sorted(COLUMNS)))
    return draw(st.sampled_from(kinds)).format(c=column, t=f"{alias}.{text}", m=model, k=COLUMNS[model][0])


@st.composite
def conditions(draw: st.DrawFn, model: str, alias: str, depth: int) -> str:
    left, right = draw(values(model, alias, depth)), draw(values(model, alias, depth))
    kinds = ["{l} = {r}", "{l} < {r}", "not {l} > {r}", "{l} in ({r}, 3)", "{l} is not null", "{l} between 0 and {r}"]
    if depth:
        inner = draw(queries(depth - 1))
        kinds += [f"exists ({inner})", f"{{l}} in ({inner})", f"{{l}} <> all ({inner})"]
    return draw(st.sampled_from(kinds)).format(l=left, r=right)


@st.composite
def queries(draw: st.DrawFn, depth: int) -> str:
    """A query of one number."""
    model = draw(st.sampled_from(sorted(COLUMNS)))
    source, inner = f"{model} as a", "a"
    shape = (
        draw(st.sampled_from(["plain", "join", "left", "sub", "cte", "union", "sum", "group"])) if depth else "plain"
    )
    other = draw(st.sampled_from(sorted(COLUMNS)))
    where = draw(conditions(model, inner, depth and depth - 1))
    value = draw(values(model, inner, depth and depth - 1))
    match shape:
        case "join" | "left":
            kind = "join" if shape == "join" else "left join"
            on = draw(conditions(other, "b", 0))
            on = f"a.{COLUMNS[model][0]} = b.{COLUMNS[other][0]} and {on}"
            return f"select {value} from {source} {kind} {other} as b on {on} where {where}"
        case "sub":
            return f"select s.n from (select {value} as n from {source} where {where}) as s"
        case "cte":
            return f"with c(n) as (select {value} from {source} where {where}) select c.n from c, {other}"
        case "union":
            return f"select {value} from {source} where {where} union all ({draw(queries(depth - 1))})"
        case "sum":
            return f"select sum({value}) from {source} where {where}"
        case "group":
            return f"select count(*) from {source} where {where} group by {value}"
        case _:
            return f"select {value} from {source} where {where}"


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(sql=queries(2))
async def test_what_is_hidden_does_not_exist(ways: Ways, sql: str) -> None:
    expected = await ways.told(ways.shown, sql)
    for builder in ways.guarded:
        assert await ways.told(builder, sql) == expected


@st.composite
def writes(draw: st.DrawFn) -> str:
    model = draw(st.sampled_from(sorted(COLUMNS)))
    number, _, text = COLUMNS[model]
    where = draw(conditions(model, "a", 1))
    if draw(st.booleans()):
        return f"delete from {model} as a where {where}"
    # not what would make a row unreadable to its author: there the guards differ by nature
    own = {"User": ["age = a.age + 1", "age = a.age - 1 + a.id"], "Order": ["state = 'x'", f"title = {number}::text"]}
    assigned = draw(st.sampled_from([f"{text} = a.{text} || '!'", *own[model]]))
    return f"update {model} as a set {assigned} where {where}"


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(sql=writes())
async def test_both_guards_let_the_same_writes_happen(ways: Ways, sql: str) -> None:
    outcomes = [await outcome(client, sql) for client in ways.clients]
    assert outcomes[0] == outcomes[1]


async def outcome(client: Client, sql: str) -> int | str | None:
    """How many rows a write touches, what refuses it; nothing of it stays."""
    tx = await client.begin()
    try:
        return await Builder(tx).execute(sql)
    except RejectedByPolicy:
        return "refused"
    except DatabaseError as error:
        return error.db_error_code
    finally:
        await tx.rollback()


# ------------------------------------------------------------------ tables and functions of the database's own


async def test_rules_in_the_sql_know_models_alone(shop: World) -> None:
    qb = Builder(shop.open("query"))
    for sql in (
        "select * from pg_class",
        "insert into pg_class (a) values (1)",
        "update pg_class set a = 1",
        "delete from pg_class",
        "update User set age = 1 from pg_class",
        "delete from User using pg_class",
        "insert into User (email) select relname from pg_class",
        "update User set email = (select relname from pg_class limit 1)",
    ):
        with pytest.raises(RejectedByPolicy, match="no such model"):
            await qb.execute(sql)


async def test_where_rules_do_not_stand_in_the_sql_all_tables_and_functions_are_there(
    shop: World, raw: Builder
) -> None:
    shop.sql("create table extra (a int); alter table extra disable row level security")
    shop.sql("grant all on extra to authenticated")
    for guard in ("none", "database"):
        qb = Builder(shop.open(guard) if guard == "none" else shop.open(guard).set_auth({"id": 1}))
        assert await qb.execute("insert into extra (a) values ($1)", 1) == 1
        assert await qb.query("select e.a, u.email from extra e, User u where u.id = 1") == [{"a": 1, "email": "ada@x"}]
        assert await qb.query("select pg_typeof(a)::text as t from extra") == [{"t": "integer"}]
        assert await qb.execute("delete from public.extra") == 1


async def test_what_a_statement_leaves_in_a_session_is_gone_before_the_next(shop: World) -> None:
    qb = Builder(shop.open("database", pool_size=1).set_auth({"id": 1}))
    await qb.query("select set_config('gatepost.trace', 'here', false), pg_advisory_lock(7)")
    assert await qb.query("select nullif(current_setting('gatepost.trace', true), '') as trace") == [{"trace": None}]
    assert await qb.query("select count(*) as n from pg_locks where locktype = 'advisory'") == [{"n": 0}]


async def test_a_function_of_the_programs_own(shop: World) -> None:
    shop.sql("create or replace function twice(n int) returns int language sql immutable as 'select n * 2'")
    with pytest.raises(InvalidInput, match="does not know the function"):
        await Builder(shop.open("query")).query("select twice(2)")
    assert await Builder(shop.open("query"), functions=["twice"]).query("select twice(2) as n") == [{"n": 4}]


async def test_a_model_that_the_client_has_not_is_no_table(shop: World) -> None:
    with pytest.raises(RejectedByPolicy):
        await Builder(shop.open("query", slicing={"excluded_models": ["Order"]})).query("select * from Order")


@pytest.mark.parametrize(
    ("sql", "values", "message"),
    [
        ("select $1", (), "asks for 1 values, 0 were given"),
        ("select 1", (1,), "asks for 0 values, 1 were given"),
        ("select $1", (object(),), "is no value for SQL"),
        (f"select {'(' * 3000}1{')' * 3000}", (), "nested too deeply"),
    ],
)
async def test_calls_that_cannot_be(shop: World, sql: str, values: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        await Builder(shop.open("query")).query(sql, *values)


@pytest.mark.parametrize("hostile", ["'; drop table users; --", "\\", "$1", '"', "\u0000x", "'' or 1=1", "x" * 100_000])
async def test_values_are_only_ever_values(shop: World, raw: Builder, hostile: str) -> None:
    qb = Builder(shop.open("query").set_auth({"id": 1}))
    if "\0" in hostile:
        with pytest.raises(InvalidInput):
            await qb.query("select id from User where email = $1", hostile)
        return
    assert (
        await qb.query("select id from User where email = $1 or email = '" + hostile.replace("'", "''") + "'", hostile)
        == []
    )
    assert await qb.query("insert into User (email) values ($1) returning email", hostile) == [{"email": hostile}]


async def test_errors_are_the_clients(shop: World) -> None:
    with pytest.raises(OrmError) as caught:
        await Builder(shop.open("query")).query("select nope from User")
    assert caught.value.db_error_code == "42703"
