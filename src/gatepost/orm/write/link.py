"""Ties between rows that are there: connect, disconnect, set.

In: a parent's row and its relation field, which rows are meant. Out: foreign keys set to the parent's, or to null;
rows of a join table; what the parent's own foreign key becomes.
Never: a tie that the rules of the side that changes do not give.
"""

from collections.abc import Iterable, Sequence

from gatepost.orm.errors import NotFound
from gatepost.orm.write.rows import change, checks
from gatepost.orm.write.rows.locate import locate, locate_all
from gatepost.orm.write.rows.tables import Filter, Row, equal, every, join_table, linked, table, value_of
from gatepost.orm.write.rows.work import Work
from gatepost.query.sql import Parameter
from gatepost.query.tree import (
    FALSE,
    TRUE,
    Both,
    Column,
    Compare,
    Condition,
    Conflict,
    Delete,
    Either,
    Exists,
    Insert,
    Literal,
    Not,
    Read,
)
from gatepost.zmodel.schema import Field, Model, Relation, Through


class Parent:
    """A row, and one of its relation fields. `own_keys` collects what its own foreign key becomes."""

    def __init__(self, work: Work, model: Model, field: Field, row: Row) -> None:
        if field.relation is None:
            raise TypeError(f"{model.name}.{field.name} is no relation")
        self.work, self.model, self.field, self.row = work, model, field, row
        self.relation: Relation = field.relation
        self.through: Through | None = field.relation.through
        self.child: Model = work.model(field.relation.model)
        self.own_keys: dict[str, Parameter] = {}

    @property
    def is_owner(self) -> bool:
        return self.relation.owner

    def keys_of_child(self) -> dict[str, Parameter]:
        """The child's foreign key, where it has it."""
        if self.is_owner or self.through is not None:
            return {}
        return {theirs: self.row[own] for own, theirs in self._pairs()}

    def needed_of_child(self) -> tuple[str, ...]:
        """What of the child the parent's foreign key will hold."""
        return self.relation.references if self.is_owner else ()

    def _pairs(self) -> Iterable[tuple[str, str]]:
        return zip(self.relation.fields, self.relation.references, strict=True)

    async def take(self, child: Row) -> None:
        """A child that is there: the parent's key points to it, or the join table ties both."""
        if self.is_owner:
            self.own_keys |= {own: child[theirs] for own, theirs in self._pairs()}
        elif self.through is not None:
            await self.take_all([child])

    async def take_all(self, children: list[Row]) -> None:
        """Children of a many-to-many relation."""
        if self.through is not None and children:
            await tie(self.work, self, self.through, children)

    def children(self) -> Filter:
        """The rows at the other end."""
        if self.through is not None:
            return linked(self.work.schema, self.through, self.child, self.row[self.model.ids[0]])
        pairs = [(theirs, self.row[own]) for own, theirs in self._pairs()]
        if any(value is None for _, value in pairs):
            return lambda alias: FALSE
        return _having(self.work, self.child, pairs)


def _having(work: Work, model: Model, pairs: Sequence[tuple[str, Parameter]]) -> Filter:
    """Rows with those values; where a base's table holds one, it is looked up there."""

    def condition(alias: str) -> Condition:
        return Both(
            tuple(Compare(value_of(work.schema, model, name, alias), "equal", Literal(value)) for name, value in pairs)
        )

    return condition


# ------------------------------------------------------------------ connect


async def connect(work: Work, parent: Parent, targets: Sequence[Filter]) -> None:
    """Tie rows to the parent. NotFound where one of them is not there, or not to be touched."""
    if not targets:
        return
    if parent.through is not None:
        await parent.take_all(await _all_of(work, parent.child, targets))
    elif parent.is_owner:
        found = await locate(work, parent.child, targets[0], parent.relation.references)
        if found is None:
            raise NotFound("the related record to connect was not found", parent.child.name)
        await parent.take(found)
    else:
        if not parent.field.type.array:
            await _let_go(work, parent, parent.children())
        await _take_children(work, parent, targets)


async def _take_children(work: Work, parent: Parent, targets: Sequence[Filter]) -> None:
    """Point the children's foreign keys to the parent."""
    changed = await _assign(work, parent.child, any_of(targets), parent.keys_of_child())
    if len(changed) < len(targets):
        raise NotFound("a related record to connect was not found", parent.child.name)


async def _assign(work: Work, model: Model, target: Filter, keys: dict[str, Parameter]) -> list[Row]:
    """Give a foreign key its values, in the table that holds it."""
    return await change.update(work, model, target, {name: Literal(value) for name, value in keys.items()})


async def _all_of(work: Work, model: Model, targets: Sequence[Filter]) -> list[Row]:
    found = await locate_all(work, model, any_of(targets))
    if len(found) != len(targets):
        raise NotFound("a related record was not found", model.name)
    return found


def any_of(targets: Sequence[Filter]) -> Filter:
    """Rows that one of the filters means."""
    return targets[0] if len(targets) == 1 else lambda alias: Either(tuple(each(alias) for each in targets))


# ------------------------------------------------------------------ disconnect, set


async def disconnect(work: Work, parent: Parent, targets: Sequence[Filter] | None) -> None:
    """Untie the rows that are meant (None: whichever), as far as the rules let it."""
    meant = parent.children() if targets is None else every(parent.children(), any_of(targets))
    if targets is not None and not targets:
        return
    if parent.through is not None:
        await untie(work, parent, parent.through, await locate_all(work, parent.child, any_of(targets or [_anything])))
    elif not parent.is_owner:
        await _let_go(work, parent, meant)
    elif targets is None or await locate(work, parent.child, meant) is not None:
        parent.own_keys |= dict.fromkeys(parent.relation.fields)


async def _let_go(work: Work, parent: Parent, target: Filter) -> None:
    """Children without a parent."""
    await _assign(work, parent.child, target, dict.fromkeys(parent.relation.references))


def _anything(alias: str) -> Condition:
    return TRUE


async def set_all(work: Work, parent: Parent, targets: Sequence[Filter]) -> None:
    """Exactly those rows."""
    if parent.through is not None:
        await untie(work, parent, parent.through, None)
        if targets:
            await parent.take_all(await _all_of(work, parent.child, targets))
        return
    others = every(parent.children(), (lambda alias: Not(any_of(targets)(alias))) if targets else None)
    await _let_go(work, parent, others)
    if targets:
        await _take_children(work, parent, targets)


# ------------------------------------------------------------------ join tables


async def tie(work: Work, parent: Parent, through: Through, children: list[Row]) -> None:
    """Rows of the join table; those that are there stay."""
    if work.session.guard == "query":
        await checks.before_link(work, _sides(parent, through, children))
    key, other = parent.row[parent.model.ids[0]], parent.child.ids[0]
    node = Insert(
        join_table(work.schema, through),
        conflict=Conflict(),  # by name they would have to be readable, and with them both ends
        columns=(through.column, through.other_column),
        rows=tuple((Literal(key), Literal(child[other])) for child in children),
    )
    await work.fetch(node)


def _sides(parent: Parent, through: Through, children: list[Row]) -> list[tuple[Model, list[Row]]]:
    """Both ends, A first."""
    sides = [(parent.model, [parent.row]), (parent.child, children)]
    return sides if through.column == "A" else sides[::-1]


async def untie(work: Work, parent: Parent, through: Through, children: list[Row] | None) -> None:
    """Take rows of the join table away (None: all of the parent's) whose both ends are open to update."""
    if children == []:
        return
    name = join_table(work.schema, through)
    key, other = parent.row[parent.model.ids[0]], parent.child.ids[0]
    where = [equal(through.column, name.name, key)]
    if children is not None:
        where.append(Either(tuple(equal(through.other_column, name.name, child[other]) for child in children)))
    where += _open_ends(work, parent, through)
    await work.fetch(Delete(name, where=tuple(where)))


def _open_ends(work: Work, parent: Parent, through: Through) -> list[Condition]:
    """Both ends of a row of the join table may be updated."""
    found: list[Condition] = []
    join = join_table(work.schema, through).name
    for model, column in ((parent.model, through.column), (parent.child, through.other_column)):
        name = table(work.schema, model)
        alias = f"{name.name}_{column}"
        rule = work.rules.permit(model.name, "update", alias)
        if rule != TRUE:
            key = model.fields[model.ids[0]].column or model.ids[0]
            same = Compare(Column(key, alias), "equal", Column(column, join))
            found.append(Exists(Read(name, alias, (), where=(same, rule))))
    return found
