"""Constants: what an attribute's argument or a setting holds when it holds no name of a field.

In: nodes. Out: values as JSON has them, places, notes.
Never: an expression that has to be computed.
"""

from collections.abc import Iterable

from gatepost.zmodel import nodes
from gatepost.zmodel.check.context import Context
from gatepost.zmodel.expressions.apply import Bound, Subject
from gatepost.zmodel.link import STDLIB
from gatepost.zmodel.schema import Attribute, Json, Note
from gatepost.zmodel.terms import Place

LARGEST = 2**63 - 1


def constant(node: nodes.Expression) -> Json:
    """A literal, list or object; names and calls as they are written, and numbers past 64 bits."""
    match node:
        case nodes.Text(_, value):
            return value
        case nodes.Number(_, text):
            value = float(text) if "." in text else int(text)
            return text if abs(value) > LARGEST else value
        case nodes.Boolean(_, value):
            return value
        case nodes.Null():
            return None
        case nodes.Items(_, items):
            return [constant(item) for item in items]
        case nodes.Mapping(_, entries):
            return {entry.key: constant(entry.value) for entry in entries}
        case nodes.Reference(_, name):
            return name
        case _:
            return written(node)


def written(node: nodes.Node) -> str:
    """The text of a node, on one line."""
    return " ".join(node.at.source.text[node.at.start : node.at.end].split())


def place(node: nodes.Node) -> Place:
    """Where a node begins."""
    return Place(node.at.source.name, *node.at.source.position(node.at.start))


def database_name(application: nodes.Application | None) -> str | None:
    """The text in @map, @@map or @@schema."""
    if application is None or not application.arguments:
        return None
    value = application.arguments[0].value
    return value.value if isinstance(value, nodes.Text) else None


def notes(bound: Iterable[Bound]) -> tuple[Note, ...]:
    """What @meta and @@meta say."""
    return tuple(
        Note(each.text("name") or "", constant(each.written["value"]))
        for each in bound
        if each.application.name in ("@meta", "@@meta")
    )


def doc_notes(context: Context, applications: Iterable[nodes.Application]) -> tuple[Note, ...]:
    """What @@meta of an enum says."""
    found = (context.applications.bind(each, Subject()) for each in applications)
    return notes(each for each in found if each is not None)


def foreign(bound: Iterable[Bound]) -> tuple[Attribute, ...]:
    """Attributes that the standard library does not declare."""
    return tuple(
        Attribute(each.application.name, {name: constant(node) for name, node in each.written.items()})
        for each in bound
        if each.declaration.at.source.name != STDLIB
    )
