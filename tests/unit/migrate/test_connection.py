"""How set-up connects: a server that is silent is not waited for without end."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from gatepost.migrate.connection import CONNECT_SECONDS, patient


@pytest.mark.parametrize(
    ("dsn", "seconds"),
    [
        ("host=/run dbname=x", CONNECT_SECONDS),
        ("postgres://somebody@db.example/x", CONNECT_SECONDS),
        ("host=/run connect_timeout=3", "3"),
    ],
)
def test_the_wait_for_a_server_has_an_end(monkeypatch: pytest.MonkeyPatch, dsn: str, seconds: int | str):
    monkeypatch.delenv("PGCONNECT_TIMEOUT", raising=False)
    assert conninfo_to_dict(patient(dsn))["connect_timeout"] == str(seconds)


def test_the_environment_may_say_otherwise(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "0")
    assert patient("host=/run") == "host=/run"


def test_what_is_no_connection_string_is_left_to_the_library():
    assert patient("nonsense") == "nonsense"
