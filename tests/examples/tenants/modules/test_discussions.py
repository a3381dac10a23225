"""Discussions: topics, messages, who follows them, and that they are heard as they are said."""

import json
from collections.abc import Iterator

import psycopg
import pytest

from gatepost.embedded import Server

from .conftest import Row, Site

SAY = "select (msg_api.upsert_message(row(%s, %s, %s, null)::msg_fn.message_info)).id"
TOPIC = "select (msg_api.upsert_topic(row(%s, %s, %s, %s, null)::msg_fn.topic_info)).id"
SUBSCRIBE = "select (msg_api.upsert_subscriber(row(%s, %s)::msg_fn.subscriber_info)).status::text"
NOWHERE = "00000000-0000-4000-8000-000000000000"
DENIED = "30000: NOT AUTHORIZED"


@pytest.fixture
def topic(site: Site) -> str:
    return str(site.ask("user-1a", TOPIC, None, "Tools", "tools", None))


def message(site: Site, who: str, topic: str, content: str = "hello") -> str:
    return str(site.ask(who, SAY, None, topic, content))


# Topics --------------------------------------------------------------------------------------------------------------


def test_a_topic_is_of_the_tenant_and_open(site: Site, topic: str) -> None:
    text = "select name, identifier, status::text from msg.topic where id = %s"
    assert site.rows("user-1b", text, topic) == [("Tools", "tools", "open")]
    assert site.rows("user-2a", text, topic) == []


def test_the_same_identifier_is_the_same_topic(site: Site, topic: str) -> None:
    assert str(site.ask("user-1b", TOPIC, None, "All the tools", "tools", None)) == topic
    assert site.ask("user-1a", "select name from msg.topic where id = %s", topic) == "All the tools"
    assert str(site.ask("user-2a", TOPIC, None, "Tools", "tools", None)) != topic


def test_a_topic_is_renamed_by_its_id(site: Site, topic: str) -> None:
    assert str(site.ask("user-1b", TOPIC, topic, "Ladders", None, None)) == topic
    text = "select name, identifier from msg.topic where id = %s"
    assert site.rows("user-1a", text, topic) == [("Ladders", "tools")]


@pytest.mark.parametrize("name", ["", "  ", None])
def test_a_topic_has_a_name(site: Site, topic: str, name: str | None) -> None:
    assert site.refused("user-1a", TOPIC, None, name, None, None) == "30057: A TOPIC NEEDS A NAME"
    if name is not None:
        assert site.refused("user-1a", TOPIC, topic, name, None, None) == "30057: A TOPIC NEEDS A NAME"


def test_not_by_an_id_of_another_tenant_or_of_none(site: Site) -> None:
    for id in (NOWHERE, site.topic("where-to-meet", "demo-tenant-2")):
        assert site.refused("admin-1", TOPIC, id, "Mine", None, None) == "30050: NO TOPIC FOR ID"


def test_whoever_looks_after_discussions_opens_locks_and_closes(site: Site, topic: str) -> None:
    for status in ("locked", "closed", "open"):
        assert site.refused("user-1a", TOPIC, topic, None, None, status) == DENIED
        site.ask("admin-1", TOPIC, topic, None, None, status)
        assert site.ask("user-1a", "select status::text from msg.topic where id = %s", topic) == status
    assert site.refused("user-1a", TOPIC, None, "Closed from the start", None, "closed") == DENIED


def test_what_is_talked_about_is_found_the_latest_first(site: Site, topic: str) -> None:
    """Not the topics that come with todos, in which nobody says anything."""
    found = "select name from msg_api.search_topics(row(%s, %s, null)::msg_fn.search_topics_options)"
    silent = site.ask("user-1a", "select (todo_api.create_todo('Sharpen the saw')).topic_id")
    assert site.rows("user-1b", found, None, None)[0] == ("Tools",)
    message(site, "user-1b", silent)
    assert site.rows("user-1b", found, None, None)[:2] == [("Sharpen the saw topic",), ("Tools",)]
    assert site.rows("user-1b", found, "SAW", None) == [("Sharpen the saw topic",)]
    assert ("Tools",) not in site.rows("user-1b", found, None, "closed")
    assert site.rows("user-2a", found, "saw", None) == []


def test_deleting_a_topic_takes_its_messages_and_no_others(site: Site, topic: str) -> None:
    message(site, "user-1a", topic)
    others = site.owner("select count(*) from msg.message where topic_id <> %s", topic)
    assert site.refused("user-1a", "select msg_api.delete_topic(%s)", topic) == DENIED
    assert site.ask("admin-1", "select msg_api.delete_topic(%s)", topic) is True
    assert site.owner("select count(*) from msg.topic where id = %s", topic) == 0
    assert site.owner("select count(*) from msg.message") == others
    assert site.refused("admin-1", "select msg_api.delete_topic(%s)", topic) == "30050: NO TOPIC FOR ID"


def test_the_topic_of_a_todo_stays_with_it(site: Site) -> None:
    topic = site.owner("select topic_id from todo.todo where id = %s", site.todo("Gloves"))
    assert site.refused("admin-1", "select msg_api.delete_topic(%s)", topic) == "30056: THE TOPIC IS STILL IN USE"


# Messages ------------------------------------------------------------------------------------------------------------


def test_a_message_has_its_author_and_subscribes_him(site: Site, topic: str) -> None:
    id = message(site, "user-1b", topic)
    text = "select content, status::text, posted_by_msg_resident_id::text from msg.message where id = %s"
    assert site.rows("user-1a", text, id) == [("hello", "sent", site.resident("user-1b"))]
    text = "select r.display_name from msg.subscriber s join msg.msg_resident r on r.resident_id = s.msg_resident_id"
    text += " where s.topic_id = %s order by 1"
    both = [("user-1a",), ("user-1b",)]  # who began it, and who said something
    assert site.rows("user-1a", text, topic) == both
    message(site, "user-1b", topic)
    assert site.rows("user-1a", text, topic) == both


@pytest.mark.parametrize("content", ["", "  ", None])
def test_a_message_says_something(site: Site, topic: str, content: str | None) -> None:
    assert site.refused("user-1a", SAY, None, topic, content) == "30054: A MESSAGE NEEDS CONTENT"


def test_a_message_needs_a_topic_of_the_tenant(site: Site) -> None:
    for id in (None, NOWHERE, site.topic("where-to-meet", "demo-tenant-2")):
        assert site.refused("user-1a", SAY, None, id, "hello") == "30050: NO TOPIC FOR ID"


def test_authors_alone_change_their_messages(site: Site, topic: str) -> None:
    id = message(site, "user-1a", topic)
    assert str(site.ask("user-1a", SAY, id, topic, "hello, everybody")) == id
    assert site.ask("user-1b", "select content from msg.message where id = %s", id) == "hello, everybody"
    for who in ("user-1b", "admin-1"):
        assert site.refused(who, SAY, id, topic, "nonsense") == "30053: ONLY ITS AUTHOR CHANGES A MESSAGE"
        refusal = site.refused(who, "select msg_api.delete_message(%s)", id)
        assert refusal == "30053: ONLY ITS AUTHOR CHANGES A MESSAGE"
    assert site.refused("user-2a", SAY, id, topic, "nonsense") == "30052: NO MESSAGE FOR ID"


def test_nor_past_the_functions(site: Site, topic: str) -> None:
    """As the role that the API's functions run as, with another's token: as if one of them had a hole."""
    id = message(site, "user-1a", topic)
    site.become(site.token("admin-1") | {"role": "tenancy_api"})
    assert site.session.execute("update msg.message set content = 'x' where id = %s", (id,)).rowcount == 0


def test_what_is_deleted_keeps_its_place_and_loses_its_words(site: Site, topic: str) -> None:
    id = message(site, "user-1a", topic)
    assert site.ask("user-1a", "select (msg_api.delete_message(%s)).status::text", id) == "deleted"
    assert site.rows("user-1b", "select content, status::text from msg.message where id = %s", id) == [("", "deleted")]
    for text, values in ((SAY, (id, topic, "again")), ("select msg_api.delete_message(%s)", (id,))):
        assert site.refused("user-1a", text, *values) == "30052: NO MESSAGE FOR ID"


def test_a_message_stays_in_its_topic(site: Site, topic: str) -> None:
    id = message(site, "user-1a", topic)
    site.ask("user-1a", SAY, id, site.topic("where-to-meet"), "moved?")
    assert str(site.ask("user-1a", "select topic_id from msg.message where id = %s", id)) == topic


def test_in_a_locked_topic_moderators_alone_write(site: Site, topic: str) -> None:
    id = message(site, "user-1a", topic)
    site.ask("admin-1", TOPIC, topic, None, None, "locked")
    for text, values in (
        (SAY, (None, topic, "hello")),
        (SAY, (id, topic, "x")),
        ("select msg_api.delete_message(%s)", (id,)),
    ):
        assert site.refused("user-1a", text, *values) == "30051: THE TOPIC IS LOCKED"
    assert message(site, "admin-1", topic)


def test_in_a_closed_one_nobody(site: Site) -> None:
    for who in ("user-1a", "admin-1"):
        assert site.refused(who, SAY, None, site.topic("last-year"), "hello") == "30051: THE TOPIC IS CLOSED"


# Subscribers ---------------------------------------------------------------------------------------------------------


def test_one_follows_and_leaves(site: Site, topic: str) -> None:
    assert site.ask("user-1b", SUBSCRIBE, topic, None) == "active"
    user = site.resident("user-1b")
    id = site.owner("select id from msg.subscriber where topic_id = %s and msg_resident_id = %s", topic, user)
    leave = "select (msg_api.deactivate_subscriber(%s)).status::text"
    for who in ("user-1a", "user-2a"):
        assert site.refused(who, leave, id) == "30055: NO SUBSCRIBER FOR ID"
    assert site.ask("user-1b", leave, id) == "inactive"
    assert site.ask("user-1b", SUBSCRIBE, topic, None) == "active"
    assert site.ask("admin-1", leave, id) == "inactive"


def test_a_colleague_is_subscribed_a_stranger_is_not(site: Site, topic: str) -> None:
    assert site.ask("user-1a", SUBSCRIBE, topic, site.resident("user-1b")) == "active"
    for stranger in (site.resident("user-2a"), NOWHERE):  # and nothing tells whether there is one
        assert site.refused("user-1a", SUBSCRIBE, topic, stranger) == "30004: NO SUCH RESIDENT"
        assert site.refused("user-1a", SUBSCRIBE, NOWHERE, stranger) == "30050: NO TOPIC FOR ID"


def test_who_was_blocked_does_not_come_back_by_himself(site: Site, topic: str) -> None:
    site.ask("user-1b", SUBSCRIBE, topic, None)
    site.owner("update msg.subscriber set status = 'blocked' where topic_id = %s returning id", topic)
    assert site.ask("user-1b", SUBSCRIBE, topic, None) == "blocked"


# As it is said -------------------------------------------------------------------------------------------------------


@pytest.fixture
def listener(cluster: Server, example: str) -> Iterator[psycopg.Connection[Row]]:
    with psycopg.connect(cluster.dsn("authenticator", example), autocommit=True) as session:
        yield session


def test_whoever_listens_hears_that_something_was_said(
    cluster: Server, example: str, listener: psycopg.Connection[Row]
) -> None:
    with psycopg.connect(cluster.dsn(dbname=example)) as session:
        site = Site(session)
        topic = site.topic("where-to-meet")
        listener.execute(f'listen "topic:{topic}:message"')  # pyright: ignore
        id = message(site, "user-1a", topic)
        session.commit()
        site.ask("user-1a", SAY, id, topic, "hello again")
        site.ask("user-1a", "select msg_api.delete_message(%s)", id)
        session.commit()
    heard = [json.loads(each.payload) for each in listener.notifies(timeout=5, stop_after=3)]
    assert heard == [{"event": event, "subject": topic, "id": id} for event in ("create", "update", "delete")]
