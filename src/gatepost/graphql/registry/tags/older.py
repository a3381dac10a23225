"""PostGraphile 4's tags → behaviours.

In: notes with `@omit`, `@sortable`, `@filterable`, `@simpleCollections` or `@uniqueKey`. Out: the same notes, with
`@behavior` that says it. Never: a behaviour that wins over one that a note asks for itself.
"""

import re
from collections.abc import Callable, Iterable

from gatepost.catalog.anatomy import Anatomy

from .comments import Note, Notes

EVERYTHING = "create,read,update,delete,execute,filter,order,all,many,manyToMany"
LETTERS = dict(zip("CRUDXFOAM", EVERYTHING.split(","), strict=False))
OMITTED = {
    "": "",
    "create": "-insert",
    "read": "-select -node -connection -list -array -single",
    "update": "-update",
    "delete": "-delete",
    "execute": "-queryField -mutationField -typeField",
    "filter": "-filter -filterBy",
    "order": "-order -orderBy",
    "all": "-query:resource:list -query:resource:connection",
    "many": "-singularRelation:resource:list -singularRelation:resource:connection "
    "-manyRelation:resource:list -manyRelation:resource:connection",
    "select": "",
    "insert": "",
}
SIMPLE = {"omit": "-list +connection", "both": "+list +connection", "only": "+list -connection"}
FLAGS = {"sortable": "orderBy order resource:connection:backwards", "filterable": "filter filterProc filterBy"}
WITHOUT_FIELDS = "@behavior -single -update -delete"

Warn = Callable[[str], None]


def translate(found: Notes, anatomy: Anatomy, warn: Warn) -> None:
    """Say in behaviours what older tags say."""
    kinds = (found.relations, found.attributes, found.constraints, found.procedures, found.types)
    for note in (note for kind in kinds for note in kind.values()):
        translate_note(note, warn)
    for key in anatomy.constraints:
        columns = [(key.relation, number) for number in key.columns]
        columns += [(key.target, number) for number in key.target_columns]
        if key.kind == "f" and any("read" in _omitted(found.attributes.get(column)) for column in columns):
            found.constraints[key.relation, key.name].add_behaviour("-select")


def translate_note(note: Note, warn: Warn) -> None:
    """The same for one note."""
    if not note.tags:
        return
    unique = note.text("uniqueKey")
    if unique is not None:
        note.add("unique", f"{unique}|{WITHOUT_FIELDS}")
    omitted = " ".join(filter(None, (_behaviour(part, warn) for part in _omitted(note))))
    if omitted:
        note.add_behaviour(omitted)
    for tag, behaviour in FLAGS.items():
        if note.tags.get(tag):
            note.add_behaviour(behaviour)
    simple = note.tags.get("simpleCollections")
    if simple in SIMPLE:
        note.add_behaviour(SIMPLE[simple])
    elif simple:
        warn(f"@simpleCollections can be omit, both or only, not {simple}")


def _omitted(note: Note | None) -> Iterable[str]:
    for omit in note.each("omit") if note else ():
        text = EVERYTHING if omit is True or omit == "*" else str(omit)
        if text.startswith(":"):
            yield from (LETTERS.get(letter, letter) for letter in text[1:])
        else:
            yield from (part.strip() for part in text.split(","))


def _behaviour(part: str, warn: Warn) -> str:
    if part in ("select", "insert"):
        warn(f"@omit {part} means nothing; it is {'read' if part == 'select' else 'create'}")
    return OMITTED.get(part, "-" + re.sub(r"[^a-zA-Z0-9]", "", part))
