"""One row as an object.

In: the source of a row, and what is selected of it. Out: one expression. Never: a column that is not asked for: a role
may have no right to it.
"""

from collections.abc import Iterable

from gatepost.query.tree import (
    Both,
    Case,
    Column,
    Compare,
    Condition,
    Either,
    Exists,
    Expression,
    Object,
    Output,
    Read,
    Select,
    State,
)

from ..meaning import AttributeField, FunctionField, NodeIdField, Part, RelationField
from ..registry.model import Ref, Relation
from .context import Alias, Context, Direct, Joined, Source
from .functions import function
from .ordering import node_id
from .output import NULL, shown, typename
from .selection import Field
from .sets import RowSet, Where, rows


def row(context: Context, source: Source, fields: Iterable[Field]) -> Expression:
    """An object of the fields."""
    return Object(tuple((field.key, member(context, source, field)) for field in fields))


def member(context: Context, source: Source, field: Field) -> Expression:
    """One field of a row."""
    match field.meaning:
        case AttributeField(attribute):
            return shown(context, attribute.codec, source.column(attribute.name), field)
        case RelationField(relation, None):
            return related(context, source, field, relation)
        case RelationField(relation, many) if many:
            found = RowSet(relation.target.id, relation.target.codec, relation.target, tied(context, source, relation))
            return rows(context, field, found, many)
        case FunctionField() as means:
            return function(context, field, means, source)
        case NodeIdField(resource):
            return node_id(context, resource, source)
        case Part.QUERY:
            return context.root(context, field.below())
        case _:
            return typename(field) or NULL


def related(context: Context, source: Source, field: Field, relation: Relation | Ref) -> Expression:
    """The one row that a relation leads to."""
    along = joined(context, source, relation)
    if along is not None:
        absent = State(along.column(along.key), "null")
        return Case(((absent, NULL),), context.row(context, along, field.below()))
    alias = context.alias()
    target = relation.target
    where = tied(context, source, relation)(alias)
    value = context.row(context, Direct(alias, target.codec), field.below())
    limit = 1 if isinstance(relation, Ref) else None
    return Select(Read(target.id, alias, (Output(value),), where=where, limit=limit))


def joined(context: Context, source: Source, relation: Relation | Ref) -> Joined | None:
    """The row that a relation leads to, as one that is read along with those of the source's page; None where it is not
    sure to be one, or that is not worth it.
    """
    if isinstance(relation, Ref) or not isinstance(source, Alias | Joined):
        return None
    page = source.page if isinstance(source, Joined) else source
    columns = [theirs for _, theirs in relation.pairs]
    if page.beside is None or not context.known.keeps_unique(relation.target, columns):
        return None
    own = Alias(context.alias(), relation.target.codec)
    where = tuple(Compare(own.inner(theirs), "equal", source.inner(mine)) for mine, theirs in relation.pairs)
    found = Joined(page, own, relation.target.id, where, columns[0])
    page.beside.append(found)
    return found


def tied(context: Context, source: Source, relation: Relation | Ref) -> Where:
    """That rows of the target belong to the source's row."""
    if isinstance(relation, Ref):
        return lambda alias: reached(context, source, relation, alias)
    pairs = [(source.column(mine), theirs) for mine, theirs in relation.pairs]
    return lambda alias: tuple(Compare(Column(theirs, alias), "equal", mine) for mine, theirs in pairs)


def reached(context: Context, source: Source, ref: Ref, alias: str) -> tuple[Condition, ...]:
    """That a row of the target can be reached by one of a ref's ways; each step is an EXISTS, so none comes twice."""
    ways = tuple(way(context, source, path, Direct(alias, ref.target.codec)) for path in ref.paths)
    return ways if len(ways) == 1 else (Either(ways),)


def way(context: Context, source: Source, path: tuple[Relation, ...], target: Source) -> Condition:
    """The steps of one way, from the source's row to the target's."""
    first, *rest = path
    if not rest:
        return Both(tuple(Compare(target.column(theirs), "equal", source.column(mine)) for mine, theirs in first.pairs))
    alias = context.alias()
    between = Direct(alias, first.target.codec)
    tests = tuple(Compare(Column(theirs, alias), "equal", source.column(mine)) for mine, theirs in first.pairs)
    further = way(context, between, tuple(rest), target)
    return Exists(Read(first.target.id, alias, (), where=(*tests, further)))
