"""Where a token says its role: `jwt-role-claim-key`, in JSON path and in the older notation."""

from typing import Any

import pytest

from gatepost.problem import Problem
from gatepost.rest.proof import role_finder

CLAIMS: dict[str, Any] = {
    "role": "plain",
    "https://api.example/role": {"key": "far"},
    "postgrest": {"roles": ["other", "author", 5, {"name": "x"}], "by_app": {"mail": "reader", "wiki": "writer"}},
    "aud": ["one", "two"],
}


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("$.role", "plain"),
        (".role", "plain"),
        ("$['https://api.example/role'].key", "far"),
        ('."https://api.example/role".key', "far"),
        ("$.postgrest.roles[1]", "author"),
        ("$.postgrest.roles[-4]", "other"),
        ("$.postgrest.roles[2]", "5"),
        ("$.postgrest.roles[9]", None),
        ("$.postgrest.roles.nobody", None),
        ("$.postgrest.roles[?(@ == 'author')]", "author"),
        ("$.postgrest.roles[?@ != 'other']", "author"),
        ("$.postgrest.roles[?search(@, '^au')]", "author"),
        ('$.postgrest.roles[?(search(@, "th[eo]r$"))]', "other"),
        (r"$.postgrest.roles[?search(@, '^\\w{6}$')]", "author"),
        ("$.postgrest.roles[?search(@, 'nobody')]", None),
        ("$.postgrest.by_app[?search(@, 'er$')]", "reader"),
        ("$.postgrest.roles[*].name", "x"),
        ("$.postgrest.by_app.*", "reader"),
        ("$.aud[0]", "one"),
        (".postgrest.roles[?(@ ^== 'auth')]", "author"),
        (".postgrest.roles[?(@ ==^ 'hor')]", "author"),
        (".postgrest.roles[?(@ *== 'the')]", "other"),
        ("$.role[0]", None),
    ],
)
def test_a_path_leads_to_the_first_that_it_fits(path: str, role: str | None):
    assert role_finder(path)(CLAIMS) == role


@pytest.mark.parametrize(
    "path",
    ["role.other", "$.role##", "$.my_role;;domain", "@@.role", "1234", "$.r[?(@ =)]", "$.r[?search(@, '(')]", "$.r[?"],
)
def test_what_is_no_path_is_refused_at_the_start(path: str):
    with pytest.raises(Problem, match="failed to parse role-claim-key value"):
        role_finder(path)
