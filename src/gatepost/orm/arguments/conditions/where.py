"""`where`: objects of fields, AND, OR, NOT → a condition.

In: what a call says, and the model. Out: a Where whose values are numbers. Never: a name the model does not have.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from gatepost.orm.arguments.conditions.json import json_filter, shape_filter
from gatepost.orm.arguments.conditions.kinds import check_kinds
from gatepost.orm.arguments.conditions.scalars import list_filter, scalar_filter
from gatepost.orm.arguments.lexicon import Related as RelationField
from gatepost.orm.arguments.lexicon import Scalar, Visible, list_of, mapping, unknown
from gatepost.orm.arguments.shapes import ALWAYS, AnyOf, Compared, Every, Negated, Related, Told, Unlinked, Where
from gatepost.orm.arguments.walk import SPELLINGS, Walk, options
from gatepost.orm.errors import InvalidInput, Path
from gatepost.orm.values import expected

LOGICAL = ("AND", "OR", "NOT")
TO_MANY = frozenset(("some", "every", "none"))
TO_ONE = frozenset(("is", "isNot"))


def where(walk: Walk, visible: Visible, given: object, path: Path, *, relations: bool = True) -> Where:
    """The condition; of an empty object: always true. `relations` tells whether these may be filtered by."""
    parts: list[Where] = []
    fields, filters = visible.fields, visible.filters

    def each(item: Any, at: Path) -> Where:
        return where(walk, visible, item, at, relations=relations)

    for key, value in mapping(given, path).items():
        field = fields.get(key)
        if filters and key in filters:
            check_kinds(walk, fields[key], filters[key], value, (*path, key))
        if isinstance(field, Scalar):
            parts.append(of_scalar(walk, field, value, (*path, key)))
        elif field is not None and relations:
            parts.append(of_relation(walk, visible, field, value, (*path, key)))
        elif key == "$expr":
            parts.append(told(value, (*path, key)))
        elif key in LOGICAL:
            parts.append(combined(walk, key, value, (*path, key), each))
        else:
            raise unfit(visible, key, (*path, key))
    return every(parts)


def told(given: Any, path: Path) -> Where:
    """`$expr`: SQL of the program's own. Text is refused: it might be somebody else's."""
    if not callable(given):
        raise InvalidInput('"$expr" must be a function of the quoted name of the row that gives SQL', path)
    return Told(cast("Callable[[str], str]", given))


def unfit(visible: Visible, key: object, path: Path) -> InvalidInput:
    """A key that is no condition here."""
    if key in visible.compounds:
        return InvalidInput(f'"{key}" tells one row by its unique fields, which only a unique `where` takes', path)
    return unknown(key, (*visible.fields, *LOGICAL), path, f"field of {visible.model.name}", visible.model.name)


def every(parts: list[Where]) -> Where:
    """All of them."""
    if len(parts) == 1:
        return parts[0]
    return Every(tuple(parts)) if parts else ALWAYS


def combined(walk: Walk, key: str, given: Any, path: Path, each: Callable[[Any, Path], Where]) -> Where:
    """AND (object or list), OR (list), NOT (object or list). Empty members do not count: an OR of none is false."""
    walk.deeper(path)
    if key != "OR" and isinstance(given, Mapping):
        parts = [each(given, path)] if given else []
    else:
        items = list_of(given, path, walk.items)
        parts = [each(item, (*path, number)) for number, item in enumerate(items) if item != {}]
    walk.depth -= 1
    if key == "OR":
        return AnyOf(tuple(parts))
    if key == "AND" or not parts:
        return every(parts)
    return Negated(every(parts))


def of_scalar(walk: Walk, field: Scalar, given: object, path: Path) -> Where:
    """The condition about one field that holds a value."""
    if type(given) is str and field.kind == "string" and not field.array:
        return Compared(field.name, "equals", walk.take(field.parameter(given, path)))
    if field.kind == "shape":
        return shape_filter(walk, field, given, path)
    if field.array:
        return list_filter(walk, field, given, path)
    if field.kind == "json":
        return json_filter(walk, field, given, path)
    return scalar_filter(walk, field, given, path)


# ------------------------------------------------------------------ relations


def of_relation(walk: Walk, visible: Visible, field: RelationField, given: object, path: Path) -> Where:
    """The condition about rows at the other end."""
    walk.deeper(path)
    found = to_many(walk, field, given, path) if field.array else to_one(walk, visible, field, given, path)
    walk.depth -= 1
    return found


def to_many(walk: Walk, field: RelationField, given: object, path: Path) -> Where:
    """`some`, `every`, `none`."""
    if mapping(given, path) and not (TO_MANY & set(mapping(given, path))):
        raise InvalidInput("expected some, every or none of a to-many relation", path)
    parts: list[Where] = []
    target = walk.lexicon.visible(field.model)
    for key, value in options(given, TO_MANY, path).items():
        parts.append(Related(field.name, key, where(walk, target, value, (*path, key))))  # pyright: ignore[reportArgumentType] - one of TO_MANY
    return every(parts)


def to_one(walk: Walk, visible: Visible, field: RelationField, given: object, path: Path) -> Where:
    """`is`, `isNot`, null, or the conditions themselves."""
    if given is None:
        relation = visible.model.fields[field.name].relation
        nothing_there = absent(field, path)
        owner = relation is not None and relation.owner and visible.model.fields[field.name].inherited is None
        return Unlinked(field.name) if owner else nothing_there
    keys = {SPELLINGS.get(key, key) for key in mapping(given, path)}
    if not keys & TO_ONE or keys & set(walk.lexicon.visible(field.model).fields):
        return Related(field.name, "some", where(walk, walk.lexicon.visible(field.model), given, path))
    parts: list[Where] = []
    for key, value in options(given, TO_ONE, path).items():
        part = is_related(walk, field, value, (*path, key))
        parts.append(Negated(part) if key == "isNot" else part)
    return every(parts)


def is_related(walk: Walk, field: RelationField, given: object, path: Path) -> Where:
    """There is a readable row that fulfils the conditions; for null: there is none."""
    if given is None:
        return absent(field, path)
    return Related(field.name, "some", where(walk, walk.lexicon.visible(field.model), given, path))


def absent(field: RelationField, path: Path) -> Where:
    """There is no readable row."""
    if not field.optional:
        raise expected("an object", None, path)
    return Related(field.name, "none", ALWAYS)


# ------------------------------------------------------------------ one row


def unique_where(walk: Walk, visible: Visible, given: object, path: Path, *, relations: bool = True) -> Where:
    """The condition of a call about one row: at least one unique selector, and whatever else."""
    rest: dict[str, Any] = {}
    parts: list[Where] = []
    found = False
    for key, value in mapping(given, path).items():
        found = found or (key in visible.uniques and value is not None)
        if key in visible.compounds:
            parts.append(compound(walk, visible, key, value, (*path, key)))
        elif key in visible.filters and key in visible.uniques:
            parts.append(of_scalar(walk, visible.scalar(key, path), value, (*path, key)))  # tells the row: always open
        else:
            rest[key] = value
    if not found:
        names = ", ".join(sorted(visible.uniques))
        raise InvalidInput(f"At least one unique field or field set must be set: {names}", path, visible.model.name)
    if rest:
        parts.append(where(walk, visible, rest, path, relations=relations))
    return every(parts)


def compound(walk: Walk, visible: Visible, name: str, given: object, path: Path) -> Where:
    """`{id1_id2: {id1: …, id2: …}}`: all fields of the selector."""
    members = mapping(given, path)
    fields = visible.compounds[name].fields
    for key in members:
        if key not in fields:
            raise unknown(key, fields, (*path, key), f"field of the unique selector {name}", visible.model.name)
    parts: list[Where] = []
    for field in fields:
        if field not in members:
            raise InvalidInput("is required", (*path, field), visible.model.name)
        parts.append(of_scalar(walk, visible.scalar(field, path), members[field], (*path, field)))
    return every(parts)
