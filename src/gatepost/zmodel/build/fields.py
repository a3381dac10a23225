"""Fields with everything their attributes say.

In: a field of a checked program, in the model or type it is read for. Out: its Field.
Never: a column for what has none.
"""

import json
from typing import cast

from gatepost.zmodel import nodes
from gatepost.zmodel.build.constants import constant, database_name, foreign, notes, place
from gatepost.zmodel.build.relations import build_relation
from gatepost.zmodel.build.rules import build_rule
from gatepost.zmodel.check.context import Context
from gatepost.zmodel.expressions.apply import Bound, Subject
from gatepost.zmodel.link import Owned, applied
from gatepost.zmodel.schema import Constraint, Default, Field, Json, Native, Operation, Relation, Rule

OF_FIELDS: tuple[Operation, ...] = ("read", "update")
NATIVE = "@db."


def build_field(
    context: Context,
    container: nodes.Container,
    owned: Owned,
    *,
    key: tuple[str, ...],
    carried: tuple[str, ...],
    discriminator: bool,
) -> Field:
    """A field. `key`: fields of the primary key; `carried`: relations whose foreign key it is part of."""
    field, names = owned.field, {each.name for each in owned.field.attributes}
    bound = _bound(context, container, owned)
    by_name = {each.application.name: each for each in bound}
    is_id = field.name in key
    unsupported = field.type.unsupported
    return Field(
        name=field.name,
        type=context.types.of(field),
        place=place(field),
        column=_column(context, container, owned),
        id=is_id,
        unique="@unique" in names,
        default=_default(by_name["@default"], field) if "@default" in by_name else None,
        updated_at=by_name["@updatedAt"].names("ignore") if "@updatedAt" in by_name else None,
        relation=_relation(context, container, owned),
        foreign_key_for=carried,
        native=next((_native(each) for each in bound if each.application.name.startswith(NATIVE)), None),
        unsupported=unsupported.value if isinstance(unsupported, nodes.Text) else None,
        computed="@computed" in names,
        json="@json" in names or context.types.of(field).name == "Json",
        omit="@omit" in names,
        ignored="@ignore" in names,
        fuzzy="@fuzzy" in names,
        full_text="@fullText" in names,
        discriminator=discriminator,
        inherited=owned.base.name if owned.base and not is_id else None,
        rules=_rules(bound, owned),
        constraints=tuple(_constraint(each) for each in bound if applied(each.declaration, "@@@validation")),
        notes=notes(bound),
        attributes=foreign(bound),
        doc=field.doc,
    )


def _bound(context: Context, container: nodes.Container, owned: Owned) -> list[Bound]:
    subject = Subject(container, owned.field)
    found = (context.applications.bind(each, subject) for each in owned.field.attributes)
    return [each for each in found if each is not None]


def _column(context: Context, container: nodes.Container, owned: Owned) -> str | None:
    if not isinstance(container, nodes.Model) or context.types.relation(owned) or applied(owned.field, "@computed"):
        return None
    return database_name(applied(owned.field, "@map")) or owned.field.name


def _relation(context: Context, container: nodes.Container, owned: Owned) -> Relation | None:
    if not isinstance(container, nodes.Model) or not context.types.relation(owned):
        return None
    return build_relation(context, container, owned)


def _default(bound: Bound, field: nodes.Field) -> Default:
    node, name = bound.written["value"], bound.text("map")
    if isinstance(node, nodes.Call):
        return Default(function=node.function, arguments=tuple(constant(each) for each in node.arguments), map=name)
    if isinstance(node, nodes.Access):
        return Default(function="auth", path=_path(node), map=name)
    value = constant(node)
    if field.type.name == "Json" or applied(field, "@json"):
        value = [_decoded(each) for each in value] if isinstance(value, list) else _decoded(value)
    elif isinstance(node, nodes.Number) and field.type.name == "Decimal":
        value = node.text
    return Default(value, map=name)


def _decoded(text: Json) -> Json:
    return cast(Json, json.loads(text)) if isinstance(text, str) else text


def _path(node: nodes.Expression) -> tuple[str, ...]:
    return (*_path(node.operand), node.member.text) if isinstance(node, nodes.Access) else ()


def _native(bound: Bound) -> Native:
    arguments = tuple(constant(each) for each in bound.written.values())
    return Native(bound.application.name.removeprefix(NATIVE), arguments)


def _rules(bound: list[Bound], owned: Owned) -> tuple[Rule, ...]:
    inherited = owned.base.name if owned.base else None
    found = (each for each in bound if each.application.name in ("@allow", "@deny"))
    return tuple(build_rule(each, owned.owner.name, inherited, OF_FIELDS) for each in found)


def _constraint(bound: Bound) -> Constraint:
    arguments = {name: constant(node) for name, node in bound.written.items() if name != "message"}
    return Constraint(bound.application.name[1:], arguments, place(bound.application), bound.text("message"))
