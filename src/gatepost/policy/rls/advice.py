"""Indexes without which policies are slow.

In: a schema; what its policies, functions and triggers look rows up by. Out: indexes that it does not have, in ZModel.
Never: an index made, or advice about what is indexed already.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from gatepost.catalog import Name
from gatepost.query.tree import Claim, Column, Compare, Condition, Read, Select
from gatepost.zmodel.schema import Model, Schema

from ..names import link_table, table
from ..rules import Rules
from .definitions import Options
from .helpers import ROW
from .objects import Compiler, RuleSet
from .walk import conjuncts, nodes


class Advice(Struct, frozen=True):
    """An index worth having on `field` of `model`."""

    model: str
    field: str

    def __str__(self) -> str:
        return f"{self.model}: the rules look rows up by {self.field}: @@index([{self.field}])"


def advice(schema: Schema, options: Options | None = None, rules: RuleSet | None = None) -> tuple[Advice, ...]:
    """Fields that rules look rows up by and that begin no index; a relation's foreign key most often."""
    options = options or Options()
    compiler = Compiler(schema, rules or Rules(schema, compat=options.compat), options)
    compiler.definitions()
    models = {table(schema, model): model for model in schema.models.values() if not model.view}
    joins = {link_table(schema, join) for join in schema.join_tables}
    found: dict[Advice, None] = {}
    for of, asked in compiler.asked():
        for name, columns in _lookups(of, asked):
            if name in models and name not in joins:
                found.update(dict.fromkeys(_missing(models[name], columns)))
    return tuple(sorted(found, key=lambda each: (each.model, each.field)))


def _missing(model: Model, columns: list[str]) -> Iterator[Advice]:
    """One index is enough; the last column is what was compared with most: what the claims hold."""
    by_column = {field.column: field.name for field in model.fields.values() if field.column}
    fields = [by_column[column] for column in columns if column in by_column]
    first = {key.fields[0] for key in model.keys} | {index.fields[0].name for index in model.indexes if index.fields}
    if fields and first.isdisjoint(fields):
        yield Advice(model.name, fields[-1])


def _lookups(of: Name, asked: object) -> Iterator[tuple[Name, list[str]]]:
    """Tables, and the columns that each look-up compares, what is compared with claims last."""
    for each in nodes(asked):
        match each:
            case Read(source=Name() as source, alias=alias, where=where):
                yield source, _compared(conjuncts(where), alias)
            case Compare(Column(column, alias), "equal", Select(), "any") if alias == ROW:
                yield of, [column]
            case Compare() if alias_of(each) == ROW:
                yield of, _compared((each,), ROW)
            case _:
                pass


def alias_of(condition: Any) -> str | None:
    """Whose column is compared with what the claims hold."""
    sides = (condition.left, condition.right) if condition.operator == "equal" else ()
    columns = [side.of for side in sides if isinstance(side, Column)]
    claimed = any(isinstance(each, Claim) for side in sides for each in nodes(side))
    return columns[0] if len(columns) == 1 and claimed else None


def _compared(conditions: Iterable[Condition], alias: str) -> list[str]:
    ordinary: list[str] = []
    claimed: list[str] = []
    for each in conditions:
        if not isinstance(each, Compare) or each.operator != "equal":
            continue
        own = [side.name for side in (each.left, each.right) if isinstance(side, Column) and side.of == alias]
        if len(own) == 1:
            (claimed if alias_of(each) else ordinary).extend(own)
    return [*ordinary, *claimed]
