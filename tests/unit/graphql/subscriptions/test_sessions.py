"""Sessions that end end what hangs on them; the database is asked about all of them at once."""

import asyncio
from collections.abc import Sequence

import pytest

from gatepost.graphql.subscriptions import sessions as asked
from gatepost.graphql.subscriptions.sessions import Sessions
from gatepost.problem import Unavailable


class World:
    """Sessions that live, and the questions about them."""

    def __init__(self, *live: str) -> None:
        self.live = set(live)
        self.asked: list[set[str]] = []
        self.now = 0.0
        self.down = False

    async def find(self, ids: Sequence[str]) -> frozenset[str]:
        self.asked.append(set(ids))
        if self.down:
            raise Unavailable
        return frozenset(ids) & frozenset(self.live)

    def sessions(self, *watched: str) -> Sessions:
        sessions = Sessions(self.find, lambda: self.now)
        for id in watched:
            sessions.watch(id)
        return sessions


async def test_a_session_holds_until_it_ends():
    world = World("a")
    sessions = world.sessions("a")
    assert await sessions.holds("a")
    world.live.clear()
    world.now = 2.0
    assert not await sessions.holds("a")


async def test_one_question_serves_all_who_ask_at_that_moment():
    world = World("a", "b", "c")
    sessions = world.sessions("a", "b", "c")
    assert await asyncio.gather(*map(sessions.holds, "abcabc")) == [True] * 6
    assert world.asked == [{"a", "b", "c"}]


async def test_one_who_came_later_is_asked_about():
    world = World("a")
    sessions = world.sessions("a")
    await sessions.holds("a")
    assert not await sessions.holds("b")
    assert world.asked == [{"a"}, {"a", "b"}]


async def test_who_is_gone_is_not_asked_about():
    world = World("a", "b")
    sessions = world.sessions("a", "a", "b")
    sessions.forget("a")
    sessions.forget("b")
    await sessions.holds("a")
    assert world.asked == [{"a"}]


async def test_a_database_that_cannot_be_asked_ends_nothing():
    world = World()
    world.down = True
    assert await world.sessions("a").holds("a")


async def test_without_sessions_nothing_can_end():
    assert await Sessions(None).holds("a")
    world = World()
    assert await world.sessions().holds("")
    assert world.asked == []


async def test_a_silent_database_ends_nobody_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch):
    async def find(_: Sequence[str]) -> frozenset[str]:
        await asyncio.sleep(60)
        return frozenset()

    monkeypatch.setattr(asked, "PATIENCE", 0.05)
    sessions = Sessions(find)
    async with asyncio.timeout(5):
        assert await asyncio.gather(*map(sessions.holds, "aaa")) == [True] * 3
