"""Comments → tags and descriptions.

In: comments: lines `@tag value` first, then a description. Out: a Note for each object that can have one; notes may be
added to until the registry is built. Never: a failure; what is no tag is description.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gatepost.catalog.anatomy import Anatomy

from ..model import Tag

TAG = re.compile(r"[ \t]*@([a-zA-Z][a-zA-Z0-9_]*)(?:$|\s)(.*)")
BEHAVIOURS = ("behaviours", "behaviors", "behaviour", "behavior")


@dataclass(slots=True)
class Note:
    tags: dict[str, Tag] = field(default_factory=dict[str, Tag])
    description: str | None = None

    def text(self, name: str) -> str | None:
        """What stands behind `@name`, if it is a text, once."""
        value = self.tags.get(name)
        return value if isinstance(value, str) else None

    def each(self, name: str) -> tuple[str | bool, ...]:
        """What stands behind every `@name`."""
        return each(self.tags, name)

    def add(self, name: str, value: str | bool) -> None:
        """One more `@name`."""
        before = self.each(name)
        self.tags[name] = (*before, value) if before else value

    def add_behaviour(self, behaviour: str) -> None:
        """A behaviour that what is said already wins over."""
        self.tags["behavior"] = (behaviour, *self.each("behavior"))


def each(tags: Mapping[str, Tag], name: str) -> tuple[str | bool, ...]:
    """What stands behind every `@name`; nothing where a tags file takes it away."""
    value = tags.get(name) or ()
    return value if isinstance(value, tuple) else (value,)


def behaviours(tags: Mapping[str, Tag]) -> Iterable[str]:
    """The behaviours that tags ask for, the last of which counts most."""
    return (value for name in BEHAVIOURS for value in each(tags, name) if isinstance(value, str))


@dataclass(slots=True)
class Notes:
    """By oid; those of columns by relation and number, those of constraints by relation and name."""

    relations: dict[int, Note] = field(default_factory=dict[int, Note])
    types: dict[int, Note] = field(default_factory=dict[int, Note])
    procedures: dict[int, Note] = field(default_factory=dict[int, Note])
    attributes: dict[tuple[int, int], Note] = field(default_factory=dict[tuple[int, int], Note])
    constraints: dict[tuple[int, str], Note] = field(default_factory=dict[tuple[int, str], Note])


def notes(anatomy: Anatomy) -> Notes:
    """Everything that the database's comments say. A comment on a composite type is on its type, and means both."""
    types = {one.oid: one.comment for one in anatomy.types}
    return Notes(
        {one.oid: note(one.comment or types.get(one.type)) for one in anatomy.relations},
        {one.oid: note(one.comment) for one in anatomy.types},
        {one.oid: note(one.comment) for one in anatomy.procedures},
        {(one.oid, column.number): note(column.comment) for one in anatomy.relations for column in one.attributes},
        {(one.relation, one.name): note(one.comment) for one in anatomy.constraints},
    )


def note(comment: str | None) -> Note:
    """What one comment says."""
    found = Note()
    if not comment:
        return found
    lines = re.split(r"\r?\n", comment)
    for number, line in enumerate(lines):
        tag = TAG.fullmatch(line)
        if tag:
            found.add(tag[1], tag[2] if len(tag[0]) > tag.end(1) else True)
        elif number > 0 or line:
            found.description = _description(lines[number:], after_blank=number == 1 and not lines[0])
            break
    return found


def _description(lines: list[str], *, after_blank: bool) -> str | None:
    text = "\n".join(["", *lines] if after_blank else lines)
    return text if text.strip() else None
