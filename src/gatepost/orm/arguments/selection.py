"""`select`, `include`, `omit`, `_count`, to any depth.

In: what a call says of what it wants to see. Out: Shown. Never: a field that the client was told to keep back.
"""

from collections.abc import Mapping
from typing import Any

from gatepost.orm.arguments.conditions.where import where
from gatepost.orm.arguments.lexicon import Related, Scalar, Visible, boolean, mapping, unknown
from gatepost.orm.arguments.order import PAGE_OPTIONS, page
from gatepost.orm.arguments.shapes import ALWAYS, EVERYTHING, Counted, Find, Nested, Shown, Where
from gatepost.orm.arguments.walk import Walk, options
from gatepost.orm.errors import InvalidInput, Path

SELECTION = frozenset(("select", "include", "omit"))
TO_ONE_OPTIONS = SELECTION | {"where"}
TO_MANY_OPTIONS = TO_ONE_OPTIONS | PAGE_OPTIONS
COUNT_OPTIONS = frozenset(("select",))
COUNTED_OPTIONS = frozenset(("where",))


def shown(walk: Walk, visible: Visible, given: Mapping[str, Any], path: Path) -> Shown:
    """What the rows show, from the three options of a call or a nested relation (others are not looked at)."""
    select, include, omit = given.get("select"), given.get("include"), given.get("omit")
    if select is None and include is None and omit is None:
        return EVERYTHING
    if select is not None and include is not None:
        raise InvalidInput('"select" and "include" cannot be used together', path, visible.model.name)
    if select is not None and omit is not None:
        raise InvalidInput('"select" and "omit" cannot be used together', path, visible.model.name)
    if select is not None:
        return selected(walk, visible, select, (*path, "select"))
    left_out = omitted(walk, visible, omit, (*path, "omit"))
    return Shown(True, left_out, included(walk, visible, include, (*path, "include")))


def selected(walk: Walk, visible: Visible, given: object, path: Path) -> Shown:
    """`select`: these fields and relations alone."""
    items: list[str | Nested | Counted] = []
    for name, value in mapping(given, path).items():
        at = (*path, name)
        field = visible.fields.get(name)
        if isinstance(field, Scalar):
            if boolean(value, at):
                items.append(selectable(walk, visible, name, at))
        else:
            items += relation(walk, visible, field, name, value, at)
    if not items:
        raise InvalidInput('"select" must have at least one truthy value', path, visible.model.name)
    return Shown(False, (), tuple(items))


def selectable(walk: Walk, visible: Visible, name: str, path: Path) -> str:
    """A field that may be selected: one that is left out may not, where the client's word is final."""
    if visible.omitted.get(name) and not walk.lexicon.options.allow_query_time_omit_override:
        raise InvalidInput("the field is omitted, which a call cannot change", path, visible.model.name)
    return name


def included(walk: Walk, visible: Visible, given: object, path: Path) -> tuple[str | Nested | Counted, ...]:
    """`include`: relations beside the fields."""
    items: list[str | Nested | Counted] = []
    if given is None:
        return ()
    for name, value in mapping(given, path).items():
        field = visible.fields.get(name)
        if isinstance(field, Scalar):
            raise InvalidInput("is no relation: fields are shown anyway, or by select", (*path, name))
        items += relation(walk, visible, field, name, value, (*path, name))
    return tuple(items)


def relation(
    walk: Walk, visible: Visible, field: Related | None, name: str, given: object, path: Path
) -> list[str | Nested | Counted]:
    """A relation or `_count`; nothing where it is switched off."""
    if name == "_count" and visible.lists:
        return [counted(walk, visible, given, path)] if given is not False and given is not None else []
    if field is None:
        names = [*visible.fields, "_count"] if visible.lists else list(visible.fields)
        at = path[:-1] if walk.compat else path  # ZenStack tells the object that has the key
        raise unknown(name, names, at, f"field of {visible.model.name}", visible.model.name)
    if given is False:
        return []
    if given is True:
        return [Nested(name, Find(field.model))]
    walk.deeper(path)
    find = nested(walk, field, given, path)
    walk.depth -= 1
    return [Nested(name, find)]


def nested(walk: Walk, field: Related, given: object, path: Path) -> Find:
    """The rows of a relation: filtered, ordered and paged where there may be many, filtered where there may be none."""
    known = TO_MANY_OPTIONS if field.array else TO_ONE_OPTIONS if field.optional else SELECTION
    found = options(given, known, path)
    target = walk.lexicon.visible(field.model)
    condition = where(walk, target, found["where"], (*path, "where")) if "where" in found else ALWAYS
    return Find(field.model, condition, shown(walk, target, found, path), page(walk, target, found, path))


def counted(walk: Walk, visible: Visible, given: object, path: Path) -> Counted:
    """`_count`: true, or `{select: {relation: true | {where}}}`."""
    if given is True:
        return Counted(tuple((name, ALWAYS) for name in visible.lists))
    found = options(given, COUNT_OPTIONS, path)
    if "select" not in found:
        raise InvalidInput("is required", (*path, "select"))
    relations: list[tuple[str, Where]] = []
    for name, value in mapping(found["select"], (*path, "select")).items():
        at = (*path, "select", name)
        field = visible.fields.get(name)
        if not isinstance(field, Related) or not field.array:
            raise unknown(name, visible.lists, at, f"to-many relation of {visible.model.name}")
        if value is not False:
            relations.append((name, counted_where(walk, field, value, at)))
    return Counted(tuple(relations))


def counted_where(walk: Walk, field: Related, given: object, path: Path) -> Where:
    if given is True:
        return ALWAYS
    found = options(given, COUNTED_OPTIONS, path)
    if "where" not in found:
        raise InvalidInput("is required", (*path, "where"))
    return where(walk, walk.lexicon.visible(field.model), found["where"], (*path, "where"))


def omitted(walk: Walk, visible: Visible, given: object, path: Path) -> tuple[tuple[str, bool], ...]:
    """`omit`: fields that are left out of this call's answer, or, with false, not."""
    if given is None:
        return ()
    found: list[tuple[str, bool]] = []
    for name, value in mapping(given, path).items():
        field = visible.scalar(name, (*path, name))
        if not boolean(value, (*path, name)) and not walk.lexicon.options.allow_query_time_omit_override:
            raise InvalidInput("a call cannot show what the client leaves out", (*path, name), visible.model.name)
        found.append((field.name, value))
    return tuple(found)
