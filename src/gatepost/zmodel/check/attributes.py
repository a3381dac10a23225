"""Attributes: where they may stand, how often, and rules of some of them.

In: a program. Out: findings; every attribute bound on the way.
Never: a rule about policies: those have a file of their own.
"""

from collections.abc import Callable, Iterable

from gatepost.zmodel import nodes
from gatepost.zmodel.check.context import Context
from gatepost.zmodel.check.datasource import schemas
from gatepost.zmodel.expressions.apply import Bound, Subject
from gatepost.zmodel.expressions.calls import wrong_pattern
from gatepost.zmodel.link import Applied, applied
from gatepost.zmodel.parse import walk
from gatepost.zmodel.terms import Expression, Member, Type, parts

SCALAR_TARGETS = {
    f"{name}Field": name
    for name in ("String", "Int", "BigInt", "Float", "Decimal", "Boolean", "DateTime", "Json", "Bytes")
}
KIND_TARGETS = {"ModelField": "model", "TypeDefField": "type"}
Check = Callable[[Context, Bound], None]


def check(context: Context) -> None:
    """Attributes of containers, their fields, enums, functions, procedures and of attributes themselves."""
    for container in context.containers():
        _container(context, container)
    for enum in context.program.enums:
        _each(context, (*enum.attributes, *(each for member in enum.members for each in member.attributes)))
        _once(context, enum.attributes)
    for document in context.program.documents.values():
        for declaration in document.declarations:
            _declaration(context, declaration)


def _declaration(context: Context, declaration: nodes.Declaration) -> None:
    if isinstance(declaration, nodes.Function | nodes.Procedure | nodes.Attribute):
        _each(context, declaration.attributes)
    if isinstance(declaration, nodes.Attribute):
        for parameter in declaration.parameters:
            _each(context, parameter.attributes)
    elif isinstance(declaration, nodes.Function | nodes.Procedure):
        wrong = [each for each in declaration.attributes if each.name == "@@@targetField"]
        for each in wrong:
            context.reporter.error(each.at, f'attribute "{each.name}" can only be used on attribute declarations')


def _each(context: Context, applications: Iterable[nodes.Application]) -> None:
    for application in applications:
        bound = context.applications.bind(application, Subject())
        if bound is not None:
            _specific(context, bound)


def _container(context: Context, container: nodes.Container) -> None:
    for _, bound in context.bound(container):
        _specific(context, bound)
    _once(context, [each.application for each in context.applied(container)], context.applied(container), container)
    for owned in context.program.fields(container):
        _once(context, owned.field.attributes)
        for application in owned.field.attributes:
            bound = context.applications.bind(application, Subject(container, owned.field))
            if bound is not None:
                _target(context, bound, owned.field)
                _specific(context, bound)


def _once(
    context: Context,
    applications: Iterable[nodes.Application],
    inherited: list[Applied] | None = None,
    container: nodes.Container | None = None,
) -> None:
    """@@@once: at most once, what is inherited included; told at the one that came last."""
    seen: set[str] = set()
    owners = {id(each.application): each.owner for each in inherited or ()}
    for each in applications:
        declaration = context.program.attributes.get(each.name)
        if declaration is None or applied(declaration, "@@@once") is None:
            continue
        if each.name in seen:
            own = container is None or owners.get(id(each)) is container
            at = each.at if own or container is None else container.at
            context.reporter.error(at, f'attribute "{each.name}" can only be applied once')
        seen.add(each.name)


def _target(context: Context, bound: Bound, field: nodes.Field) -> None:
    found = applied(bound.declaration, "@@@targetField")
    value = found.arguments[0].value if found and found.arguments else None
    if not isinstance(value, nodes.Items):
        return
    targets = [item.name for item in value.items if isinstance(item, nodes.Reference)]
    of = context.types.of(field)
    if of.kind != "unknown" and not any(_is_target(target, of) for target in targets):
        allowed = ", ".join(target.removesuffix("Field") for target in targets)
        message = f'attribute "{bound.application.name}" cannot be used on this type of field'
        context.reporter.error(bound.application.at, message, f"it stands on: {allowed}")


def _is_target(target: str, of: Type) -> bool:
    if target == "ListField":
        return of.array and of.kind != "model"
    if target in KIND_TARGETS:
        return of.kind == KIND_TARGETS[target]
    return of.name == SCALAR_TARGETS.get(target)


def _specific(context: Context, bound: Bound) -> None:
    deprecated = applied(bound.declaration, "@@@deprecated")
    if deprecated is not None and deprecated.arguments:
        reason = deprecated.arguments[0].value
        message = (
            reason.value if isinstance(reason, nodes.Text) else f'attribute "{bound.application.name}" is deprecated'
        )
        context.reporter.warning(bound.application.at, message)
    for rule in SPECIFIC.get(bound.application.name, ()):
        rule(context, bound)


# Rules of single attributes


def _not_on_views(context: Context, bound: Bound) -> None:
    container = bound.subject.container
    if isinstance(container, nodes.Model) and container.view:
        context.reporter.error(bound.application.at, f"`{bound.application.name}` is not allowed for views")


def _fields(context: Context, bound: Bound) -> None:
    """At least one, and none that stands in the table of a delegate base."""
    name, container, references = bound.application.name, bound.subject.container, bound.references("fields")
    if not references:
        context.reporter.error(bound.application.at, f"`{name}` expects at least one field reference")
    for reference in references:
        owned = context.program.field(container, reference.name) if container else None
        if owned is not None and owned.base is not None and _is_own(context, bound):
            message = f"cannot use fields inherited from a polymorphic base model in `{name}`"
            context.reporter.error(reference.at, message, f'"{reference.name}" is a column of "{owned.base.name}"')
        elif owned is not None and context.types.relation(owned):
            message = f"`{name}` cannot use a relation field"
            context.reporter.error(reference.at, message, "name the fields of its foreign key")


def _is_own(context: Context, bound: Bound) -> bool:
    """Whether the model that is looked at has the attribute itself or from its mixins."""
    container = bound.subject.container
    if container is None:
        return False
    found = (each for each in context.applied(container) if each.application is bound.application)
    return any(each.base is None for each in found)


def _postgresql_only(context: Context, bound: Bound) -> None:
    if context.provider not in (None, "postgresql"):
        message = f"`{bound.application.name}` is only supported for the `postgresql` provider"
        context.reporter.error(bound.application.at, message)


def _listed_schema(context: Context, bound: Bound) -> None:
    name, known = bound.text("map"), schemas(context)
    if context.datasource is not None and name not in (known or ()):
        hint = f'add it to the datasource: schemas = ["public", "{name}"]'
        context.reporter.error(bound.application.at, f'Schema "{name}" is not defined in the datasource', hint)


def _no_relations(context: Context, bound: Bound) -> None:
    condition = bound.values.get("value")
    written = bound.written["value"]
    if any(isinstance(each, nodes.Predicate) and each.binding for each in walk(written)):
        context.reporter.error(written.at, "`@@validate` condition cannot use bindings")
    if condition is not None and _uses_relation(condition):
        context.reporter.error(written.at, "`@@validate` condition cannot use relation fields")


def _uses_relation(expression: Expression) -> bool:
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Member) and current.type.kind == "model":
            return True
        waiting.extend(parts(current))
    return False


def _pattern(context: Context, bound: Bound) -> None:
    reason = wrong_pattern(bound.text("regex") or "")
    if reason:
        context.reporter.error(bound.written["regex"].at, f"invalid regular expression: {reason}")


SPECIFIC: dict[str, tuple[Check, ...]] = {
    "@id": (_not_on_views,),
    "@@id": (_not_on_views, _fields),
    "@@index": (_not_on_views, _fields),
    "@@unique": (_fields,),
    "@fuzzy": (_postgresql_only,),
    "@fullText": (_postgresql_only,),
    "@@schema": (_listed_schema,),
    "@@validate": (_no_relations,),
    "@regex": (_pattern,),
}
