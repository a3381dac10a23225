"""Conditions about JSON: by path, by value, and by the declared members of typed JSON.

In: a JSON field and what a call says about it. Out: a Where about what it holds.
Never: a path or a value in text; a path is PostgreSQL's to read (SQL/JSON path language), as a parameter.
"""

from collections.abc import Mapping
from typing import Any

from gatepost.orm import values
from gatepost.orm.arguments.conditions.scalars import LISTS, OPERATORS, is_insensitive, pair, pattern
from gatepost.orm.arguments.lexicon import Scalar, boolean, list_of, mapping, unknown
from gatepost.orm.arguments.shapes import (
    ALWAYS,
    Every,
    JsonAt,
    JsonCompared,
    JsonElements,
    JsonMember,
    JsonNull,
    JsonTest,
    Negated,
    Where,
)
from gatepost.orm.arguments.walk import SPELLINGS, Walk, options
from gatepost.orm.errors import InvalidInput, Path
from gatepost.orm.values import Null, check_json, check_string, expected

STRINGS: Mapping[str, str] = {
    "string_contains": "contains",
    "string_starts_with": "startsWith",
    "string_ends_with": "endsWith",
}
ARRAYS = frozenset(("array_contains", "array_starts_with", "array_ends_with"))
PLAIN = frozenset(("path", "equals", "not", "mode")) | STRINGS.keys() | ARRAYS
QUANTIFIERS = frozenset(("some", "every", "none"))
EITHER_WAY = frozenset(("is", "isNot"))
PATH_LENGTH = 1000


def every(parts: list[Where]) -> Where:
    return parts[0] if len(parts) == 1 else Every(tuple(parts)) if parts else ALWAYS


# ------------------------------------------------------------------ plain JSON


def json_filter(walk: Walk, field: Scalar, given: object, path: Path) -> Where:
    """One of the nulls, or an object of operators."""
    if isinstance(given, Null):
        return JsonTest(field.name, JsonNull(given.value))
    return JsonTest(field.name, plain(walk, field.optional, options(given, PLAIN, path), path))


def plain(walk: Walk, optional: bool, given: Mapping[str, Any], path: Path) -> Where:
    """Operators about what `path` finds, or about the whole."""
    at = json_path(walk, given["path"], (*path, "path")) if "path" in given else None
    insensitive = is_insensitive(given["mode"], (*path, "mode")) if "mode" in given else False
    parts: list[Where] = []
    for name, value in given.items():
        if name in ("equals", "not"):
            test = json_value(walk, optional, value, (*path, name))
            parts.append(Negated(test) if name == "not" else test)
        elif name in STRINGS:
            text = pattern(STRINGS[name], check_string(value, (*path, name)))
            parts.append(JsonCompared("like", walk.take(text.encode()), insensitive))
        elif name in ARRAYS:
            parts.append(JsonCompared(name, walk.take(array_parameter(name, value, (*path, name)))))
    test = every(parts)
    return test if at is None else JsonAt(at, test)


def json_path(walk: Walk, given: object, path: Path) -> int:
    text = check_string(given, path)
    if len(text) > PATH_LENGTH:
        raise InvalidInput(f"a path of at most {PATH_LENGTH} characters is allowed", path)
    return walk.take(text.encode())


def json_value(walk: Walk, optional: bool, given: object, path: Path) -> Where:
    """Equal to a value, or one of the nulls; None is the database's, where the field can be."""
    if isinstance(given, Null):
        return JsonNull(given.value)
    if given is None:
        if not optional:
            raise expected("JSON (DbNull, JsonNull or AnyNull for null)", None, path)
        return JsonNull("DbNull")
    return JsonCompared("equals", walk.take(values.json(check_json(given, path))))


def array_parameter(name: str, given: Any, path: Path) -> bytes:
    """What the array contains (one or several elements), or begins or ends with."""
    value = check_json(given, path)
    if name == "array_contains" and not isinstance(given, list | tuple):
        value = [value]
    return values.json(value)


# ------------------------------------------------------------------ typed JSON


def shape_filter(walk: Walk, field: Scalar, given: object, path: Path) -> Where:
    """Typed JSON: a null, plain operators, or conditions about its members."""
    if isinstance(given, Null):
        return JsonTest(field.name, JsonNull(given.value))
    if given is None:
        if not field.optional:
            raise expected(f"a condition about {field.type.name}", None, path)
        return JsonTest(field.name, JsonNull("DbNull"))
    return JsonTest(field.name, shape(walk, field, given, path))


def shape(walk: Walk, field: Scalar, given: object, path: Path) -> Where:
    """Conditions about an object of a JSON type, or a list of them."""
    walk.deeper(path)
    found = shape_at(walk, field, given, path)
    walk.depth -= 1
    return found


def shape_at(walk: Walk, field: Scalar, given: object, path: Path) -> Where:
    if given is None or isinstance(given, Null):
        return JsonNull(given.value if given else "AnyNull")
    keys = {SPELLINGS.get(key, key) for key in mapping(given, path)}
    members = walk.lexicon.members(field.type.name)
    if keys and keys <= PLAIN and not (keys - {"path", "mode"}) & members.keys():
        return plain(walk, field.optional, options(given, PLAIN, path), path)
    if field.array:
        return elements(walk, field, given, path)
    if keys and keys <= EITHER_WAY:
        return is_or_not(walk, field, given, path)
    parts: list[Where] = []
    for key, value in mapping(given, path).items():
        if key not in members:
            raise unknown(key, (*members, *EITHER_WAY), (*path, key), f"member of {field.type.name}")
        parts.append(JsonMember(key, member(walk, members[key], value, (*path, key))))
    return every(parts)


def elements(walk: Walk, field: Scalar, given: object, path: Path) -> Where:
    """`some`, `every`, `none` of the elements."""
    one = Scalar(field.name, field.type, field.kind, field.optional, False, field.check, field.text)
    parts: list[Where] = []
    for key, value in options(given, QUANTIFIERS, path).items():
        parts.append(JsonElements(key, shape(walk, one, value, (*path, key))))  # pyright: ignore[reportArgumentType] - one of QUANTIFIERS
    return every(parts)


def is_or_not(walk: Walk, field: Scalar, given: object, path: Path) -> Where:
    parts: list[Where] = []
    for key, value in options(given, EITHER_WAY, path).items():
        part = shape(walk, field, value, (*path, key))
        parts.append(Negated(part) if key == "isNot" else part)
    return every(parts)


def member(walk: Walk, field: Scalar, given: object, path: Path) -> Where:
    """Conditions about one member."""
    if field.kind == "shape":
        return shape(walk, field, given, path)
    if field.array:
        return member_list(walk, field, given, path)
    if field.kind == "json":
        return plain(walk, field.optional, options(given, PLAIN, path), path)
    return member_value(walk, field, given, path)


def member_value(walk: Walk, field: Scalar, given: Any, path: Path) -> Where:
    """A direct value, null, or operators."""
    if given is None:
        if not field.optional:
            raise expected(field.type.name, None, path)
        return JsonNull("AnyNull")
    if not isinstance(given, Mapping):
        return JsonCompared("equals", walk.take(member_json(field, given, path)))
    found = options(given, OPERATORS[field.kind], path)  # pyright: ignore[reportUnknownArgumentType]
    insensitive = is_insensitive(found["mode"], (*path, "mode")) if "mode" in found else False
    parts: list[Where] = []
    for key, value in found.items():
        if key != "mode":
            parts.append(member_operator(walk, field, key, value, (*path, key), insensitive))
    return every(parts)


def member_operator(walk: Walk, field: Scalar, name: str, given: Any, path: Path, insensitive: bool) -> Where:
    def compared(operator: str, parameter: bytes) -> Where:
        return JsonCompared(operator, walk.take(parameter), insensitive and field.kind == "string")

    match name:
        case "not":
            return Negated(member_value(walk, field, given, path))
        case "equals" if given is None:
            return member_value(walk, field, None, path)
        case "in" | "notIn":
            found = compared("in", member_jsons(field, given, path, walk.items))
            return Negated(found) if name == "notIn" else found
        case "between":
            low, high = pair(given, path)
            least = compared("gte", member_json(field, low, (*path, 0)))
            return Every((least, compared("lte", member_json(field, high, (*path, 1)))))
        case "contains" | "startsWith" | "endsWith":
            return compared("like", pattern(name, field.check(given, path)).encode())
        case _:
            return compared(name, member_json(field, given, path))


def member_json(field: Scalar, given: object, path: Path) -> bytes:
    """A checked value as the JSON that the client writes for it."""
    return values.json(field.check(given, path))


def member_jsons(field: Scalar, given: object, path: Path, most: int) -> bytes:
    """Checked values as one JSON array."""
    items = list_of(given, path, most)
    return values.json([field.check(item, (*path, number)) for number, item in enumerate(items)])


def member_list(walk: Walk, field: Scalar, given: object, path: Path) -> Where:
    """A list member: `equals`, `has`, `hasEvery`, `hasSome`, `isEmpty`."""
    parts: list[Where] = []
    for name, value in options(given, LISTS, path).items():
        at = (*path, name)
        if name == "isEmpty":
            empty = JsonCompared("equals", walk.take(b"[]"))
            parts.append(empty if boolean(value, at) else Negated(empty))
        else:
            items = [value] if name == "has" else value
            parts.append(JsonCompared(name, walk.take(member_jsons(field, items, at, walk.items))))
    return every(parts)
