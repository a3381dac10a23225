"""How the GraphQL surface is configured: a JSON file's or a settings table's keys, read into values that are checked.

In: the keys `preset`, `relay`, `schemas`, `options`, `gather`, `schema` …, as PostGraphile's users know them. Out: one
Configuration. Never: a key or an option that is passed over in silence; what is not known is refused by name.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from gatepost.catalog import Name
from gatepost.identity import ANON
from gatepost.problem import Problem
from gatepost.settings import GraphQLSettings

from .documents import Limits
from .documents.limits import UNBOUNDED
from .options import Options
from .subscriptions.declaration import Declaration, declarations

Keys = Mapping[str, Any]

PRESETS = ("v4", "amber", "simplify", "relay", "minify")
COLLECTIONS = ("only", "both", "omit")
STATIC_SECRET = "This is static for the tests, use a better one if you set one!"  # noqa: S105
"""What `jwtSecret: true` stands for: a secret that everybody knows, for tests. It signs tokens, and verifies none."""

AUTHORIZATION = "subscriptionAuthorizationFunction"
TOP = (
    "preset", "simplify", "relay", "minify", "schemas", "options", "gather", "schema", "disablePlugins",
    "introspectionRole", "anonRole", "roleClaim", "jwtSecret", "pgSettings", "maskErrors", "subscriptions",
    "tagsFile", AUTHORIZATION,
)  # fmt: skip
# What a settings table may say among the options, since it has no other place for it.
BESIDE = ("relay", "minify", "gather", "schema", "disablePlugins", "introspectionRole", "pgSettings")
OPTIONS = (
    "simpleCollections", "classicIds", "dynamicJson", "setofFunctionsContainNulls", "ignoreRBAC", "ignoreIndexes",
    "disableDefaultMutations", "jwtSecret", "jwtPgTypeIdentifier", "simpleSubscriptions", "subscriptions",
    AUTHORIZATION, "skipPlugins", "graphileBuildOptions", "pgIdentifiers", "search_path",
)  # fmt: skip
BUILD = (
    "pgGeometricTypes", "pgUseCustomNetworkScalars", "orderByNullsLast", "pgOrderByNullsLast", "defaultNodeIdCodec",
    "pgMutationPayloadRelations", "pgFunctionsPreferNodeId", "pgStrictFunctions", "jsonScalarAsString",
    "pgForbidSetofFunctionsToReturnNull",
)  # fmt: skip
GATHER = ("pgStrictFunctions", "pgFakeConstraintsAutofixForeignKeyUniqueness", "pgIdentifiers", "pgJwtTypes")

# Plugins whose absence is an option here; the others that may be named are told to the schema by name.
MUTATIONS = frozenset({"PgMutationCreatePlugin", "PgMutationUpdateDeletePlugin"})
RIGHTS, INDEXES = "PgRBACPlugin", "PgIndexBehaviorsPlugin"
PLUGINS = MUTATIONS | {RIGHTS, INDEXES, "NodePlugin", "MutationPlugin"}


@dataclass(frozen=True, slots=True)
class Configuration:
    """The schema's options, and how it is served.

    `anon_role` is the role of requests without a token, or with one that names none; None: the login's own.
    `jwt_secret` verifies tokens; what signs those that functions give is among the options.
    `pg_settings` hold for every request, under what the caller's claims say. `authorization` is the function that
    decides who may listen to a topic of `listen`; where there is none, everybody may.
    """

    options: Options = field(default_factory=Options)
    anon_role: str | None = None
    role_claim: str = "role"
    jwt_secret: str = ""
    pg_settings: tuple[tuple[str, str], ...] = ()
    mask_errors: bool = False
    sockets: bool = True
    declared: tuple[Declaration, ...] = ()
    tags_file: str | None = None
    authorization: Name | None = None


def read(keys: Keys) -> Configuration:
    """The configuration that a JSON object says; a Problem names what cannot be."""
    _known(keys, TOP, "")
    given, build, gather = _tables(keys)
    role = _text(keys, "anonRole")
    settings = {name: str(value) for name, value in _table(keys, "pgSettings").items() if value is not None}
    return Configuration(
        options=_options(keys, given, build, gather),
        anon_role=role or settings.pop("role", None),
        role_claim=_text(keys, "roleClaim") or "role",
        jwt_secret=_text(keys, "jwtSecret") or _text(_without_static(given), "jwtSecret") or "",
        pg_settings=tuple(settings.items()),
        mask_errors=_flag(keys, "maskErrors", False),
        sockets=keys.get("subscriptions") is not False and _flag(given, "subscriptions", True),
        declared=declarations(keys.get("subscriptions")),
        tags_file=_text(keys, "tagsFile"),
        authorization=_function(_text(keys, AUTHORIZATION) or _text(given, AUTHORIZATION)),
    )


def from_settings(settings: GraphQLSettings, schemas: tuple[str, ...]) -> Configuration:
    """The configuration of a project: what no role may do is not shown, and JSON is JSON, unless it says otherwise."""
    given: dict[str, Any] = {"ignoreRBAC": False, "dynamicJson": True} | settings.options
    options = {name: value for name, value in given.items() if name not in BESIDE}
    keys = {name: value for name, value in given.items() if name in BESIDE} | {
        "preset": settings.preset,
        "schemas": list(settings.schemas or schemas),
        "options": options,
        "anonRole": ANON.role,
        "roleClaim": settings.role_claim,
        "maskErrors": settings.mask_errors,
        "tagsFile": settings.tags_file or None,
        "subscriptions": list(settings.subscriptions),
    }
    if options.get("simpleSubscriptions") and not options.get(AUTHORIZATION):
        raise _refused(
            "graphql.options.simpleSubscriptions: it is not said who may listen",
            f'Name a function there: {AUTHORIZATION} = "schema.function", or "none"',
        )
    return read(keys)


def limits(settings: GraphQLSettings) -> Limits:
    """What the settings say of how much an operation may be."""
    return Limits(
        depth=settings.max_depth,
        cost=settings.max_cost,
        unbounded=settings.unbounded_rows or settings.max_page_size or UNBOUNDED,
        page=settings.max_page_size,
        roots=settings.max_root_fields,
        length=settings.max_document_length,
        tokens=settings.max_tokens,
        request=settings.max_message,
        introspection=settings.introspection,
    )


def _tables(keys: Keys) -> tuple[Keys, Keys, Keys]:
    """The nested tables: the preset's options, what the schema is built with, what is gathered."""
    given, gather = _table(keys, "options"), dict(_table(keys, "gather"))
    build = dict(_table(given, "graphileBuildOptions")) | dict(_table(keys, "schema"))
    _known(given, OPTIONS, "options.")
    _known(build, BUILD, "schema.")
    _known(gather, GATHER, "gather.")
    if keys.get("jwtSecret") is not None:
        given = {"jwtSecret": keys["jwtSecret"], **given}
    if "pgIdentifiers" in given:
        gather["pgIdentifiers"] = given["pgIdentifiers"]
    if "pgStrictFunctions" in build:
        gather["pgStrictFunctions"] = build["pgStrictFunctions"]
    return given, build, gather


def _without_static(given: Keys) -> Keys:
    return {} if given.get("jwtSecret") is True else given


def _options(keys: Keys, given: Keys, build: Keys, gather: Keys) -> Options:
    presets = _presets(keys.get("preset", "v4"))
    v4 = "amber" not in presets
    relay = "relay" in presets or _flag(keys, "relay", False)
    without = _plugins(keys, given)
    options = Options(
        schemas=_names(keys, "schemas") or ("public",),
        preset="v4" if v4 else "amber",
        simplify="simplify" in presets or _flag(keys, "simplify", False),
        relay=relay,
        minify="minify" in presets or _flag(keys, "minify", False),
        introspection_role=_text(keys, "introspectionRole"),
        dynamic_json=not v4,
        ignore_rbac=v4 or RIGHTS in without,
        ignore_indexes=v4 or INDEXES in without,
        network_scalars=not v4,
        payload_relations=v4,
        functions_prefer_node_id=relay,
        disable_default_mutations=without >= MUTATIONS,
        skip_plugins=without & {"NodePlugin", "MutationPlugin"},
        autofix_foreign_keys=v4,
    )
    options = _with_build(options, build)
    options = _with_gather(options, gather)
    return _with_preset(options, given)


def _presets(value: object) -> set[str]:
    """`v4`, `v4+simplify`, or a list of such names."""
    names = (
        cast(list[Any], value) if isinstance(value, list) else str(value).replace("+", " ").replace(",", " ").split()
    )
    for name in names:
        if name not in PRESETS:
            raise _refused(f"preset: there is no {name!r}", f"There are {', '.join(PRESETS)}, joined by +")
    return set(names)


def _with_preset(options: Options, given: Keys) -> Options:
    """What v4's own options say."""
    collections = _text(given, "simpleCollections")
    if collections not in (None, *COLLECTIONS):
        raise _refused(f"options.simpleCollections: {collections!r} is none of {', '.join(COLLECTIONS)}")
    jwt = given.get("jwtSecret")
    return replace(
        options,
        simple_collections=collections,
        classic_ids=_flag(given, "classicIds", False),
        dynamic_json=_flag(given, "dynamicJson", options.dynamic_json),
        ignore_rbac=_flag(given, "ignoreRBAC", options.ignore_rbac),
        ignore_indexes=_flag(given, "ignoreIndexes", options.ignore_indexes),
        setof_functions_contain_nulls=_flag(given, "setofFunctionsContainNulls", options.setof_functions_contain_nulls),
        disable_default_mutations=_flag(given, "disableDefaultMutations", options.disable_default_mutations),
        jwt_type=_text(given, "jwtPgTypeIdentifier") or options.jwt_type,
        jwt_secret=STATIC_SECRET if jwt is True else _text(given, "jwtSecret"),
        simple_subscriptions=_flag(given, "simpleSubscriptions", False),
        search_path=_text(given, "search_path"),
    )


def _with_build(options: Options, build: Keys) -> Options:
    nulls = "pgOrderByNullsLast" if "pgOrderByNullsLast" in build else "orderByNullsLast"
    contain = options.setof_functions_contain_nulls
    return replace(
        options,
        geometric_types=_flag(build, "pgGeometricTypes", True),
        network_scalars=_flag(build, "pgUseCustomNetworkScalars", options.network_scalars),
        order_nulls_last=_flag(build, nulls, False),
        node_id_codec=_text(build, "defaultNodeIdCodec") or options.node_id_codec,
        payload_relations=_flag(build, "pgMutationPayloadRelations", options.payload_relations),
        functions_prefer_node_id=_flag(build, "pgFunctionsPreferNodeId", options.functions_prefer_node_id),
        dynamic_json=not _flag(build, "jsonScalarAsString", not options.dynamic_json),
        setof_functions_contain_nulls=not _flag(build, "pgForbidSetofFunctionsToReturnNull", not contain),
    )


def _with_gather(options: Options, gather: Keys) -> Options:
    qualified = _text(gather, "pgIdentifiers") or "qualified"
    if qualified not in ("qualified", "unqualified"):
        raise _refused(f"pgIdentifiers: {qualified!r} is neither qualified nor unqualified")
    types = _names(gather, "pgJwtTypes")
    autofix = "pgFakeConstraintsAutofixForeignKeyUniqueness"
    return replace(
        options,
        strict_functions=_flag(gather, "pgStrictFunctions", False),
        autofix_foreign_keys=_flag(gather, autofix, options.autofix_foreign_keys),
        unqualified=qualified == "unqualified",
        jwt_type=types[0] if types else None,
    )


def _plugins(keys: Keys, given: Keys) -> frozenset[str]:
    """Plugins that are left out; one that means nothing here is refused."""
    without = frozenset((*_names(keys, "disablePlugins"), *_names(given, "skipPlugins")))
    _known(without, sorted(PLUGINS), "disablePlugins: ")
    return without


def _function(text: str | None) -> Name | None:
    """`schema.function`; None for `none`."""
    if text is None or text == "none":
        return None
    schema, dot, name = text.partition(".")
    if not dot:
        raise _refused(f"{AUTHORIZATION}: {text!r} is not written as schema.function")
    return Name(schema, name)


def _known(given: Iterable[str], names: Iterable[str], where: str) -> None:
    names = tuple(names)
    for key in given:
        if key not in names:
            near = difflib.get_close_matches(key, names, 1)
            raise _refused(
                f"GraphQL options: {where}{key} is not known",
                f"Did you mean {where}{near[0]}?" if near else f"There are: {', '.join(names)}",
            )


def _flag(keys: Keys, name: str, default: bool) -> bool:
    return _typed(keys, name, bool, "true or false", default)


def _text(keys: Keys, name: str) -> str | None:
    return _typed(keys, name, str, "text", None)


def _table(keys: Keys, name: str) -> Keys:
    return _typed(keys, name, Mapping, "a table", {})  # pyright: ignore[reportUnknownArgumentType]


def _names(keys: Keys, name: str) -> tuple[str, ...]:
    """A list of names; one alone may stand without the list."""
    value = keys.get(name)
    found = [value] if isinstance(value, str) else _typed(keys, name, list, "a list of names", [])
    if not all(isinstance(each, str) for each in found):
        raise _refused(f"GraphQL options: {name} is expected to be a list of names")
    return tuple(found)


def _typed(keys: Keys, name: str, kind: Callable[..., Any], expected: str, default: Any) -> Any:
    value = keys.get(name)
    if value is None:
        return default
    if not isinstance(value, kind):  # pyright: ignore[reportArgumentType]
        raise _refused(f"GraphQL options: {name} is expected to be {expected}")
    return value


def _refused(message: str, hint: str | None = None) -> Problem:
    return Problem("invalid_setting", 500, message, None, hint)
