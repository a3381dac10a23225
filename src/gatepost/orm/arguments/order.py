"""`orderBy`, `take`, `skip`, `cursor`, `distinct`.

In: what a call says of which rows it wants. Out: Page. Never: a page of something that has no order.
"""

from collections.abc import Mapping
from typing import Any, Literal

from gatepost.orm.arguments.conditions.search import RELEVANCE, by_relevance
from gatepost.orm.arguments.conditions.where import unique_where
from gatepost.orm.arguments.lexicon import Scalar, Visible, list_of, mapping, unknown
from gatepost.orm.arguments.shapes import WHOLE, AggregateName, Page, Sorted
from gatepost.orm.arguments.walk import Walk, options
from gatepost.orm.errors import InvalidInput, NotSupported, Path
from gatepost.orm.values import BIG_INT, expected

PAGE_OPTIONS = frozenset(("orderBy", "take", "skip", "cursor", "distinct"))
SORT_OPTIONS = frozenset(("sort", "nulls"))
AGGREGATES: Mapping[str, AggregateName] = {
    "_count": "_count",
    "_avg": "_avg",
    "_sum": "_sum",
    "_min": "_min",
    "_max": "_max",
}
ALL = "_all"


def page(walk: Walk, visible: Visible, given: Mapping[str, Any], path: Path, *, grouped: bool = False) -> Page:
    """Which rows, from the options of a call or a nested relation (others are not looked at)."""
    if PAGE_OPTIONS.isdisjoint(given):
        return WHOLE
    order = ordered(walk, visible, given.get("orderBy"), (*path, "orderBy"), grouped)
    take, backwards = taken(walk, given.get("take"), (*path, "take"))
    skip = whole(given["skip"], (*path, "skip"), 0) if given.get("skip") is not None else 0
    skipped = walk.take(b"%d" % skip) if skip else None
    cursor = given.get("cursor")
    if cursor is not None and any(term.search for term in order):
        raise NotSupported("a cursor cannot be combined with an order by relevance", visible.model.name)
    found = None if cursor is None else unique_where(walk, visible, cursor, (*path, "cursor"), relations=False)
    distinct = names(visible, given.get("distinct"), (*path, "distinct"))
    return Page(order, take, skipped, backwards, False, found, distinct)


def taken(walk: Walk, given: object, path: Path) -> tuple[int | None, bool]:
    """`take`, and whether it is from the end."""
    if given is None:
        return None, False
    take = whole(given, path, -BIG_INT + 1)
    return walk.take(b"%d" % abs(take)), take < 0


def whole(given: object, path: Path, least: int) -> int:
    """A whole number within PostgreSQL's bigint."""
    if not isinstance(given, int) or isinstance(given, bool):
        raise expected("int", given, path)
    if not least <= given < BIG_INT:
        raise InvalidInput(f"expected a number of at least {least}" if given < least else "is too large", path)
    return given


def names(visible: Visible, given: object, path: Path) -> tuple[str, ...]:
    """One field's name, or a list of them."""
    if given is None:
        return ()
    items = [given] if isinstance(given, str) else list_of(given, path, len(visible.fields))
    found = (visible.scalar(item, (*path, number)).name for number, item in enumerate(items))
    return tuple(dict.fromkeys(found))


# ------------------------------------------------------------------ order


def ordered(walk: Walk, visible: Visible, given: object, path: Path, grouped: bool) -> tuple[Sorted, ...]:
    """One object of one key, or a list of them."""
    if given is None:
        return ()
    if isinstance(given, Mapping):
        return sorted_by(walk, visible, given, path, (), grouped)  # pyright: ignore[reportUnknownArgumentType]
    items = list_of(given, path, walk.items)
    return tuple(
        each
        for number, item in enumerate(items)
        for each in sorted_by(walk, visible, mapping(item, (*path, number)), (*path, number), (), grouped)
    )


def sorted_by(
    walk: Walk, visible: Visible, given: Mapping[str, Any], path: Path, via: tuple[str, ...], grouped: bool
) -> tuple[Sorted, ...]:
    """One key and its direction; of an empty object: nothing."""
    if len(given) > 1:
        raise InvalidInput("Each orderBy element must have at most one key", path, visible.model.name)
    for name, value in given.items():
        return key(walk, visible, name, value, (*path, name), via, grouped)
    return ()


def key(
    walk: Walk, visible: Visible, name: str, given: Any, path: Path, via: tuple[str, ...], grouped: bool
) -> tuple[Sorted, ...]:
    if grouped and name in AGGREGATES:
        return by_aggregates(visible, AGGREGATES[name], mapping(given, path), path)
    if name in RELEVANCE and not via and not grouped:
        return (by_relevance(walk, visible, RELEVANCE[name], given, path),)
    field = visible.fields.get(name)
    if isinstance(field, Scalar):
        descending, nulls = direction(field, given, path)
        return (Sorted(name, descending, nulls, via),)
    if field is None or grouped:
        raise unknown(name, visible.fields, path, f"field of {visible.model.name}", visible.model.name)
    below = mapping(given, path)
    if field.array:
        return by_count(visible, name, below, path, via)
    walk.deeper(path)
    found = sorted_by(walk, walk.lexicon.visible(field.model), below, path, (*via, name), grouped)
    walk.depth -= 1
    return found


def by_count(
    visible: Visible, name: str, given: Mapping[str, Any], path: Path, via: tuple[str, ...]
) -> tuple[Sorted, ...]:
    """By how many rows a to-many relation has."""
    if set(given) - {"_count"}:
        raise InvalidInput('rows are ordered by "_count" of a to-many relation', path, visible.model.name)
    return tuple(Sorted(None, is_descending(value, path), None, (*via, name)) for value in given.values())


def by_aggregates(
    visible: Visible, aggregate: AggregateName, given: Mapping[str, Any], path: Path
) -> tuple[Sorted, ...]:
    """Groups by an aggregate of a field."""
    found: list[Sorted] = []
    for name, value in given.items():
        field = name if aggregate == "_count" and name == ALL else visible.scalar(name, (*path, name)).name
        found.append(Sorted(field, is_descending(value, (*path, name)), None, (), aggregate))
    return tuple(found)


def direction(field: Scalar, given: object, path: Path) -> tuple[bool, Literal["first", "last"] | None]:
    """`asc`, `desc`, or, where the field can be null, `{sort, nulls}`."""
    if not isinstance(given, Mapping):
        return is_descending(given, path), None
    if not field.optional:
        raise InvalidInput('expected "asc" or "desc"', path)
    found = options(given, SORT_OPTIONS, path)  # pyright: ignore[reportUnknownArgumentType]
    nulls = found.get("nulls")
    if nulls not in (None, "first", "last"):
        raise InvalidInput('expected "first" or "last"', (*path, "nulls"))
    return is_descending(found.get("sort"), (*path, "sort")), nulls


def is_descending(given: object, path: Path) -> bool:
    if given not in ("asc", "desc"):
        raise InvalidInput('expected "asc" or "desc"', path)
    return given == "desc"
