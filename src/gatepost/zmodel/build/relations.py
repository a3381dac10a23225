"""Relations resolved: both sides, actions, join tables.

In: a relation field in a checked program. Out: its Relation; all join tables.
Never: a guess: the check has made sure that there is one other side.
"""

from collections.abc import Mapping
from typing import Literal, cast

from gatepost.zmodel import nodes
from gatepost.zmodel.build.constants import database_name
from gatepost.zmodel.build.keys import identity
from gatepost.zmodel.check.context import Context
from gatepost.zmodel.check.relations import Side, opposites, side
from gatepost.zmodel.link import Owned, applied
from gatepost.zmodel.schema import Action, JoinTable, Model, Relation, Through
from gatepost.zmodel.terms import EnumValue

RelationKind = Literal["one-to-one", "one-to-many", "many-to-one", "many-to-many"]


def build_relation(context: Context, model: nodes.Model, owned: Owned) -> Relation | None:
    """The relation of a field; one inherited from a delegate is that of the base."""
    holder = owned.base or model
    this = side(context, holder, owned)
    target = context.types.target(owned.field)
    if not isinstance(target, nodes.Model):
        return None
    others = opposites(context, holder, this)
    if not others:
        return _alone(context, holder, this, target)
    other = _other(this, others)
    if this.list and other.list:
        return _many(context, holder, target, this, other)
    owner = this if this.owner else other
    fields, references = owner.fields or (), owner.references or ()
    if owner is other:
        fields, references = references, fields
    table = holder if this.owner else target
    return Relation(
        model=target.name,
        kind=_kind(this, other),
        owner=this.owner,
        fields=fields,
        references=references,
        opposite=other.field.name,
        name=this.name,
        on_delete=_on_delete(context, table, owner),
        on_update=_action(owner, "onUpdate") or "Cascade",
        map=owner.bound.text("map") if owner.bound else None,
    )


def _other(this: Side, others: list[Side]) -> Side:
    """Of several (a self-relation of three fields), one that has what this one lacks."""
    return next((each for each in others if each.owner != this.owner), others[0])


def _alone(context: Context, holder: nodes.Model, this: Side, target: nodes.Model) -> Relation | None:
    """A field without another side: it is ignored, or refers to an ignored model."""
    if not this.owner:
        return None
    kind: RelationKind = "many-to-one"
    return Relation(
        target.name,
        kind,
        True,
        this.fields or (),
        this.references or (),
        None,
        this.name,
        _on_delete(context, holder, this),
        _action(this, "onUpdate") or "Cascade",
    )


def _kind(this: Side, other: Side) -> RelationKind:
    if this.list:
        return "one-to-many"
    return "many-to-one" if other.list else "one-to-one"


def _action(owner: Side, name: str) -> Action | None:
    value = owner.bound.values.get(name) if owner.bound else None
    return cast(Action, value.name) if isinstance(value, EnumValue) else None


def _on_delete(context: Context, table: nodes.Model, owner: Side) -> Action:
    """What is written; else SetNull where the foreign key may be null, Restrict where it may not."""
    fields = [context.program.field(table, name) for name in owner.fields or ()]
    optional = any(each.field.type.optional for each in fields if each is not None)
    return _action(owner, "onDelete") or ("SetNull" if optional else "Restrict")


def _many(context: Context, holder: nodes.Model, target: nodes.Model, this: Side, other: Side) -> Relation:
    first = _is_first(holder.name, target.name, this.field.name, other.field.name)
    names = sorted((holder.name, target.name))
    through = Through(
        f"_{this.name or 'To'.join(names)}",
        database_name(applied(holder if first else target, "@@schema")),
        "A" if first else "B",
        "B" if first else "A",
    )
    fields, references = identity(context, holder), identity(context, target)
    return Relation(
        target.name,
        "many-to-many",
        False,
        fields,
        references,
        other.field.name,
        this.name,
        "Cascade",
        "Cascade",
        None,
        through,
    )


def _is_first(model: str, other: str, field: str, opposite: str) -> bool:
    """Column A belongs to the model whose name sorts first; in a self-relation to the field that does."""
    return (model, field) < (other, opposite) if model == other else model < other


def join_tables(models: Mapping[str, Model]) -> tuple[JoinTable, ...]:
    """The tables of all implicit many-to-many relations, by name."""
    found: dict[tuple[str | None, str], JoinTable] = {}
    for model in models.values():
        for field in model.fields.values():
            relation = field.relation
            if relation is None or relation.through is None or field.inherited is not None:
                continue
            through = relation.through
            here, there = (model.name, relation.fields[0]), (relation.model, relation.references[0])
            a, b = (here, there) if through.column == "A" else (there, here)
            found[through.schema, through.table] = JoinTable(through.table, through.schema, a, b)
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[0] or "", key[1])))
