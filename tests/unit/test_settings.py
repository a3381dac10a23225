"""Settings: every one once, read in its own type, refused with what was expected."""

import pytest

from gatepost.problem import Problem
from gatepost.settings import Seconds, load, seconds, table


def test_each_setting_has_one_key_and_says_what_it_is():
    keys = [entry.key for entry in table()]
    assert len(keys) == len(set(keys))
    assert all(entry.option.help and not entry.option.help.endswith(".") for entry in table())


def test_defaults_stand_when_nothing_is_said():
    settings = load()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 54321)
    assert settings.rest.schemas == ("public",)


def test_a_later_source_wins():
    base, toml, environ = {"server.port": 1}, {"server": {"port": 2}}, {"GATEPOST_SERVER_PORT": "3"}
    assert load(base=base).server.port == 1
    assert load(toml, base=base).server.port == 2
    assert load(toml, environ, base=base).server.port == 3
    assert load(toml, environ, base=base, overrides={"server.port": 4}).server.port == 4


def test_the_originals_variables_are_understood_and_ours_come_first():
    assert load(environ={"GOTRUE_SITE_URL": "https://a.example"}).auth.site_url == "https://a.example"
    both = {"GOTRUE_SITE_URL": "https://a.example", "GATEPOST_AUTH_SITE_URL": "https://b.example"}
    assert load(environ=both).auth.site_url == "https://b.example"


def test_an_empty_variable_says_nothing_except_where_text_is_expected():
    settings = load(environ={"GATEPOST_SERVER_PORT": "", "GOTRUE_SITE_URL": ""})
    assert settings.server.port == 54321
    assert settings.auth.site_url == ""


@pytest.mark.parametrize(
    ("text", "value"),
    [("90", 90), ("1h30m", 5400), ("250ms", 0.25), ("1.5s", 1.5), (10, 10), ("0", 0), ("24h", 86400)],
)
def test_durations_are_seconds_or_gos_notation(text: str | int, value: float):
    assert seconds(text) == value
    assert load({"server": {"shutdown_grace": text}}).server.shutdown_grace == Seconds(value)


@pytest.mark.parametrize("text", ["soon", "1h30", "10 s", "h"])
def test_what_is_no_duration_is_refused(text: str):
    with pytest.raises(Problem, match="shutdown_grace"):
        load({"server": {"shutdown_grace": text}})


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("off", False), ("F", False)])
def test_booleans_as_people_write_them(text: str, value: bool):
    assert load(environ={"GATEPOST_DATABASE_PREPARED_STATEMENTS": text}).database.prepared_statements is value


def test_lists_are_comma_separated_in_the_environment():
    assert load(environ={"PGRST_DB_SCHEMAS": "api, public"}).rest.schemas == ("api", "public")


def test_text_may_be_a_number_or_a_list_of_names_in_toml():
    assert load({"limits": {"email_sent": 30}}).limits.email_sent == "30"
    assert (
        load({"rest": {"extra_search_path": ["public", "extensions"]}}).rest.extra_search_path == "public, extensions"
    )


def test_an_unknown_key_is_refused_with_the_nearest_that_exists():
    with pytest.raises(Problem) as caught:
        load({"auth": {"site_ulr": "https://a.example"}})
    assert "auth.site_ulr" in caught.value.message
    assert caught.value.hint == "Did you mean auth.site_url?"


def test_a_wrong_value_is_refused_by_source_and_key():
    with pytest.raises(Problem) as caught:
        load(environ={"GATEPOST_SERVER_PORT": "many"})
    assert "GATEPOST_SERVER_PORT" in caught.value.message
    assert "server.port" in caught.value.message
    assert "'many'" in caught.value.message


def test_a_secret_is_not_repeated_in_the_refusal():
    with pytest.raises(Problem) as caught:
        load({"database": {"url": {"password": "hunter2"}}} | {"mail": {"smtp_pass": True}})
    assert "hunter2" not in str(caught.value) + str(caught.value.details)


@pytest.mark.parametrize(
    ("variables", "channels"),
    [
        ({}, ("gatepost", "pgrst")),
        ({"PGRST_DB_CHANNEL": "api"}, ("gatepost", "api")),
        ({"PGRST_DB_CHANNEL_ENABLED": "false"}, ("gatepost",)),
    ],
)
def test_word_of_a_change_comes_by_our_channel_and_by_the_one_that_is_named(
    variables: dict[str, str], channels: tuple[str, ...]
):
    assert load(environ=variables).rest.channels == channels
