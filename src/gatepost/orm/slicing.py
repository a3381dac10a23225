"""What of a schema a client has: models, operations, procedures, kinds of filters.

In: a schema and the option `slicing`. Out: what is closed, by the schema's names. ConfigError for a name nothing has.
Never: a word about who asks: what is closed is closed for every identity of the client.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from gatepost.orm.calling.operations import NAMES, snake, unknown
from gatepost.orm.errors import ConfigError
from gatepost.orm.values import named
from gatepost.zmodel.schema import Schema

Spellings = Mapping[str, str]
"""Every spelling of a name → the name."""

ALL = "$all"
FILTERS: Mapping[str, tuple[str, ...]] = {
    "Equality": ("equals", "not", "in", "notIn"),
    "Range": ("lt", "lte", "gt", "gte", "between"),
    "Like": ("contains", "startsWith", "endsWith", "mode"),
    "Relation": ("is", "isNot", "some", "every", "none"),
    "Json": (
        "path",
        "string_contains",
        "string_starts_with",
        "string_ends_with",
        "array_contains",
        "array_starts_with",
        "array_ends_with",
    ),
    "Fuzzy": ("fuzzy",),
    "FullText": ("fts",),
    "List": ("has", "hasEvery", "hasSome", "isEmpty"),
}
"""Kinds of filters and their operators; a direct value is of the kind Equality."""
KINDS: Mapping[str, str] = {operator: kind for kind, operators in FILTERS.items() for operator in operators}


@dataclass(frozen=True, slots=True)
class Slicing:
    """What is closed: models, procedures, operations by model. `filters`: the kinds that a restricted field has."""

    models: frozenset[str]
    procedures: frozenset[str]
    operations: Mapping[str, frozenset[str]]
    filters: Mapping[str, Mapping[str, frozenset[str]]]


def slicing_of(schema: Schema, given: object) -> Slicing | None:
    """The option, checked; its keys in ZenStack's spelling or in snake_case. None where nothing was said."""
    if given is None:
        return None
    known = ("includedModels", "excludedModels", "models", "includedProcedures", "excludedProcedures")
    told = _options(given, known, "slicing")
    models = spellings(schema.models)
    by_model = {
        ALL if key == ALL else _name("model", key, models, "slicing.models"): _of_model(schema, key, value)
        for key, value in _mapping(told.get("models"), "slicing.models").items()
    }
    return Slicing(
        _closed(told, "Models", ("model", models), "slicing"),
        _closed(told, "Procedures", ("procedure", spellings(schema.procedures)), "slicing"),
        {name: _operations(by_model, name) for name in schema.models},
        {name: _filters(by_model, name, model.fields) for name, model in schema.models.items()},
    )


def spellings(names: Iterable[str]) -> Spellings:
    """`BlogPost` is `blogPost` and `blog_post`, too."""
    known = list(names)
    return {snake(n): n for n in known} | {n[:1].lower() + n[1:]: n for n in known} | {n: n for n in known}


# ------------------------------------------------------------------ of a model, of a field


def _of_model(schema: Schema, key: str, given: object) -> Mapping[str, Any]:
    """What is said of one model, or of all, with its fields by their names."""
    at = f"slicing.models.{key}"
    told = _options(given, ("includedOperations", "excludedOperations", "fields"), at)
    own = None if key == ALL else spellings(schema.models)[key]
    models = schema.models.values() if own is None else (schema.models[own],)
    known = spellings(name for model in models for name in model.fields)
    at = f"{at}.fields"
    fields = {
        ALL if name == ALL else _name("field", name, known, at): _of_field(value, f"{at}.{name}")
        for name, value in _mapping(told.get("fields"), at).items()
    }
    return {**told, "fields": fields}


def _of_field(given: object, at: str) -> frozenset[str] | None:
    """The kinds of filters that a field has; None: all."""
    told = _options(given, ("includedFilterKinds", "excludedFilterKinds"), at)
    if not told:
        return None
    return frozenset(FILTERS) - _closed(told, "FilterKinds", ("kind of filter", spellings(FILTERS)), at)


def _operations(by_model: Mapping[str, Mapping[str, Any]], model: str) -> frozenset[str]:
    """Operations that a model does not have: by its own lists, and where it has none by those of all models."""
    told = {**by_model.get(ALL, {}), **by_model.get(model, {})}
    return _closed(told, "Operations", ("operation", NAMES), "slicing.models")


def _filters(
    by_model: Mapping[str, Mapping[str, Any]], model: str, fields: Iterable[str]
) -> Mapping[str, frozenset[str]]:
    """The nearest word about a field: the model's about it, the model's about all, all models' about it, about all."""
    found: dict[str, frozenset[str]] = {}
    places = [by_model[key]["fields"] for key in (model, ALL) if key in by_model]
    for field in fields:
        words = [place[key] for place in places for key in (field, ALL) if key in place]
        if words and words[0] is not None:
            found[field] = words[0]
    return found


# ------------------------------------------------------------------ words


def _closed(told: Mapping[str, Any], what: str, known: tuple[str, Spellings], at: str) -> frozenset[str]:
    """All but what is included, and what is excluded."""
    kind, names = known
    included, excluded = (
        {_name(kind, each, names, f"{at}.{key}") for each in _names(told[key], f"{at}.{key}")} if key in told else None
        for key in (f"included{what}", f"excluded{what}")
    )
    outside = set[str]() if included is None else set(names.values()) - included
    return frozenset(outside | (excluded or set[str]()))


def _name(what: str, given: object, known: Spellings, at: str) -> str:
    found = known.get(given) if isinstance(given, str) else None
    if found is None:
        raise ConfigError(f"{at}: {unknown(what, str(given), known)}")
    return found


def _names(given: object, at: str) -> Iterable[object]:
    if not isinstance(given, list | tuple | set | frozenset):
        raise ConfigError(f"{at}: expected a list of names, received {named(given)}")
    return cast("Iterable[object]", given)


def _mapping(given: object, at: str) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ConfigError(f"{at}: expected a dictionary, received {named(given)}")
    return cast("Mapping[str, Any]", given)


def _options(given: object, known: Iterable[str], at: str) -> dict[str, Any]:
    """Options by ZenStack's spelling; what is None was not said."""
    names = spellings(known)
    told = {_name("option", key, names, at): value for key, value in _mapping(given, at).items()}
    return {key: value for key, value in told.items() if value is not None}
