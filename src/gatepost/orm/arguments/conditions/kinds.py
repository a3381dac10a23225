"""Kinds of filters that a client was opened without.

In: a field's filter, and the kinds that the field has. Out: nothing, or InvalidInput with the filter's path.
Never: a word about values; those are checked where the filter is read.
"""

from collections.abc import Mapping
from typing import Any

from gatepost.orm.arguments.lexicon import Related, Scalar
from gatepost.orm.arguments.walk import SPELLINGS, Walk
from gatepost.orm.errors import InvalidInput, Path
from gatepost.orm.slicing import KINDS

WITHIN = frozenset(("not", "is", "isNot", "some", "every", "none", "_count", "_avg", "_sum", "_min", "_max"))
"""What holds a filter of the same field."""


def check_kinds(walk: Walk, field: Scalar | Related, open: frozenset[str], given: Any, path: Path) -> None:
    """InvalidInput for a filter whose kind the field does not have."""
    if not open or (isinstance(field, Related) and "Relation" not in open):
        raise InvalidInput("this client has no filter of the field", path)
    if isinstance(field, Related):
        return
    if not isinstance(given, Mapping):
        if "Equality" not in open:
            raise InvalidInput("this client does not compare the field with a value", path)
        return
    typed = field.kind == "shape"
    members = walk.lexicon.members(field.type.name) if typed else ()
    for key, value in given.items():  # pyright: ignore[reportUnknownVariableType]
        name: str = SPELLINGS.get(key, key)  # pyright: ignore[reportUnknownArgumentType]
        kind = None if name in members else KINDS.get(name)
        if kind is not None and kind not in open and not (typed and kind == "Relation"):
            raise InvalidInput(f'this client has no filter "{key}" of the field, which is of the kind {kind}', path)
        if name in WITHIN and name not in members and isinstance(value, Mapping):
            check_kinds(walk, field, open, value, (*path, name))
