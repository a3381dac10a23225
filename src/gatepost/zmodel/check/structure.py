"""Declarations: names that are free, types that exist, inheritance without circles.

In: a program. Out: findings about names, fields' types, mixins, bases, procedures.
Never: a finding that depends on what an expression means.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from gatepost.zmodel import nodes
from gatepost.zmodel.check.context import Context
from gatepost.zmodel.expressions.types import BUILTIN, declared
from gatepost.zmodel.link import STDLIB, applied

RESERVED_PROCEDURES = {"__proto__", "prototype", "constructor"}
LISTS = {"postgresql"}


def check(context: Context) -> None:
    """All of it."""
    _top_names(context)
    for enum in context.program.enums:
        _once(context, enum.members, "enum member")
    for shape in context.program.shapes:
        _mixins(context, shape)
    for model in context.program.models:
        _mixins(context, model)
        _base(context, model)
    for container in (*context.program.models, *context.program.shapes):
        _fields(context, container)
    for procedure in context.program.procedures:
        _procedure(context, procedure)
    _auth(context)


def _top_names(context: Context) -> None:
    """Everything declared shares one set of names, over all files."""
    seen: dict[str, nodes.Declaration] = {}
    for document in context.program.documents.values():
        for each in document.declarations:
            first = seen.setdefault(each.name, each)
            if first is not each:
                file = first.at.source
                where = f"it is declared at {file.name}:{file.position(first.at.start)[0]} already"
                context.reporter.error(each.at, f'duplicated declaration name "{each.name}"', where)
            elif isinstance(each, nodes.Model | nodes.TypeDefinition | nodes.Enum) and each.name in BUILTIN:
                context.reporter.error(each.at, f'"{each.name}" is the name of a builtin type')


def _once(
    context: Context, named: Sequence[nodes.Field | nodes.Member | nodes.Parameter | nodes.Setting], what: str
) -> None:
    seen: set[str] = set()
    for each in named:
        if each.name in seen:
            context.reporter.error(each.at, f'duplicated declaration name "{each.name}": {what}s have one name each')
        seen.add(each.name)


def _mixins(context: Context, container: nodes.Container) -> None:
    for mixin in container.mixins:
        found = context.program.type_named(mixin.text, mixin.at.source.name)
        if found is None:
            names = [shape.name for shape in context.program.shapes]
            context.reporter.unknown(mixin.at, "type", mixin.text, names, _elsewhere(context, mixin.text))
        elif not isinstance(found, nodes.TypeDefinition):
            hint = f'declare "{mixin.text}" as a type'
            context.reporter.error(mixin.at, f'"{mixin.text}" cannot be mixed in: it is not a type', hint)
    circle = _circle(container, context.program.mixins)
    if circle:
        context.reporter.error(container.at, f"cyclic mixin detected: {' -> '.join(circle)}")


def _base(context: Context, model: nodes.Model) -> None:
    if model.base is None:
        return
    found = context.program.type_named(model.base.text, model.base.at.source.name)
    if found is None:
        names = [each.name for each in context.program.models]
        context.reporter.unknown(model.base.at, "model", model.base.text, names, _elsewhere(context, model.base.text))
    elif not context.delegate(found if isinstance(found, nodes.Model) else None):
        hint = "mix a type in with `with`, or give the model @@delegate(field)"
        context.reporter.error(
            model.base.at, f"model {model.base.text} cannot be extended because it's not a delegate model", hint
        )
    else:
        circle = _circle(model, lambda each: [base] if (base := context.program.base(each)) else [])
        if circle:
            context.reporter.error(model.at, f"cyclic inheritance detected: {' -> '.join(circle)}")


def _circle(start: nodes.Container, parents: "Parents") -> list[str]:
    """The names on a way back to where one started, or nothing."""
    trail: list[nodes.Container] = []
    done: set[int] = set()
    waiting: list[tuple[int, nodes.Container]] = [(0, start)]
    while waiting:
        level, current = waiting.pop()
        del trail[level:]
        if level and current is start:
            return [each.name for each in (*trail, current)]
        if id(current) not in done:
            done.add(id(current))
            trail.append(current)
            waiting.extend((level + 1, parent) for parent in parents(current))
    return []


class Parents(Protocol):
    """What a container is made from."""

    def __call__(self, container: nodes.Container, /) -> Iterable[nodes.Container]: ...


def _fields(context: Context, container: nodes.Container) -> None:
    _duplicates(context, container)
    for field in container.fields:
        _type(context, field.type)
        _field(context, container, field)


def _duplicates(context: Context, container: nodes.Container) -> None:
    """No two fields of one name, inherited ones included; the one told is the container's own, if it can be."""
    seen: dict[str, nodes.Container] = {}
    for field, owner, _ in context.program.fields(container):
        if field.name in seen:
            at = field.at if owner is container else container.at
            first = seen[field.name]
            hint = f'"{first.name}" has it already' if first is not owner else None
            context.reporter.error(at, f'duplicated declaration name "{field.name}"', hint)
        seen.setdefault(field.name, owner)


def _type(context: Context, use: nodes.TypeUse) -> None:
    if use.unsupported is not None and use.name != "Unsupported":
        context.reporter.error(use.at, f'type "{use.name}" takes no argument', 'only Unsupported("…") does')
    elif use.name == "Unsupported" and not isinstance(use.unsupported, nodes.Text):
        context.reporter.error(use.at, "Unsupported needs the database's type as a string literal")
    _exists(context, use)


def _exists(context: Context, use: nodes.TypeUse) -> bool:
    if declared(context.program, use).kind != "unknown":
        return True
    visible = [name for name in context.program.types if context.program.type_named(name, use.at.source.name)]
    names = [*BUILTIN, *visible]
    context.reporter.unknown(use.at, "type", use.name, names, _elsewhere(context, use.name))
    return False


def _elsewhere(context: Context, name: str) -> str | None:
    found = next((each for each in context.program.types.get(name, ()) if each.at.source.name != STDLIB), None)
    return f"it is declared in {found.at.source.name}, which this file does not import" if found else None


def _field(context: Context, container: nodes.Container, field: nodes.Field) -> None:
    of = context.types.of(field)
    if field.type.name in BUILTIN and of.kind in ("any", "null", "object"):
        context.reporter.error(field.type.at, f'a field cannot be of type "{field.type.name}"')
    if isinstance(container, nodes.Model) and of.kind == "type":
        if applied(field, "@json") is None:
            hint = "write @json after it: it is stored as JSON"
            context.reporter.error(field.at, "custom-typed field must have @json attribute", hint)
        if _holds_rows(context, context.types.target(field)):
            context.reporter.error(field.at, "type used as JSON field type cannot have relation fields")
    if field.type.array and field.type.optional and isinstance(container, nodes.Model):
        context.reporter.error(field.type.at, "optional lists are not supported: use either `Type[]` or `Type?`")
    provider = context.provider
    if of.array and of.kind != "model" and isinstance(container, nodes.Model) and provider and provider not in LISTS:
        context.reporter.error(field.type.at, f'list type is not supported for the provider "{provider}"')


def _holds_rows(context: Context, container: nodes.Container | None) -> bool:
    """Whether a type has a relation field, near or far."""
    seen: set[int] = set()
    waiting = [container] if container else []
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        for owned in context.program.fields(current):
            if context.types.relation(owned):
                return True
            target = context.types.target(owned.field)
            if target is not None:
                waiting.append(target)
    return False


def _procedure(context: Context, procedure: nodes.Procedure) -> None:
    if procedure.name in RESERVED_PROCEDURES:
        context.reporter.error(procedure.at, f'procedure name "{procedure.name}" is reserved')
    _once(context, procedure.parameters, "parameter")
    for use in (*(each.type for each in procedure.parameters), procedure.returns):
        _exists(context, use)


def _auth(context: Context) -> None:
    containers = (*context.program.models, *context.program.shapes)
    marked = [found for each in containers if (found := applied(each, "@@auth"))]
    for extra in marked[1:]:
        context.reporter.error(extra.at, "multiple @@auth declarations are not allowed")
