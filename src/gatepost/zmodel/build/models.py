"""Models, views and types with everything they inherit.

In: a declaration of a checked program. Out: its Model or TypeShape.
Never: a rule lost: each that is written or inherited is there, resolved for this model.
"""

from collections.abc import Iterable

from gatepost.zmodel import nodes
from gatepost.zmodel.build import keys
from gatepost.zmodel.build.constants import constant, database_name, foreign, notes, place
from gatepost.zmodel.build.fields import build_field
from gatepost.zmodel.build.rules import build_rule
from gatepost.zmodel.check.context import Context
from gatepost.zmodel.check.models import delegate_value, discriminator_of
from gatepost.zmodel.expressions.apply import Bound
from gatepost.zmodel.link import Applied, applied
from gatepost.zmodel.schema import Field, Model, Operation, Rule, TypeShape, Validation

ALL: tuple[Operation, ...] = ("create", "read", "update", "delete")


def build_model(context: Context, model: nodes.Model) -> Model:
    """A model or view."""
    bound = list(context.bound(model))
    base, discriminator = context.program.base(model), discriminator_of(context, model)
    key = keys.primary_key(context, model)
    return Model(
        name=model.name,
        table=database_name(applied(model, "@@map")) or model.name,
        place=place(model),
        fields=_fields(context, model, key.fields if key else ()),
        schema=next((each.text("map") for _, each in reversed(bound) if each.application.name == "@@schema"), None),
        view=model.view,
        ignored=applied(model, "@@ignore") is not None,
        mixins=tuple(each.text for each in model.mixins),
        base=base.name if base else None,
        sub_models=tuple(each.name for each in context.program.models if context.program.base(each) is model),
        discriminator=discriminator.name if discriminator else None,
        discriminator_value=delegate_value(model) if base else None,
        key=key,
        ids=keys.identity(context, model),
        keys=keys.all_keys(context, model),
        indexes=keys.indexes(context, model),
        rules=tuple(_rules(bound)),
        validations=_validations(bound),
        notes=notes(each for _, each in bound),
        attributes=foreign(each for _, each in bound),
        doc=model.doc,
    )


def build_shape(context: Context, shape: nodes.TypeDefinition) -> TypeShape:
    """A type."""
    bound = list(context.bound(shape))
    fields = _fields(context, shape, ())
    return TypeShape(shape.name, place(shape), fields, _validations(bound), notes(each for _, each in bound), shape.doc)


def _fields(context: Context, container: nodes.Container, key: tuple[str, ...]) -> dict[str, Field]:
    carried = _carried(context, container)
    discriminators = _discriminators(context, container)
    return {
        owned.field.name: build_field(
            context,
            container,
            owned,
            key=key,
            carried=carried.get(owned.field.name, ()),
            discriminator=owned.field.name in discriminators,
        )
        for owned in context.program.fields(container)
    }


def _carried(context: Context, container: nodes.Container) -> dict[str, tuple[str, ...]]:
    """Field → the relation fields whose foreign key it is part of."""
    found: dict[str, tuple[str, ...]] = {}
    for owned in context.program.fields(container):
        bound = context.on_field(owned, container, "@relation")
        for name in bound.names("fields") if bound else ():
            found[name] = (*found.get(name, ()), owned.field.name)
    return found


def _discriminators(context: Context, container: nodes.Container) -> set[str]:
    chain = [container, *context.program.bases(container)]
    found = (discriminator_of(context, each) for each in chain if isinstance(each, nodes.Model))
    return {each.name for each in found if each is not None}


def _rules(bound: Iterable[tuple[Applied, Bound]]) -> Iterable[Rule]:
    for each, one in bound:
        if one.application.name in ("@@allow", "@@deny"):
            yield build_rule(one, each.owner.name, each.base.name if each.base else None, ALL)


def _validations(bound: Iterable[tuple[Applied, Bound]]) -> tuple[Validation, ...]:
    found: list[Validation] = []
    for _, one in bound:
        if one.application.name == "@@validate":
            path = constant(one.written["path"]) if "path" in one.written else []
            names = tuple(str(each) for each in path) if isinstance(path, list) else ()
            found.append(Validation(one.values["value"], place(one.application), one.text("message"), names))
    return tuple(found)
