"""Settings that the database holds."""

import pytest

from gatepost.problem import Problem
from gatepost.rest.configuration import Found, configured, known
from gatepost.settings import RestSettings


def test_every_setting_has_upstreams_name() -> None:
    assert {"pgrst.db_schemas", "pgrst.db_max_rows", "pgrst.openapi_mode", "pgrst.jwt_role_claim_key"} <= set(known())
    assert "pgrst.db_config" not in known()
    assert "pgrst.db_channel" not in known()


def test_values_are_read_as_from_the_environment() -> None:
    found = configured(
        RestSettings(),
        [
            Found("pgrst.db_schemas", "api, other", "role"),
            Found("pgrst.db_max_rows", "20", "role"),
            Found("pgrst.db_aggregates_enabled", "true", "role"),
            Found("pgrst.nobody_knows", "x", "role"),
            Found("pgrst.db_pre_request", None, "function"),
        ],
    )
    assert (found.schemas, found.max_rows, found.aggregates) == (("api", "other"), 20, True)


def test_the_role_in_this_database_before_the_role_before_the_function() -> None:
    in_database = Found("pgrst.jwt_aud", "a", "database")
    of_role = Found("pgrst.jwt_aud", "b", "role")
    by_function = Found("pgrst.jwt_aud", "c", "function")
    assert configured(RestSettings(), [in_database, of_role, by_function]).jwt_audience == "a"
    assert configured(RestSettings(), [by_function, of_role]).jwt_audience == "b"
    assert configured(RestSettings(jwt_audience="z"), [by_function]).jwt_audience == "c"


def test_a_value_that_does_not_fit_is_told_by_name() -> None:
    with pytest.raises(Problem, match=r"pgrst\.db_tx_end"):
        configured(RestSettings(), [Found("pgrst.db_tx_end", "never", "role")])
