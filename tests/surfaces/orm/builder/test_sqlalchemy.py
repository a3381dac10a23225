"""SQLAlchemy's statements over a schema's tables."""

from typing import Any

import pytest
from sqlalchemy import cast, delete, exists, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.types import NullType

from gatepost.orm import InvalidInput, RejectedByPolicy
from gatepost.orm.builder import Builder

from ..writing.conftest import World


async def rows(builder: Builder, statement: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await builder.query(statement)]


async def test_tables_have_the_schemas_names(shop_of_ada: Builder) -> None:
    tables = shop_of_ada.tables
    assert tables.User is tables["User"]
    assert list(tables.Order.c.keys()) == ["id", "title", "state", "at", "userId"]
    with pytest.raises(AttributeError, match='no model "Nobody"'):
        _ = tables.Nobody


async def test_selects(shop_of_ada: Builder) -> None:
    user, order = shop_of_ada.tables.User, shop_of_ada.tables.Order
    named = select(user.c.email).where(user.c.role.in_(["ADMIN", "USER"])).order_by(user.c.id.desc()).limit(1)
    assert await rows(shop_of_ada, named) == [("bob@x",)]
    joined = select(user.c.email, func.count(order.c.id)).join_from(user, order, isouter=True).group_by(user.c.email)
    assert sorted(await rows(shop_of_ada, joined)) == [("ada@x", 2), ("bob@x", 0)]
    owning = select(user.c.id).where(exists().where(order.c.userId == user.c.id), user.c.email.contains("a"))
    assert await rows(shop_of_ada, owning) == [(1,)]
    known = select(order.c.title, literal("x")).cte("known")
    assert len(await rows(shop_of_ada, select(known).union_all(select(known)))) == 4
    other = user.alias()
    assert await rows(shop_of_ada, select(other.c.id).where(other.c.age > user.c.age, user.c.id == 1)) == [(2,)]
    assert await rows(shop_of_ada, select(user.c.id).where(user.c.id.in_([]))) == []
    assert await rows(shop_of_ada, select(func.date_trunc("year", order.c.at) <= order.c.at).limit(1)) == [(True,)]
    meta = select(user.c.meta["a"].astext, user.c.tags.contains(["x"])).where(user.c.id == 1)
    assert await rows(shop_of_ada, meta) == [(None, None)]


async def test_writes(raw: Builder, shop_of_ada: Builder) -> None:
    user, order = shop_of_ada.tables.User, shop_of_ada.tables.Order
    made = (
        insert(user).values(email="new", role="ADMIN", meta={"a": [1]}, tags=["x"]).returning(user.c.role, user.c.meta)
    )
    assert await rows(shop_of_ada, made) == [("ADMIN", {"a": [1]})]
    assert (
        await shop_of_ada.execute(insert(order).values([{"title": "p", "userId": 1}, {"title": "q", "userId": 1}])) == 2
    )
    changed = update(user).where(user.c.id == 1).values(age=user.c.age + 1).returning(user.c.age)
    assert await rows(shop_of_ada, changed) == [(5,)]
    again = insert_or(user).values(id=1, email="again")
    again = again.on_conflict_do_update(index_elements=[user.c.id], set_={"email": again.excluded.email})
    assert await shop_of_ada.execute(again) == 1
    gone = delete(order).where(order.c.userId == user.c.id, user.c.age > 3)
    assert await shop_of_ada.execute(gone) == 4
    assert await rows(raw, select(user.c.email).where(user.c.id == 1)) == [("again",)]


async def test_text_is_understood_like_any_other(shop_of_ada: Builder, shop: World) -> None:
    assert await rows(shop_of_ada, text("select id from User where id = :id").bindparams(id=2)) == [(2,)]
    with pytest.raises(RejectedByPolicy):
        await Builder(shop.open("query")).query(text("select * from users"))
    user = shop_of_ada.tables.User
    with pytest.raises(InvalidInput, match="SQLAlchemy cannot compile"):
        await shop_of_ada.query(select(cast(user.c.id, NullType())))
    with pytest.raises(InvalidInput, match='has no "UPDATE" here'):
        await shop_of_ada.query(select(user).with_for_update())
