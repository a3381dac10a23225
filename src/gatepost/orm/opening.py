"""What a client is opened with, checked before anything runs.

In: a schema, a database, options as a program gives them. Out: a Setup, Options by model and field.
Never: a client on a database it cannot speak to, or an option that nothing will read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypedDict, cast

from gatepost.database.entrance import Entrance
from gatepost.database.scope import Database
from gatepost.orm.calling.operations import snake, unknown
from gatepost.orm.calling.plugins import Plugin
from gatepost.orm.calling.procedures import Handler
from gatepost.orm.errors import ConfigError
from gatepost.orm.session import LOGIN, ComputedField, Door, Guard, Limits, Options
from gatepost.orm.slicing import slicing_of
from gatepost.orm.values import named
from gatepost.policy import Rules
from gatepost.query.sql import identifier
from gatepost.query.tree import Fragment
from gatepost.settings import DatabaseSettings, Freshness, Seconds, believed
from gatepost.zmodel.diagnostics import SchemaProblem
from gatepost.zmodel.load import Given, load
from gatepost.zmodel.schema import Model, Schema

UTC = "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601"
SYSTEMS = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "mysql": "MySQL"}


@dataclass(frozen=True, slots=True)
class Setup:
    """What all clients of one opening share. `models` is by folded name; `guarded` (rules and plans) by guard, and by
    whether input is validated.
    """

    dsn: str
    guard: Guard
    compat: bool
    models: Mapping[str, str]
    procedures: Mapping[str, Handler]
    allow_raw_sql: bool
    guarded: dict[tuple[Guard, bool], tuple[Rules, dict[Any, Any]]] = field(
        default_factory=dict[tuple[Guard, bool], tuple[Rules, dict[Any, Any]]]
    )

    def rules(self, schema: Schema, guard: Guard, options: Options) -> tuple[Rules, dict[Any, Any]]:
        """The rules under a guard, and what planners worked out with them and with those options."""
        key = guard, options.validate_input
        if key not in self.guarded:
            computed = {
                (model, name): partial(_value, make)
                for model, fields in options.computed_fields.items()
                for name, make in fields.items()
            }
            self.guarded[key] = Rules(schema, compat=self.compat, guard=guard, computed=computed), {}
        return self.guarded[key]


def _value(make: ComputedField, alias: str) -> Fragment:
    """A computed field of the row that the query calls `alias`."""
    return Fragment(make(identifier(alias)))


def schema_of(given: Given | Schema) -> Schema:
    """The schema, which must be one for PostgreSQL. ConfigError with every finding."""
    try:
        schema = given if isinstance(given, Schema) else load(given)
    except SchemaProblem as problem:
        raise ConfigError(f"{problem}\n{problem.details}") from None
    if schema.provider != "postgresql":
        system = SYSTEMS.get(schema.provider, schema.provider)
        raise ConfigError(
            f'The client works on PostgreSQL, and datasource "{schema.datasource.name}" is for {system}: '
            'its provider must be "postgresql"'
        )
    return schema


def door(dsn: str, guard: Guard, given: "Opening") -> Door:
    """The way to the database: with a login that sets API roles, or as the login's own user."""
    if not isinstance(dsn, str) or not dsn.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError("The client needs a dsn: a connection string or URL of a PostgreSQL database")
    identities = guard == "database"
    size = given.get("pool_size", 10) * (1 if identities else 2)  # logins other than the authenticator's get half
    settings = DatabaseSettings(pool_size=size, lanes=0, acquire_timeout=Seconds(given.get("timeout", 10.0)))
    login = "authenticator" if identities else LOGIN
    database = Database({login: dsn}, settings, options=UTC)
    database.entrance = _entrance(given, identities)
    return Door(database, identities=identities)


def _entrance(given: "Opening", identities: bool) -> Entrance | None:
    """What the claims of tokens pass; a program's own statement of who asks has no session, and stands."""
    try:
        after = believed(Freshness(given.get("freshness", "cached")))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"freshness: {error}") from None
    per_request = given.get("per_request", False)
    if after is None and not per_request:
        return None
    if not identities:
        raise ConfigError('freshness and per_request need guard="database": the database looks at claims at its door')
    return Entrance(after, per_request, given.get("issuer", ""))


def fold(name: str) -> str:
    """A model's name without case and underscores: `blog_post`, `blogPost` and `BlogPost` are one."""
    return name.replace("_", "").lower()


def models_of(schema: Schema) -> dict[str, str]:
    """Models by folded name, and by their own, which wins."""
    known = [name for name, model in schema.models.items() if not model.ignored]
    return {**{fold(name): name for name in reversed(known)}, **{name: name for name in known}}


def model_named(models: Mapping[str, str], name: str) -> str | None:
    """A model by its name or one of its spellings."""
    return models.get(name) or models.get(fold(name))


class Opening(TypedDict, total=False):
    """Options of `Client.connect`; models and fields by the schema's names, or in snake_case.

    `compat` "zenstack" brings ZenStack's quirks. `omit` leaves fields out of results. `computed_fields` are SQL: text
    in which `{row}` is the row, or a function of its quoted alias. `slicing` leaves models, operations, procedures and
    kinds of filters out of the client. `allow_raw_sql` lets SQL past the rules of
    guard="query". `pool_size` is the most connections, `timeout` how long (s) a call may wait for one. `freshness`
    (cached, bounded:N, strict) and `per_request` are a project's settings of these names, for identities of its tokens;
    `issuer` is its auth.jwt_issuer.
    """

    compat: Literal["zenstack"] | None
    plugins: Iterable[Plugin]
    procedures: Mapping[str, Handler]
    computed_fields: Mapping[str, Mapping[str, ComputedField | str]]
    omit: Mapping[str, Mapping[str, bool]]
    slicing: Mapping[str, Any]
    allow_query_time_omit_override: bool
    validate_input: bool
    allow_raw_sql: bool
    limits: Limits
    pool_size: int
    timeout: float
    freshness: str
    per_request: bool
    issuer: str


def check_names(given: Opening) -> None:
    """ConfigError for an option that does not exist."""
    for name in given:
        if name not in Opening.__annotations__:
            raise ConfigError(unknown("option", name, Opening.__annotations__))


def setup_of(schema: Schema, dsn: str, guard: Guard, given: Opening) -> Setup:
    """What the clients of one opening share."""
    compat = given.get("compat")
    if compat not in (None, "zenstack"):
        raise ConfigError(f'compat is "zenstack" or None, not {compat!r}')
    procedures = given.get("procedures", {})
    spelled = {snake(name): name for name in schema.procedures}
    for name in procedures:
        if name not in schema.procedures and name not in spelled:
            raise ConfigError(f"procedures: {unknown('procedure', name, schema.procedures)}")
    return Setup(
        dsn=dsn,
        guard=guard,
        compat=compat is not None,
        models=models_of(schema),
        procedures={
            name if name in schema.procedures else spelled[name]: handler for name, handler in procedures.items()
        },
        allow_raw_sql=given.get("allow_raw_sql", False),
    )


def options_of(schema: Schema, given: Opening) -> Options:
    """Options by the schema's names. ConfigError for names it does not have, and for a computed field left out."""
    models = models_of(schema)
    omitted = _by_model(schema, models, given.get("omit", {}), "omit")
    computing = _by_model(schema, models, given.get("computed_fields", {}), "computed_fields")
    computed = {
        name: {
            field.name: _computed(model, field.name, _given(schema, model, computing, field.name))
            for field in model.fields.values()
            if field.computed
        }
        for name, model in schema.models.items()
    }
    return Options(
        limits=given.get("limits", Limits()),
        omit={name: {key: bool(value) for key, value in fields.items()} for name, fields in omitted.items()},
        allow_query_time_omit_override=given.get("allow_query_time_omit_override", True),
        computed_fields={name: fields for name, fields in computed.items() if fields},
        validate_input=given.get("validate_input", True),
        slicing=slicing_of(schema, given.get("slicing")),
    )


def _by_model(
    schema: Schema, models: Mapping[str, str], given: Mapping[str, Mapping[str, Any]], option: str
) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for key, fields in given.items():
        name = model_named(models, key)
        if name is None:
            raise ConfigError(f"{option}: {unknown('model', key, models)}")
        declared = schema.models[name].fields
        spelled = {snake(each): each for each in declared}
        for each in fields:
            if each not in declared and each not in spelled:
                raise ConfigError(f"{option}: {unknown('field', each, declared)} in model {name}")
        found[name] = {each if each in declared else spelled[each]: value for each, value in fields.items()}
    return found


def _given(schema: Schema, model: Model, computing: Mapping[str, Mapping[str, Any]], name: str) -> object:
    """A computed field's SQL as it was given for the model, or for a delegate base that declares the field."""
    found = computing.get(model.name, {}).get(name)
    if found is not None or model.base is None or name not in schema.models[model.base].fields:
        return found
    return _given(schema, schema.models[model.base], computing, name)


def _computed(model: Model, name: str, given: object) -> ComputedField:
    """A computed field's SQL: a function of the row's quoted alias, or text in which `{row}` stands for it."""
    if given is None:
        raise ConfigError(
            f'Computed field "{name}" in model "{model.name}" does not have a configuration. '
            "Please provide an implementation in the computed_fields option."
        )
    if isinstance(given, str):
        return _of_text(given)
    if not callable(given):
        raise ConfigError(
            f'Computed field "{name}" in model "{model.name}" has an invalid configuration: expected a function '
            f"but received {named(given)}; SQL text will do as well."
        )
    return cast(ComputedField, given)


def _of_text(text: str) -> Callable[[str], str]:
    return lambda row: text.replace("{row}", row)
