"""PostGraphile's options under the names its users know, and nothing passed over in silence."""

from typing import Any

import pytest

from gatepost.catalog import Name
from gatepost.graphql.configuration import STATIC_SECRET, from_settings, limits, read
from gatepost.graphql.options import Options
from gatepost.problem import Problem
from gatepost.settings import GraphQLSettings


def options(**keys: Any) -> Options:
    return read(keys).options


def test_nothing_said_is_v4_over_public():
    assert options() == Options(schemas=("public",), preset="v4", geometric_types=True)


def test_v4_and_amber_differ_where_nothing_is_said():
    v4, amber = options(preset="v4"), options(preset="amber")
    assert (v4.dynamic_json, amber.dynamic_json) == (False, True)
    assert (v4.ignore_rbac, amber.ignore_rbac) == (True, False)
    assert (v4.ignore_indexes, amber.ignore_indexes) == (True, False)
    assert (v4.network_scalars, amber.network_scalars) == (False, True)
    assert (v4.payload_relations, amber.payload_relations) == (True, False)
    assert (v4.autofix_foreign_keys, amber.autofix_foreign_keys) == (True, False)


@pytest.mark.parametrize("preset", ["v4+simplify", "v4, simplify", ["v4", "simplify"], "simplify"])
def test_presets_are_laid_over_each_other(preset: object):
    found = options(preset=preset)
    assert (found.preset, found.simplify, found.relay) == ("v4", True, False)


def test_relay_is_a_preset_or_a_key():
    for found in (options(preset="v4+relay"), options(preset="v4", relay=True)):
        assert (found.relay, found.functions_prefer_node_id) == (True, True)


def test_the_options_of_v4():
    found = options(
        schemas=["a", "b"],
        options={
            "simpleCollections": "both",
            "classicIds": True,
            "dynamicJson": True,
            "setofFunctionsContainNulls": False,
            "ignoreRBAC": False,
            "ignoreIndexes": False,
            "disableDefaultMutations": True,
            "jwtPgTypeIdentifier": '"b"."token"',
            "jwtSecret": True,
            "simpleSubscriptions": True,
            "skipPlugins": ["NodePlugin"],
            "graphileBuildOptions": {"pgUseCustomNetworkScalars": True, "orderByNullsLast": True},
            "pgIdentifiers": "unqualified",
            "search_path": "a",
        },
        introspectionRole="visitor",
        minify=True,
    )
    assert found == Options(
        schemas=("a", "b"),
        preset="v4",
        simple_collections="both",
        classic_ids=True,
        dynamic_json=True,
        ignore_rbac=False,
        ignore_indexes=False,
        setof_functions_contain_nulls=False,
        disable_default_mutations=True,
        jwt_type='"b"."token"',
        jwt_secret=STATIC_SECRET,
        simple_subscriptions=True,
        skip_plugins=frozenset({"NodePlugin"}),
        geometric_types=True,
        network_scalars=True,
        order_nulls_last=True,
        unqualified=True,
        search_path="a",
        minify=True,
        introspection_role="visitor",
    )


def test_what_is_gathered_and_built_has_tables_of_its_own():
    found = options(
        gather={"pgStrictFunctions": True, "pgFakeConstraintsAutofixForeignKeyUniqueness": False},
        schema={
            "defaultNodeIdCodec": "pipeString",
            "pgMutationPayloadRelations": False,
            "pgFunctionsPreferNodeId": True,
        },
    )
    assert (found.strict_functions, found.autofix_foreign_keys) == (True, False)
    assert (found.node_id_codec, found.payload_relations, found.functions_prefer_node_id) == ("pipeString", False, True)


def test_plugins_that_are_left_out_are_options():
    found = options(preset="amber", disablePlugins=["NodePlugin", "PgRBACPlugin", "PgIndexBehaviorsPlugin"])
    assert (found.skip_plugins, found.ignore_rbac, found.ignore_indexes) == (frozenset({"NodePlugin"}), True, True)
    both = ["PgMutationCreatePlugin", "PgMutationUpdateDeletePlugin"]
    assert options(disablePlugins=both).disable_default_mutations


def test_how_it_is_served():
    found = read(
        {
            "anonRole": "visitor",
            "roleClaim": "aud",
            "jwtSecret": "secret",
            "maskErrors": True,
            "subscriptions": False,
            "pgSettings": {"app.tenant": 5, "app.unset": None, "role": "ignored"},
            "subscriptionAuthorizationFunction": "app.may_listen",
            "tagsFile": "tags.json5",
        }
    )
    assert (found.anon_role, found.role_claim, found.jwt_secret) == ("visitor", "aud", "secret")
    assert (found.mask_errors, found.sockets, found.tags_file) == (True, False, "tags.json5")
    assert found.authorization == Name("app", "may_listen")
    assert ("app.tenant", "5") in found.pg_settings
    assert "app.unset" not in dict(found.pg_settings)


@pytest.mark.parametrize(
    ("keys", "verifies", "signs"),
    [
        ({}, "", None),
        ({"jwtSecret": "one"}, "one", "one"),
        ({"options": {"jwtSecret": "two"}}, "two", "two"),
        ({"jwtSecret": "one", "options": {"jwtSecret": "two"}}, "one", "two"),
        ({"options": {"jwtSecret": True}}, "", STATIC_SECRET),
        ({"jwtSecret": "one", "options": {"jwtSecret": True}}, "one", STATIC_SECRET),
    ],
)
def test_a_secret_verifies_tokens_and_signs_them_but_one_that_everybody_knows_verifies_none(
    keys: dict[str, object], verifies: str, signs: str | None
) -> None:
    found = read(keys)
    assert (found.jwt_secret, found.options.jwt_secret) == (verifies, signs)


def test_a_role_among_the_settings_is_that_of_who_brings_no_token():
    found = read({"pgSettings": {"role": "visitor", "jwt.claims.user_id": "3"}})
    assert (found.anon_role, found.pg_settings) == ("visitor", (("jwt.claims.user_id", "3"),))


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"shemas": ["a"]}, "shemas"),
        ({"options": {"simpleCollection": "both"}}, "options.simpleCollection"),
        ({"options": {"graphileBuildOptions": {"pgGeometric": True}}}, "schema.pgGeometric"),
        ({"gather": {"strict": True}}, "gather.strict"),
        ({"disablePlugins": ["PgTablesPlugin"]}, "PgTablesPlugin"),
        ({"options": {"skipPlugins": ["MyPlugin"]}}, "MyPlugin"),
        ({"preset": "v5"}, "v5"),
        ({"preset": ["v4", 4]}, "4"),
        ({"options": {"simpleCollections": "all"}}, "all"),
        ({"options": {"classicIds": "yes"}}, "classicIds"),
        ({"options": {"pgIdentifiers": "short"}}, "short"),
        ({"schemas": [1]}, "schemas"),
        ({"schemas": {"a": 1}}, "schemas"),
        ({"options": []}, "options"),
        ({"anonRole": 5}, "anonRole"),
        ({"subscriptionAuthorizationFunction": "may_listen"}, "may_listen"),
    ],
)
def test_what_is_not_known_is_refused_by_name(keys: dict[str, Any], named: str):
    with pytest.raises(Problem) as refused:
        read(keys)
    assert named in refused.value.message
    assert refused.value.code == "invalid_setting"


def test_a_slip_is_pointed_out():
    with pytest.raises(Problem) as refused:
        read({"options": {"simpleCollection": "both"}})
    assert refused.value.hint == "Did you mean options.simpleCollections?"


# ------------------------------------------------------------------ a project's settings


def test_a_project_shows_what_its_roles_may_do_and_json_as_json():
    found = from_settings(GraphQLSettings(), ("public", "api"))
    assert found.options.schemas == ("public", "api")
    assert (found.options.preset, found.options.simplify) == ("v4", True)
    assert (found.options.ignore_rbac, found.options.dynamic_json) == (False, True)
    assert (found.anon_role, found.mask_errors, found.sockets) == ("anon", True, True)


def test_a_project_may_say_otherwise():
    settings = GraphQLSettings(
        schemas=("api",),
        preset="amber",
        options={"ignoreRBAC": True, "relay": True, "gather": {"pgStrictFunctions": True}},
        mask_errors=False,
    )
    found = from_settings(settings, ("public",))
    assert (found.options.schemas, found.options.preset) == (("api",), "amber")
    assert (found.options.ignore_rbac, found.options.relay, found.options.strict_functions) == (True, True, True)
    assert found.mask_errors is False


def test_a_project_says_who_may_listen_to_any_topic():
    with pytest.raises(Problem, match="who may listen"):
        from_settings(GraphQLSettings(options={"simpleSubscriptions": True}), ("public",))
    said = {"simpleSubscriptions": True, "subscriptionAuthorizationFunction": "app.may_listen"}
    assert from_settings(GraphQLSettings(options=said), ("public",)).authorization == Name("app", "may_listen")
    said["subscriptionAuthorizationFunction"] = "none"
    assert from_settings(GraphQLSettings(options=said), ("public",)).authorization is None


def test_limits_are_settings():
    found = limits(GraphQLSettings(max_depth=3, max_cost=5, max_page_size=7, max_tokens=11, introspection=False))
    assert (found.depth, found.cost, found.page, found.tokens, found.introspection) == (3, 5, 7, 11, False)


@pytest.mark.parametrize(("rows", "page", "found"), [(10, 1000, 10), (50, 1000, 50), (0, 1000, 1000), (0, 0, 10)])
def test_a_list_without_a_bound_costs_so_many_rows_or_those_it_can_show(rows: int, page: int, found: int):
    assert limits(GraphQLSettings(unbounded_rows=rows, max_page_size=page)).unbounded == found
