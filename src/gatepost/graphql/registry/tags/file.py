"""A tags file → what it says, laid over what comments say.

In: the text of a `postgraphile.tags.json5` (version 1). Out: its rules; notes with them applied. Never: a silent
mistake: what is misspelled is a Problem, what matches nothing a warning.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import json5

from gatepost.catalog.anatomy import Anatomy
from gatepost.problem import Problem

from ..model import Tag
from .comments import Note, Notes
from .names import names

KINDS = ("class", "attribute", "constraint", "procedure", "type", "namespace")

Rule = Mapping[str, Any]
Rules = Mapping[str, Mapping[str, Rule]]
Found = Iterable[tuple[tuple[str, ...], Note]]


def read_tags_file(text: str) -> Rules:
    """The rules of a tags file, by kind of object and name."""
    try:
        given: Any = json5.loads(text)
    except ValueError as error:
        raise _problem(f"is no JSON5: {error}") from error
    if not isinstance(given, dict) or cast("dict[str, Any]", given).get("version") != 1:
        raise _problem("needs `version: 1`")
    config: Any = cast("dict[str, Any]", given).get("config", {})
    for kind in config:
        if kind not in KINDS:
            raise _problem(f"speaks of '{kind}'; it can speak of {', '.join(KINDS)}")
    return config


def overlay(found: Notes, anatomy: Anatomy, rules: Rules, warn: Callable[[str], None]) -> None:
    """Let a tags file's words win over those of comments, tag by tag."""
    named = {kind: list(_objects(found, anatomy, kind)) for kind in KINDS}
    for kind, name, rule in _flat(rules):
        hits = [note for path, note in named[kind] if path[-len(name) :] == name]
        if not hits and kind != "namespace":
            warn(f"The tags file speaks of the {kind} {'.'.join(name)}, which does not exist")
        for note in hits:
            note.tags.update(_tags(rule))
            note.description = rule.get("description", note.description)


def _flat(rules: Rules) -> Iterable[tuple[str, tuple[str, ...], Rule]]:
    """Kind, name and rule of every object, those of a class's columns and constraints after its own."""
    for kind, by_name in rules.items():
        for name, rule in by_name.items():
            [path] = names(name, fold=False)
            yield kind, path, rule
            for inner in ("attribute", "constraint"):
                if inner in rule and kind != "class":
                    raise _problem(f"has '{inner}' in the {kind} {name}; only a class has these")
                for member, inner_rule in rule.get(inner, {}).items():
                    yield inner, (*path, member), inner_rule


def _objects(found: Notes, anatomy: Anatomy, kind: str) -> Found:
    relation = {one.oid: (one.schema, one.name) for one in anatomy.relations}
    match kind:
        case "class":
            return ((relation[oid], note) for oid, note in found.relations.items())
        case "attribute":
            return (
                ((one.schema, one.name, column.name), found.attributes[one.oid, column.number])
                for one in anatomy.relations
                for column in one.attributes
            )
        case "constraint":
            return (((*relation.get(oid, ()), name), note) for (oid, name), note in found.constraints.items())
        case "procedure":
            return (((one.schema, one.name), found.procedures[one.oid]) for one in anatomy.procedures)
        case "type":
            return (((one.schema, one.name), found.types[one.oid]) for one in anatomy.types)
        case _:
            return ()


def _tags(rule: Rule) -> dict[str, Tag]:
    """A rule's tags; null takes one away."""
    tags: Mapping[str, str | bool | list[str | bool] | None] = rule.get("tags") or {}
    return {name: tuple(value) if isinstance(value, list) else value or False for name, value in tags.items()}


def _problem(message: str) -> Problem:
    return Problem("graphql_tags", 500, f"The tags file {message}")
