"""Models: keys and inheritance.

In: a program with sound declarations. Out: findings about ids, uniques, delegates.
Never: a second finding where a model has no field to speak of.
"""

from gatepost.zmodel import nodes
from gatepost.zmodel.check.context import Context
from gatepost.zmodel.expressions.apply import Bound
from gatepost.zmodel.link import Owned, applied

KEYS = {"String", "Int", "Float", "Decimal", "BigInt", "Boolean", "Bytes", "DateTime"}


def check(context: Context) -> None:
    """All models."""
    for model in context.program.models:
        _key(context, model)
        _once_in_model(context, model)
        _discriminator(context, model)
        _delegate_value(context, model)
        _siblings(context, model)


def _key(context: Context, model: nodes.Model) -> None:
    fields = context.program.fields(model)
    single = [each for each in fields if applied(each.field, "@id")]
    compound = [bound for _, bound in context.bound(model, "@@id")]
    unique = any(applied(each.field, "@unique") for each in fields) or any(context.bound(model, "@@unique"))
    if single and compound:
        context.reporter.error(model.at, "model cannot have both field-level @id and model-level @@id attributes")
    elif len(single) > 1:
        context.reporter.error(single[1].field.at, "model can include at most one field with @id attribute")
    elif not single and not compound and not unique and not model.view and not applied(model, "@@ignore"):
        hint = "mark a field with @id or @unique, or add @@id([…]) or @@unique([…])"
        context.reporter.error(model.at, "model must have at least one unique criteria", hint)
    for each in single or _fields(context, model, compound):
        _key_field(context, each)


def _fields(context: Context, model: nodes.Model, bound: list[Bound]) -> list[Owned]:
    names = bound[0].names("fields") if bound else ()
    return [found for name in names if (found := context.program.field(model, name))]


def _key_field(context: Context, owned: Owned) -> None:
    of, field = context.types.of(owned.field), owned.field
    if of.optional:
        context.reporter.error(field.at, "field with @id attribute must not be optional")
    if of.array or (of.name not in KEYS and of.kind != "enum"):
        context.reporter.error(field.at, "field with @id attribute must be of scalar or enum type")


def _once_in_model(context: Context, model: nodes.Model) -> None:
    """Attributes that only one field of a model may have."""
    seen: dict[str, bool] = {}
    for owned in context.program.fields(model):
        for application in owned.field.attributes:
            declaration = context.program.attributes.get(application.name)
            if declaration is None or applied(declaration, "@@@onceInModel") is None:
                continue
            if application.name in seen:
                at = application.at if owned.owner is model else model.at
                message = f'attribute "{application.name}" can only be applied to one field per model'
                context.reporter.error(at, message)
            seen[application.name] = True


def _discriminator(context: Context, model: nodes.Model) -> None:
    for _, bound in context.bound(model, "@@delegate"):
        owned = context.program.field(model, bound.names("discriminator")[0])
        of = context.types.of(owned.field) if owned else None
        if of is not None and (of.array or (of.name != "String" and of.kind != "enum")):
            context.reporter.error(bound.application.at, "a discriminator must be a String or an enum")


def _delegate_value(context: Context, model: nodes.Model) -> None:
    own = [each for each in model.attributes if each.name == "@@delegateMap"]
    if len(own) > 1:
        context.reporter.error(own[1].at, "model can include at most one @@delegateMap attribute")
    if not own:
        return
    base = context.program.base(model)
    if base is None:
        context.reporter.error(own[0].at, "@@delegateMap can only be used on models that extend a delegate base model")
        return
    value = own[0].arguments[0].value if own[0].arguments else None
    discriminator = discriminator_of(context, base)
    if value is not None and discriminator is not None:
        _value_fits(context, value, discriminator)


def discriminator_of(context: Context, model: nodes.Model) -> nodes.Field | None:
    """The field that tells a delegate's rows apart."""
    for _, bound in context.bound(model, "@@delegate"):
        owned = context.program.field(model, bound.names("discriminator")[0])
        return owned.field if owned else None
    return None


def _value_fits(context: Context, value: nodes.Expression, discriminator: nodes.Field) -> None:
    of, reporter = context.types.of(discriminator), context.reporter
    if isinstance(value, nodes.Text):
        if of.name != "String":
            reporter.error(value.at, "@@delegateMap string value must match a String discriminator field")
    elif not isinstance(value, nodes.Reference) or value.name not in context.program.members:
        reporter.error(value.at, "@@delegateMap expects a string literal or enum value")
    elif of.kind != "enum":
        reporter.error(value.at, "@@delegateMap enum value cannot be used when the discriminator field is String")
    elif not any(enum.name == of.name for enum in context.program.enum_members(value.name, value.at.source.name)):
        reporter.error(value.at, "@@delegateMap enum value must come from the discriminator enum type")


def delegate_value(model: nodes.Model) -> str:
    """What stands in the base's discriminator for rows of a sub-model."""
    found = applied(model, "@@delegateMap")
    value = found.arguments[0].value if found and found.arguments else None
    if isinstance(value, nodes.Text):
        return value.value
    return value.name if isinstance(value, nodes.Reference) else model.name


def _siblings(context: Context, model: nodes.Model) -> None:
    if not context.delegate(model):
        return
    seen: dict[str, str] = {}
    for each in context.program.models:
        if context.program.base(each) is model:
            value = delegate_value(each)
            if value in seen:
                names = f'"{seen[value]}" and "{each.name}"'
                context.reporter.error(each.at, f'duplicate @@delegateMap value "{value}" on models {names}')
            seen[value] = each.name
