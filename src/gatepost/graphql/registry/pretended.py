"""Constraints that only tags speak of: `@primaryKey`, `@unique` and `@foreignKey` on a relation.

In: a Source. Out: the same, with them among its constraints. Never: a reference to what is not there, or not unique: it
is a Problem, since a relation that somebody relies on would be missing.
"""

import re
from collections.abc import Iterable

from gatepost.catalog.anatomy import Constraint, Relation
from gatepost.problem import Problem
from gatepost.query.sql import identifier, qualified

from .source import Source
from .tags.comments import note
from .tags.older import WITHOUT_FIELDS, translate_note

REFERENCE = re.compile(r"\(([^()]+)\) references ([^().]+)(?:\.([^().]+))?(?:\s*\(([^()]+)\))?", re.IGNORECASE)


def pretend(source: Source) -> None:
    """Add every constraint that a tag speaks of: keys first, for what refers to them."""
    for relation in source.anatomy.relations:
        said = source.notes.relations[relation.oid]
        for spec in said.each("primaryKey"):
            _add_key(source, relation, spec, "primaryKey")
        for spec in said.each("unique"):
            _add_key(source, relation, spec, "unique")
    for relation in source.anatomy.relations:
        for spec in source.notes.relations[relation.oid].each("foreignKey"):
            _add_reference(source, relation, spec)


def _add_key(source: Source, relation: Relation, spec: str | bool, tag: str) -> None:
    columns, tags = _split(spec, relation, tag)
    numbers = _numbers(relation, (column.strip() for column in columns.split(",")), f"'@{tag}' smart tag on", "")
    if tag == "primaryKey":
        source.required.update((relation.oid, number) for number in numbers)
    _add(source, Constraint(_name(source, tag), "p" if tag == "primaryKey" else "u", relation.oid, numbers), tags)


def _add_reference(source: Source, relation: Relation, spec: str | bool) -> None:
    text, tags = _split(spec, relation, "foreignKey")
    parts = REFERENCE.fullmatch(text)
    if not parts:
        raise _problem(
            f"Invalid @foreignKey syntax on '{_said(relation)}'; expected something like "
            f"\"(col1,col2) references schema.table (c1, c2)\", you passed '{text}'"
        )
    target = _target(source, relation, parts, spec)
    tagged = "'@foreignKey' smart tag on"
    numbers = _numbers(relation, map(_unquoted, parts[1].split(",")), tagged, " local attributes")
    if parts[4]:
        others = _numbers(target, map(_unquoted, parts[4].split(",")), tagged, " remote attributes")
    else:
        others = _primary_key(source, target)
    if not any(set(key.columns) == set(others) for key in source.keys(target.oid)):
        _make_unique(source, relation, target, others, spec)
    name = _name(source, "foreignKey")
    _add(source, Constraint(name, "f", relation.oid, numbers, target.oid, others), tags)


def _target(source: Source, relation: Relation, parts: re.Match[str], spec: str | bool) -> Relation:
    schema = _unquoted(parts[2]) if parts[3] else relation.schema
    name = _unquoted(parts[3] or parts[2])
    target = source.relations.get((schema, name))
    if not target:
        raise _problem(
            f"Invalid @foreignKey on '{_said(relation)}'; referenced non-existent table/view '{schema}.{name}'. Note "
            f"that this reference must use *database names* (i.e. it does not respect @name). ({spec})"
        )
    return target


def _primary_key(source: Source, relation: Relation) -> tuple[int, ...]:
    key = next((key for key in source.keys(relation.oid) if key.kind == "p"), None)
    if not key:
        raise _problem(f"No attributes specified for '{_said(relation)}' (oid: {relation.oid}) and no PK found.")
    return key.columns


def _make_unique(
    source: Source, relation: Relation, target: Relation, numbers: tuple[int, ...], spec: str | bool
) -> None:
    names = source.names(target.oid, numbers)
    if source.options.autofix_foreign_keys:
        _add_key(source, target, f"{','.join(names)}|{WITHOUT_FIELDS}", "unique")
        return
    raise _problem(
        f"Invalid @foreignKey on '{_said(relation)}'; referenced non-unique combination of attributes "
        f"'{_said(target)}' ({', '.join(names)})",
        f"If they are unique, say so: ALTER TABLE {qualified(target.schema, target.name)} ADD UNIQUE "
        f"({', '.join(map(identifier, names))}), or tag the relation with '@unique {','.join(names)}'. "
        f"The tag is: {spec}",
    )


def _add(source: Source, constraint: Constraint, tags: str) -> None:
    said = note(tags)
    if source.options.preset == "v4":
        translate_note(said, source.warn)
    source.add(constraint, said)


def _split(spec: str | bool, relation: Relation, tag: str) -> tuple[str, str]:
    """What a tag says, and the tags of the constraint itself, which stand behind bars."""
    if not isinstance(spec, str):
        raise _problem(f"Invalid '@{tag}' smart tag on {_said(relation)}; expected a string")
    text, *tags = spec.split("|")
    return text, "\n".join(tags)


def _numbers(relation: Relation, names: Iterable[str], what: str, which: str) -> tuple[int, ...]:
    numbers = {column.name: column.number for column in relation.attributes}
    asked = tuple(names)
    for name in asked:
        if name not in numbers:
            raise _problem(
                f"{what} {_said(relation)}{which} referenced non-existent attribute '{name}'; known attributes: "
                f"{', '.join(numbers)}"
            )
    return tuple(numbers[name] for name in asked)


def _unquoted(name: str) -> str:
    name = name.strip()
    return name[1:-1] if name.startswith('"') and name.endswith('"') and len(name) > 1 else name.lower()


def _name(source: Source, tag: str) -> str:
    """A name that no constraint has, since a note is found by it."""
    return f"@{tag} {len(source.constraints)}"


def _said(relation: Relation) -> str:
    return f"{relation.schema}.{relation.name}"


def _problem(message: str, hint: str | None = None) -> Problem:
    return Problem("graphql_schema", 500, message, None, hint)
