"""Foreign keys and join tables as relation fields, on both sides.

In: models, Facts. Out: relation fields in the models.
Never: a relation to a table that was not read: its foreign key stays as it is.
"""

import re

from gatepost.evolve.compare.facts import Facts, KeyFact, TableName
from gatepost.evolve.introspect.models import JoinFact, PulledModel, PulledRelation, join_tables
from gatepost.evolve.introspect.names import camel, many, one, pascal
from gatepost.evolve.introspect.values import written
from gatepost.evolve.layout import names

ACTIONS = {
    "CASCADE": "Cascade",
    "RESTRICT": "Restrict",
    "NO ACTION": "NoAction",
    "SET NULL": "SetNull",
    "SET DEFAULT": "SetDefault",
}


def add_relations(models: dict[TableName, PulledModel], facts: Facts) -> list[str]:
    """All of them; notes about what is left out."""
    notes: list[str] = []
    for key in facts.foreign_keys:
        owner, target = models.get(key.table), models.get(key.target)
        if owner is not None and target is not None:
            _add(facts, owner, target, key, named=_several(models, facts, key))
        elif owner is not None:
            target_name = ".".join(key.target)
            notes.append(f"{owner.name}: foreign key {key.name} to {target_name} is left out; push does not touch it")
    for join in join_tables(facts):
        if join.a.target in models and join.b.target in models:
            _add_many(models[join.a.target], models[join.b.target], join, _several_joins(facts, join))
    return notes


def _several(models: dict[TableName, PulledModel], facts: Facts, key: KeyFact) -> bool:
    """Whether a relation needs a name: its two models have another, or are one."""
    pair = {key.table, key.target}
    foreign = [each for each in facts.foreign_keys if {each.table, each.target} == pair and each.table in models]
    joins = [each for each in join_tables(facts) if {each.a.target, each.b.target} == pair]
    return len(pair) == 1 or len(foreign) + len(joins) > 1


def _several_joins(facts: Facts, join: JoinFact) -> bool:
    """A join table under the name that two models have by themselves needs no other."""
    first, second = pascal(join.a.target[1]), pascal(join.b.target[1])
    return join.table[1] != f"_{first}To{second}" or first == second


def _add(facts: Facts, owner: PulledModel, target: PulledModel, key: KeyFact, *, named: bool) -> None:
    columns = [owner.fields[column].column for column in key.columns]
    optional = not all(column.required for column in columns)
    single = _unique(facts, key)
    name = f"{owner.name}_{'_'.join(owner.field_names(key.columns))}" if named else ""
    parts = [
        *([written(name)] if name else []),
        f"fields: [{', '.join(owner.field_names(key.columns))}]",
        f"references: [{', '.join(target.field_names(key.targets))}]",
        *_actions(key, optional),
        *_map(key),
    ]
    field = owner.names.give(_owner_name(key, target))
    owner.relations.append(PulledRelation(field, target.name, "?" * optional, f"@relation({', '.join(parts)})"))
    other = _opposite_name(owner, field, single, named)
    suffix = "?" if single else "[]"
    attribute = f"@relation({written(name)})" if name else ""
    target.relations.append(PulledRelation(target.names.give(other), owner.name, suffix, attribute))


def _owner_name(key: KeyFact, target: PulledModel) -> str:
    """`author_id` → author; else after the model."""
    if len(key.columns) == 1:
        stem = re.sub(r"(_id|Id|_fk)$", "", key.columns[0])
        if stem and stem != key.columns[0]:
            return camel(stem)
    return one(target.name)


def _opposite_name(owner: PulledModel, field: str, single: bool, named: bool) -> str:
    """`posts`; where there are several, `postsByReviewer`."""
    plain = one(owner.name) if single else many(owner.name)
    return f"{plain}By{field[:1].upper()}{field[1:]}" if named else plain


def _unique(facts: Facts, key: KeyFact) -> bool:
    """Whether the columns are a key of their table by themselves."""
    primary = facts.primary_keys.get(key.table)
    uniques = [each.columns for each in facts.indexes.get(key.table, {}).values() if each.unique and not each.special]
    wanted = sorted(key.columns)
    return any(sorted(columns) == wanted for columns in [*uniques, *([primary.columns] if primary else [])])


def _actions(key: KeyFact, optional: bool) -> list[str]:
    on_delete, on_update = (ACTIONS[each] for each in key.actions)
    parts: list[str] = []
    if on_delete != ("SetNull" if optional else "Restrict"):
        parts.append(f"onDelete: {on_delete}")
    if on_update != "Cascade":
        parts.append(f"onUpdate: {on_update}")
    return parts


def _map(key: KeyFact) -> list[str]:
    usual = names.foreign_key(key.table[1], key.columns)
    return [] if key.name == usual else [f"map: {written(key.name)}"]


def _add_many(a: PulledModel, b: PulledModel, join: JoinFact, named: bool) -> None:
    """In a relation of a model with itself, the field that sorts first has column A."""
    attribute = f"@relation({written(join.table[1][1:])})" if named else ""
    if a is b:
        stem = many(a.name)
        for side in ("A", "B"):
            a.relations.append(PulledRelation(a.names.give(f"{stem}{side}"), a.name, "[]", attribute))
        return
    a.relations.append(PulledRelation(a.names.give(many(b.name)), b.name, "[]", attribute))
    b.relations.append(PulledRelation(b.names.give(many(a.name)), a.name, "[]", attribute))
