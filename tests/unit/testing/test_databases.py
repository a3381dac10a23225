"""Connection strings as URLs, and people as tests print them."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from gatepost.identity import ANON
from gatepost.testing.databases import as_url
from gatepost.testing.people import Person
from gatepost.testing.serving import AuthServer


@pytest.mark.parametrize(
    ("conninfo", "url"),
    [
        ("host=db.test port=5433 user=ada dbname=notes", "postgresql://ada@db.test:5433/notes"),
        ("host=::1 user=ada password='p@ss/ word' dbname=a", "postgresql://ada:p%40ss%2F%20word@[::1]/a"),
        ("host=db.test dbname=a sslmode=require", "postgresql://db.test/a?sslmode=require"),
        ("host=/run/x port=5432 user=ada dbname=a", "postgresql://ada@/a?host=%2Frun%2Fx&port=5432"),
    ],
)
def test_a_url_says_the_same(conninfo: str, url: str):
    assert as_url(conninfo) == url
    assert conninfo_to_dict(url) == conninfo_to_dict(conninfo)


def test_no_secret_is_printed():
    server = AuthServer("http://127.0.0.1:1", "shown", "hidden", "hidden", "hidden", "hidden")
    person = Person(ANON, "hidden", "ada", None)  # pyright: ignore[reportArgumentType]
    assert "shown" in repr(server)
    assert "hidden" not in repr(server) + repr(person)
