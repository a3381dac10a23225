"""`having`: conditions about groups.

In: what a call says of the groups it wants. Out: a Where about grouped fields and aggregates.
Never: a field that is neither in `by` nor aggregated.
"""

from collections.abc import Mapping
from typing import Any

from gatepost.orm.arguments.conditions.kinds import check_kinds
from gatepost.orm.arguments.conditions.scalars import scalar_filter
from gatepost.orm.arguments.conditions.where import LOGICAL, combined, every, of_scalar
from gatepost.orm.arguments.lexicon import Scalar, Visible, mapping
from gatepost.orm.arguments.order import AGGREGATES
from gatepost.orm.arguments.shapes import AggregateName, Where
from gatepost.orm.arguments.walk import Walk
from gatepost.orm.errors import InvalidInput, Path
from gatepost.zmodel.terms import Type

COUNT_TYPE = Type("Int")
AVERAGE_TYPE = Type("Float")


def having(walk: Walk, visible: Visible, given: object, by: tuple[str, ...], path: Path) -> Where:
    """The condition about each group."""
    parts: list[Where] = []

    def each(item: Any, at: Path) -> Where:
        return having(walk, visible, item, by, at)

    for key, value in mapping(given, path).items():
        if key in LOGICAL:
            parts.append(combined(walk, key, value, (*path, key), each))
        else:
            field = visible.scalar(key, (*path, key))
            if key in visible.filters:
                check_kinds(walk, field, visible.filters[key], value, (*path, key))
            parts += of_field(walk, field, value, by, (*path, key))
    return every(parts)


def of_field(walk: Walk, field: Scalar, given: Any, by: tuple[str, ...], path: Path) -> list[Where]:
    """Conditions about aggregates of a field, and about the field itself where groups are made by it."""
    rest: Any = given
    parts: list[Where] = []
    if isinstance(given, Mapping):
        rest = {key: value for key, value in given.items() if key not in AGGREGATES}  # pyright: ignore[reportUnknownVariableType]
        parts = [
            of_aggregate(walk, field, AGGREGATES[key], value, (*path, key))  # pyright: ignore[reportUnknownArgumentType]
            for key, value in given.items()  # pyright: ignore[reportUnknownVariableType]
            if key in AGGREGATES
        ]
    if parts and rest == {}:
        return parts
    if field.name not in by:
        raise InvalidInput('fields in "having" must be in "by"', path)
    return [*parts, of_scalar(walk, field, rest, path)]


def of_aggregate(walk: Walk, field: Scalar, aggregate: AggregateName, given: object, path: Path) -> Where:
    """A condition about one aggregate, of the aggregate's own type."""
    if aggregate == "_count":
        field = walk.lexicon.number(field.name, COUNT_TYPE)
    elif aggregate == "_avg":
        field = walk.lexicon.number(field.name, AVERAGE_TYPE)
    elif aggregate == "_sum" and field.type.name == "Int":
        field = walk.lexicon.number(field.name, Type("BigInt"))
    return scalar_filter(walk, field, given, path, aggregate)
