"""Policies: kinds of rules, and what rules of a kind may use.

In: a program whose attributes are bound. Out: findings about @@allow, @@deny, @allow and @deny.
Never: a rule weakened: what cannot be said is an error.
"""

from collections.abc import Iterable

from gatepost.zmodel import nodes
from gatepost.zmodel.check.context import Context
from gatepost.zmodel.diagnostics import Span, near
from gatepost.zmodel.expressions.apply import Bound, Subject
from gatepost.zmodel.expressions.resolve import from_auth
from gatepost.zmodel.link import applied
from gatepost.zmodel.parse import walk
from gatepost.zmodel.terms import Call, Element, Expression, Member, Predicate, This, parts, type_of

OF_MODELS = ("create", "read", "update", "post-update", "delete", "all")
OF_FIELDS = ("read", "update", "all")
MODEL_RULES = ("@@allow", "@@deny")
FIELD_RULES = ("@allow", "@deny")


def check(context: Context) -> None:
    """All rules of models and fields; circles of check()."""
    for container in context.containers():
        for _, bound in context.bound(container, *MODEL_RULES):
            _model_rule(context, bound)
        for owned in context.program.fields(container):
            for application in owned.field.attributes:
                if application.name in FIELD_RULES:
                    bound = context.applications.bind(application, Subject(container, owned.field))
                    if bound is not None:
                        _field_rule(context, bound, owned.field)
    _circles(context)


def kinds(text: str) -> list[str]:
    """The kinds that a rule names."""
    return [kind.strip() for kind in text.split(",")]


def _kinds(context: Context, bound: Bound, allowed: tuple[str, ...]) -> str:
    """The kinds as written, whitespace off; reports those that do not exist."""
    text, at = bound.text("operation"), bound.written["operation"].at
    if text is None:
        context.reporter.error(at, "expects a string literal")
        return ""
    for kind in kinds(text):
        if kind not in allowed:
            close = near(kind, allowed)
            message = f'invalid policy rule kind: "{kind}", allowed: {", ".join(allowed)}'
            context.reporter.error(at, message, f'did you mean "{close}"?' if close else None)
    return text.strip()


def _model_rule(context: Context, bound: Bound) -> None:
    text = _kinds(context, bound, OF_MODELS)
    written, condition = bound.written["condition"], bound.values["condition"]
    if text != "post-update":
        for call in _calls(written, "before"):
            context.reporter.error(call.at, '"before()" is only allowed in "post-update" policy rules')
    if {"create", "all"} & set(kinds(text)) and isinstance(bound.subject.container, nodes.Model):
        _creatable(context, bound, written, condition, alone=text in ("create", "all"))


def _creatable(context: Context, bound: Bound, written: nodes.Expression, condition: Expression, alone: bool) -> None:
    """A row that is being made has nothing that refers to it yet."""
    for member in _unowned(context, condition, False):
        message = f'non-owned relation fields are not allowed in "create" rules: "{member.field}"'
        if alone:
            context.reporter.error(written.at, message, "split the rule: read, update and delete may use it")
        else:
            context.reporter.warning(written.at, message, "no row can be created by it")


def _unowned(context: Context, expression: Expression, of_auth: bool) -> Iterable[Member]:
    """Relations of the row itself whose foreign key is on the other side, outside of what auth() holds."""
    if isinstance(expression, Member) and isinstance(expression.of, This) and not of_auth:
        container = context.program.containers.get(expression.of.model)
        owned = context.program.field(container, expression.field) if container else None
        relation = applied(owned.field, "@relation") if owned else None
        owner = relation is not None and any(argument.name == "fields" for argument in relation.arguments)
        if expression.type.kind == "model" and not owner:
            yield expression
    inner = of_auth or (isinstance(expression, Predicate) and from_auth(expression.collection))
    for part in parts(expression):
        yield from _unowned(context, part, inner)


def _field_rule(context: Context, bound: Bound, field: nodes.Field) -> None:
    _kinds(context, bound, OF_FIELDS)
    report, at = context.reporter, bound.application.at
    if _calls(bound.written["condition"], "before"):
        report.error(bound.written["condition"].at, '"before()" is not allowed in field-level policies')
    if context.types.of(field).kind == "model":
        report.error(at, "Field-level policies are not allowed for relation fields")
    if applied(field, "@computed") is not None:
        report.error(at, "Field-level policies are not allowed for computed fields")


def _calls(expression: nodes.Expression, function: str) -> list[nodes.Call]:
    return [each for each in walk(expression) if isinstance(each, nodes.Call) and each.function == function]


def _circles(context: Context) -> None:
    """check() asks the other model's rules, which may ask on: a way back to where one began has no end."""
    asked: dict[str, set[str]] = {}
    places: list[tuple[str, Span]] = []
    for model in context.program.models:
        for _, bound in context.bound(model, *MODEL_RULES):
            for call in _checks(bound.values["condition"]):
                target = type_of(call.arguments[0])
                if target.kind == "model":
                    asked.setdefault(model.name, set()).add(target.name)
                    places.append((target.name, _calls(bound.written["condition"], "check")[0].at))
    for target, at in places:
        if _reaches(target, target, asked):
            context.reporter.error(at, "cyclic dependency detected when following the `check()` call")


def _checks(expression: Expression) -> Iterable[Call]:
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Call) and current.function == "check":
            row = current.arguments[0]
            if isinstance(row, Member) and not row.type.array and isinstance(row.of, This | Element):
                yield current
        waiting.extend(parts(current))


def _reaches(start: str, goal: str, edges: dict[str, set[str]]) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for following in edges.get(waiting.pop(), ()):
            if following == goal:
                return True
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return False
