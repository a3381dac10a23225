"""The validation attributes of a field: @length, @email, @trim, @gt …, in the order in which they stand.

In: a checked value. Out: the value that will be stored, or InvalidInput with everything that is wrong with it.
Never: a look at the database.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from gatepost.orm.arguments.data import formats
from gatepost.orm.errors import InvalidInput, Path
from gatepost.zmodel.schema import Constraint

TRANSFORMS: Mapping[str, Callable[[str], str]] = {"trim": str.strip, "lower": str.lower, "upper": str.upper}
BOUNDS: Mapping[str, tuple[Callable[[Any, Any], bool], str]] = {
    "gt": (lambda value, bound: value > bound, "expected a number greater than"),
    "gte": (lambda value, bound: value >= bound, "expected a number of at least"),
    "lt": (lambda value, bound: value < bound, "expected a number less than"),
    "lte": (lambda value, bound: value <= bound, "expected a number of at most"),
}
PARTS: Mapping[str, tuple[Callable[[str, str], bool], str]] = {
    "startsWith": (str.startswith, "must start with"),
    "endsWith": (str.endswith, "must end with"),
    "contains": (str.__contains__, "must contain"),
    "regex": (lambda value, pattern: formats.matches(pattern, value), "must match pattern"),
}
FORMS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "email": (formats.is_email, "email address"),
    "url": (formats.is_url, "URL"),
    "phone": (formats.is_phone, "E.164 number"),
    "date": (formats.is_date, "ISO date"),
    "datetime": (formats.is_date_time, "ISO datetime"),
}


def constrained(constraints: Iterable[Constraint], value: Any, path: Path) -> Any:
    """The value after all transformations."""
    findings: list[tuple[Path, str]] = []
    for constraint in constraints:
        transform = TRANSFORMS.get(constraint.name)
        if transform is not None:
            value = transform(value) if isinstance(value, str) else value
            continue
        wrong = finding(constraint, value)
        if wrong is not None:
            findings.append((path, f"{constraint.message} ({wrong})" if constraint.message else wrong))
    if findings:
        raise InvalidInput(findings[0][1], path, None, findings)
    return value


def listed(constraints: Iterable[Constraint], items: list[Any], path: Path) -> list[Any]:
    """A list: @length counts its items, the others are about each of them."""
    given = tuple(constraints)
    for constraint in given:
        wrong = length(constraint.arguments, items) if constraint.name == "length" else None
        if wrong is not None:
            raise InvalidInput(wrong, path)
    each = [constraint for constraint in given if constraint.name != "length"]
    return [constrained(each, item, (*path, index)) for index, item in enumerate(items)] if each else items


def finding(constraint: Constraint, value: Any) -> str | None:
    """What is wrong, or None."""
    name, arguments = constraint.name, constraint.arguments
    if name == "length":
        return length(arguments, value)
    if name == "time":
        precision = arguments.get("precision")
        fits = formats.is_time(value, precision if isinstance(precision, int) else None)
        return None if fits else "Invalid ISO time"
    if name in FORMS:
        fits_form, what = FORMS[name]
        return None if fits_form(value) else f"Invalid {what}"
    if name in PARTS:
        holds, told = PARTS[name]
        part = str(arguments.get("text", arguments.get("regex", "")))
        return None if holds(value, part) else f'Invalid string: {told} "{part}"'
    if name in BOUNDS:
        within, told = BOUNDS[name]
        bound: Any = arguments.get("value")
        return None if bound is None or within(value, number(value, bound)) else f"{told} {bound}"
    return None


def number(value: object, bound: object) -> Any:
    """A bound of the kind that the value compares with."""
    return Decimal(str(bound)) if isinstance(value, Decimal) else bound


def length(arguments: Mapping[str, Any], value: str | Sequence[Any]) -> str | None:
    """Characters of a text (as JavaScript counts them), items of a list."""
    least, most = arguments.get("min"), arguments.get("max")
    count = units(value) if isinstance(value, str) else len(value)
    what = "characters" if isinstance(value, str) else "items"
    if least is not None and count < least:
        return f"Too small: expected at least {least} {what}"
    if most is not None and count > most:
        return f"Too big: expected at most {most} {what}"
    return None


def units(text: str) -> int:
    """UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
