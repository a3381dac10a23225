"""Relations: two sides that agree.

In: a program whose attributes are bound. Out: findings; for the builder, both sides of each relation.
Never: a relation inherited from a delegate checked again on its sub-models.
"""

from dataclasses import dataclass

from gatepost.zmodel import nodes
from gatepost.zmodel.check.context import Context
from gatepost.zmodel.expressions.apply import Bound
from gatepost.zmodel.link import Owned, applied


@dataclass(frozen=True, slots=True)
class Side:
    """A relation field with what its @relation says. `fields` and `references` are None where it does not name them."""

    owned: Owned
    bound: Bound | None
    name: str | None
    fields: tuple[str, ...] | None
    references: tuple[str, ...] | None

    @property
    def field(self) -> nodes.Field:
        """The field itself."""
        return self.owned.field

    @property
    def owner(self) -> bool:
        """Whether it has the foreign key."""
        return bool(self.fields and self.references)

    @property
    def list(self) -> bool:
        """Whether it holds several rows."""
        return self.field.type.array


def check(context: Context) -> None:
    """All relation fields of all models."""
    for model in context.program.models:
        for owned in context.program.fields(model):
            ignored = applied(owned.field, "@ignore") is not None
            if context.types.relation(owned) and owned.base is None and not ignored:
                _relation(context, model, side(context, model, owned))


def side(context: Context, model: nodes.Model, owned: Owned) -> Side:
    """What a relation field says about its relation."""
    bound = context.on_field(owned, model, "@relation")
    if bound is None:
        return Side(owned, None, None, None, None)
    fields = bound.names("fields") if "fields" in bound.written else None
    references = bound.names("references") if "references" in bound.written else None
    return Side(owned, bound, bound.text("name"), fields, references)


def opposites(context: Context, model: nodes.Model, this: Side) -> list[Side]:
    """Fields on the other model that may be the other side: same relation name, and they refer to this model."""
    other = context.types.target(this.field)
    if not isinstance(other, nodes.Model):
        return []
    candidates = [
        side(context, other, owned)
        for owned in context.program.fields(other)
        if owned.field.type.name == model.name and owned.field is not this.field and context.types.relation(owned)
    ]
    return [each for each in candidates if each.name == this.name]


def _relation(context: Context, model: nodes.Model, this: Side) -> None:
    application = applied(this.field, "@relation")
    if application is not None and this.bound is None:
        return  # its arguments are wrong: said already
    if not _keys(context, model, this):
        return
    if this.field.type.name == model.name and not this.name:
        message = "self-relation field must have a name in @relation attribute"
        context.reporter.error(this.field.at, message, 'write @relation("name") on both sides')
        return
    others = opposites(context, model, this)
    if not others:
        _missing(context, model, this)
    elif len(others) > 1:
        _ambiguous(context, model, this, others)
    elif this.list and others[0].list:
        _many_to_many(context, model, this, others[0])
    else:
        _one(context, model, this, others[0])


def _keys(context: Context, model: nodes.Model, this: Side) -> bool:
    """`fields` and `references`: both, filled, of one length, type by type."""
    report, bound = context.reporter, this.bound
    if bound is None or (this.fields is None and this.references is None):
        return True
    for name, found in (("fields", this.fields), ("references", this.references)):
        if found == ():
            report.error(bound.written[name].at, f'"{name}" value cannot be empty')
            return False
    if this.fields is None or this.references is None:
        report.error(bound.application.at, '"fields" and "references" must be provided together')
        return False
    if len(this.fields) != len(this.references):
        report.error(bound.application.at, '"references" and "fields" must have the same length')
        return False
    pairs = zip(bound.references("fields"), bound.references("references"), strict=True)
    return all(_pair(context, model, this, near, far) for near, far in pairs)


def _pair(context: Context, model: nodes.Model, this: Side, near: nodes.Reference, far: nodes.Reference) -> bool:
    target = context.types.target(this.field)
    here = context.program.field(model, near.name)
    there = context.program.field(target, far.name) if target else None
    if here is None or there is None:
        return False
    one, two = context.types.of(here.field), context.types.of(there.field)
    if one.optional and not this.field.type.optional:
        message = f'relation "{this.field.name}" is not optional, but field "{near.name}" is optional'
        context.reporter.error(this.field.at, message, f"write {this.field.type.name}?, or make {near.name} required")
        return False
    if (one.name, one.array) != (two.name, two.array):
        message = 'values of "references" and "fields" must have the same type'
        context.reporter.error(near.at, message, f"{near.name} is {one.name}, {far.name} is {two.name}")
        return False
    return True


def _missing(context: Context, model: nodes.Model, this: Side) -> None:
    other = this.field.type.name
    message = (
        f'the relation field "{this.field.name}" on model "{model.name}" is missing an opposite relation field '
        f'on model "{other}"'
    )
    many = model.name[0].lower() + model.name[1:]
    hint = (
        f"add to {other}: {many}s {model.name}[]"
        if not this.list
        else f"add to {other}: {many} {model.name} @relation(…)"
    )
    context.reporter.error(this.field.at, message, hint)


def _ambiguous(context: Context, model: nodes.Model, this: Side, others: list[Side]) -> None:
    if this.field.type.name == model.name:
        return  # partial self-relations: the other fields tell
    names = ", ".join(f'"{each.field.name}"' for each in others)
    message = f'fields {names} on model "{this.field.type.name}" refer to the same relation to model "{model.name}"'
    context.reporter.error(others[0].field.at, message, 'give each relation a name on both sides: @relation("name")')


def _many_to_many(context: Context, model: nodes.Model, this: Side, other: Side) -> None:
    for each in (this, other):
        if each.fields or each.references:
            message = 'implicit many-to-many relation cannot have "fields" or "references" in @relation attribute'
            context.reporter.error(each.field.at, message)
    target = context.types.target(this.field)
    for container in (model, target):
        if isinstance(container, nodes.Model) and not _single_id(context, container):
            hint = "give it one @id field, or declare the join table as a model"
            message = f'implicit many-to-many relation needs a single-field id on model "{container.name}"'
            context.reporter.error(this.field.at, message, hint)


def _single_id(context: Context, model: nodes.Model) -> bool:
    compound = [bound for _, bound in context.bound(model, "@@id")]
    return not compound or len(compound[0].names("fields")) == 1


def _one(context: Context, model: nodes.Model, this: Side, other: Side) -> None:
    report = context.reporter
    if this.owner and (other.fields or other.references):
        message = '"fields" and "references" must be provided only on one side of relation field'
        report.error(other.field.at, message)
    elif not this.owner and not other.owner:
        message = 'field for one side of relation must carry @relation attribute with both "fields" and "references"'
        report.error(this.field.at, message)
    elif this.owner:
        if this.list:
            report.error(this.field.at, "the side of a relation that has the foreign key cannot be a list")
        elif not other.list and not other.field.type.optional:
            report.error(other.field.at, "relation field needs to be list or optional", "nothing refers to it at first")
        elif not other.list:
            _one_to_one(context, model, this)


def _one_to_one(context: Context, model: nodes.Model, this: Side) -> None:
    """The foreign key of a one-to-one relation is unique."""
    groups = [set(bound.names("fields")) for _, bound in context.bound(model, "@@unique", "@@id")]
    for name in this.fields or ():
        owned = context.program.field(model, name)
        if owned is None or applied(owned.field, "@id") or applied(owned.field, "@unique"):
            continue
        if not any(name in group for group in groups):
            message = f'field "{name}" on model "{model.name}" is part of a one-to-one relation and must be marked as '
            hint = f"write @unique after {name}"
            context.reporter.error(
                owned.field.at, f"{message}@unique or be part of a model-level @@unique attribute", hint
            )
