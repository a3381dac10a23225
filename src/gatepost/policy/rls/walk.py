"""Walking and rewriting conditions.

In: nodes of the query tree. Out: what they refer to, and copies with something else in its place.
Never: SQL text, or a change to what a condition means.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Struct

from gatepost.catalog import Name
from gatepost.query.tree import (
    FALSE,
    TRUE,
    Both,
    Column,
    Compare,
    Condition,
    Either,
    Exists,
    Link,
    Not,
    Read,
    Row,
    Star,
)

Node = TypeVar("Node", bound=Struct)
Change = Callable[[Struct], Struct]


def nodes(value: object) -> Iterator[Struct]:
    """A node and everything in it, outermost first."""
    if isinstance(value, Struct):
        yield value
        for field in value.__struct_fields__:
            yield from nodes(getattr(value, field))
    elif isinstance(value, tuple):
        for item in cast(tuple[object, ...], value):
            yield from nodes(item)


def rewritten(node: Node, change: Change) -> Node:
    """A copy in which `change` has been asked about every node, innermost first."""
    return cast(Node, _rewritten(node, change))


def _rewritten(value: object, change: Change) -> object:
    if isinstance(value, tuple) and not isinstance(value, Name):
        items = cast(tuple[object, ...], value)
        made = tuple(_rewritten(item, change) for item in items)
        same = all(new is old for new, old in zip(made, items, strict=True))
        return items if same else made
    if not isinstance(value, Struct):
        return value
    changes: dict[str, Any] = {}
    for field in value.__struct_fields__:
        old = getattr(value, field)
        new = _rewritten(old, change)
        if new is not old:
            changes[field] = new
    return change(msgspec.structs.replace(value, **changes) if changes else value)


def renamed(node: Node, old: str, new: str) -> Node:
    """The same about another alias."""

    def change(each: Struct) -> Struct:
        match each:
            case Column(name, of) if of == old:
                return Column(name, new)
            case Link(parent=parent) if parent == old:
                return msgspec.structs.replace(each, parent=new)
            case _:
                return each

    return rewritten(node, change)


def columns_of(node: object, alias: str) -> tuple[str, ...]:
    """Columns of what is called `alias`, each once, in the order in which they are met."""
    found: dict[str, None] = {}
    for each in nodes(node):
        match each:
            case Column(name, of) if of == alias:
                found[name] = None
            case Link(parent=parent, pairs=pairs) if parent == alias:
                found.update(dict.fromkeys(theirs for theirs, _ in pairs))
            case Star(of) | Row(of) if of == alias:
                raise ValueError("a rule is about columns, never about a whole row")
            case _:
                pass
    return tuple(found)


def reads_tables(node: object) -> bool:
    """Whether any relation is read in it."""
    return any(isinstance(each, Name) for each in sources(node))


def tables_read(node: object) -> frozenset[Name]:
    """The relations that are read in it, junctions included."""
    return frozenset(each for each in sources(node) if isinstance(each, Name))


def sources(node: object) -> Iterator[object]:
    """What is read in it: relations, junctions, elements."""
    for each in nodes(node):
        if isinstance(each, Read):
            yield each.source
            if each.link and each.link.via:
                yield each.link.via


def named(node: object) -> dict[str, Name]:
    """Relations by the alias that they have in it."""
    found: dict[str, Name] = {}
    for each in nodes(node):
        if isinstance(each, Read):
            if isinstance(each.source, Name):
                found[each.alias] = each.source
            if each.link and each.link.via:
                found[each.link.via_alias] = each.link.via
    return found


# ------------------------------------------------------------------ one form for what can be said in several


def normal(condition: Condition) -> Condition:
    """Links as comparisons, connectives flat, constants folded."""
    return rewritten(condition, _normal)


def _normal(node: Struct) -> Struct:
    match node:
        case Read(link=Link()):
            return _unlinked(node)
        case Both(parts):
            return both(*parts)
        case Either(parts):
            return either(*parts)
        case Not(Both(())):
            return FALSE
        case Not(Either(())):
            return TRUE
        case Exists(read) if FALSE in read.where:
            return FALSE
        case _:
            return node


def _unlinked(read: Read) -> Read:
    """What ties rows to the parent's, as conditions; the junction stays with what ties it to the rows."""
    link = cast(Link, read.link)
    own = link.via_alias if link.via else read.alias
    ties = tuple(Compare(Column(mine, own), "equal", Column(theirs, link.parent)) for theirs, mine in link.pairs)
    rest = msgspec.structs.replace(link, pairs=(), parent=link.via_alias) if link.via else None
    return msgspec.structs.replace(read, link=rest, where=(*ties, *read.where))


def both(*parts: Condition) -> Condition:
    """All of them, without what is always true."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, Both) else (part,))]
    if FALSE in flat:
        return FALSE
    return flat[0] if len(flat) == 1 else Both(tuple(flat))


def either(*parts: Condition) -> Condition:
    """Any of them, without what never is."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, Either) else (part,))]
    if TRUE in flat:
        return TRUE
    return flat[0] if len(flat) == 1 else Either(tuple(flat))


def plain(read: Read) -> bool:
    """Whether a read is of one relation's rows as they are: no page, no groups, nothing embedded."""
    whole = read.limit is None and not read.offset and not read.distinct and not read.having and not read.embeds
    return whole and isinstance(read.source, Name)


def conjuncts(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Conditions of which all must hold, one by one."""
    return tuple(each for part in conditions for each in (part.parts if isinstance(part, Both) else (part,)))
