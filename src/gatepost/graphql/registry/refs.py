"""`@ref` and `@refVia`: ways of several steps.

In: a Source, its tables with their relations. Out: refs by the codec whose rows they start from. Never: a ref to rows
of several kinds; it is left out, with a warning, as is one whose steps cannot be followed.
"""

import re
from collections.abc import Iterable, Mapping

from gatepost.catalog import Name
from gatepost.catalog.anatomy import Relation as Table
from gatepost.problem import Problem

from .model import Ref, Relation, Resource
from .source import Source
from .tags.names import Words, names, words

STEP = re.compile(r"\(([^)]+)\)->([^()]+)(?:\(([^)]+)\))?")


class _Lost(Exception):
    """A step that leads nowhere."""


def refs(source: Source, tables: Mapping[int, Resource]) -> dict[Name, tuple[Ref, ...]]:
    """Every ref of an exposed relation."""
    found: dict[Name, tuple[Ref, ...]] = {}
    for relation in source.anatomy.relations:
        said = source.notes.relations[relation.oid]
        definitions = [words(text) for text in said.each("ref") if isinstance(text, str)]
        vias = [words(text) for text in said.each("refVia") if isinstance(text, str)]
        table = tables.get(relation.oid)
        if table and vias and not definitions:
            raise Problem("graphql_schema", 500, f"@refVia without @ref on {table.id}")
        if table and definitions:
            made = (_ref(source, table, relation, one, vias) for one in definitions)
            found[table.codec.id] = tuple(ref for ref in made if ref)
    return found


def _ref(source: Source, table: Resource, relation: Table, said: Words, vias: Iterable[Words]) -> Ref | None:
    options = said.said
    texts = [options["via"]] if "via" in options else []
    texts += [via.said.get("via", "") for via in vias if via.name == said.name]
    paths = tuple(path for text in texts if (path := _path(source, table, relation, text)))
    targets = {path[-1].target for path in paths}
    singular = "singular" in options
    if singular and "plural" in options:
        raise Problem("graphql_schema", 500, f"@ref {said.name} of {table.id} is both singular and plural")
    what = f"@ref {said.name} of {table.id} is left out: "
    if len(targets) != 1:
        source.warn(f"{what}it leads {'to several kinds of rows' if targets else 'nowhere'}")
        return None
    if not singular and not any(step.backward for path in paths for step in path):
        source.warn(f"{what}it leads to one row, so it needs the word singular")
        return None
    behaviour = options.get("behavior")
    return Ref(said.name, targets.pop(), singular, paths, {"behavior": behaviour} if behaviour else {})


def _path(source: Source, start: Resource, relation: Table, via: str) -> tuple[Relation, ...]:
    """The relations of `a;b;c`, or () where one of them cannot be followed."""
    steps: list[Relation] = []
    here = start
    try:
        for text in via.split(";"):
            steps.append(_step(source, here, relation.schema, text.strip()))
            here = steps[-1].target
    except (_Lost, Problem):
        source.warn(f"On {start.id}, '{via}' cannot be followed")
        return ()
    return tuple(steps)


def _step(source: Source, here: Resource, schema: str, text: str) -> Relation:
    parts = STEP.fullmatch(text)
    target = Name(*(schema, *names(parts[2] if parts else text)[0])[-2:])
    local, remote = (_columns(parts[1]), _columns(parts[3])) if parts else (None, None)
    for relation in here.relations.values():
        own, theirs = zip(*relation.pairs, strict=True)
        if relation.target.id == target and local in (None, own) and remote in (None, theirs):
            return relation
    raise _Lost


def _columns(text: str | None) -> tuple[str, ...] | None:
    return tuple(name[0] for name in names(text)) if text else None
