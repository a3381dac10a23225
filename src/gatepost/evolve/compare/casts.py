"""From one type to another: how, and what may be lost on the way.

In: two types as PostgreSQL spells them. Out: a Cast.
Never: a moment moved: timestamps without a zone are in UTC here.
"""

import re
from dataclasses import dataclass

from gatepost.evolve.session import Session

NUMBERS = ("smallint", "integer", "bigint", "numeric")
TEXTS = ("text", "character varying", "character", "citext", "extensions.citext")
CASTABLE = """
select to_regtype(%s)::oid = to_regtype(%s)::oid or exists (
    select from pg_cast where castsource = to_regtype(%s) and casttarget = to_regtype(%s)
)
"""


@dataclass(frozen=True, slots=True)
class Cast:
    """`using` has {} where the column goes; `risk` tells what may happen to values where it is not safe."""

    using: str
    safe: bool
    risk: str = "a value that does not fit stops everything"


def cast_between(session: Session, old: str, new: str) -> Cast:
    """How values of a type become another's."""
    if new == f"{old}[]":
        return Cast(f"CASE WHEN {{0}} IS NOT NULL THEN ARRAY[{{0}}]::{new} END", safe=True)
    if old == f"{new}[]":
        return Cast("({0})[1]", safe=False, risk="only the first of each list stays")
    zones = {_base(old), _base(new)}
    if zones == {"timestamp without time zone", "timestamp with time zone"}:
        return Cast(f"({{0}} AT TIME ZONE 'UTC')::{new}", safe=_precision(new) >= _precision(old))
    bases = (_base(old), _base(new))
    direct = bool({*bases} & {*TEXTS}) or _castable(session, *bases)
    return Cast(f"{{0}}::{new}" if direct else f"{{0}}::text::{new}", keeps(old, new))


def _castable(session: Session, old: str, new: str) -> bool:
    with session.pinned():
        return bool(session.value(CASTABLE, (old, new, old, new)))


def keeps(old: str, new: str) -> bool:
    """Whether the new type holds every value of the old one."""
    one, other = _base(old), _base(new)
    if other in ("text", "citext", "extensions.citext") and not old.endswith("[]"):
        return True
    if one == other or {one, other} <= {"character varying", "character"}:
        return _holds(old, new)
    if {one, other} == {"json", "jsonb"} or (one, other) in {("real", "double precision"), ("date", "timestamp")}:
        return True
    if one in NUMBERS[:3] and other in NUMBERS:
        unbounded = other == "numeric" and (not _sizes(new) or _sizes(new)[0] - (*_sizes(new), 0)[1] >= 19)
        return unbounded or (other != "numeric" and NUMBERS.index(other) >= NUMBERS.index(one))
    return False


def _holds(old: str, new: str) -> bool:
    """The same type with other sizes."""
    before, after = _sizes(old), _sizes(new)
    if not after:
        return True
    if not before:
        return False
    if _base(new) == "numeric":
        scale_before, scale_after = (*before, 0)[1], (*after, 0)[1]
        return scale_after >= scale_before and after[0] - scale_after >= before[0] - scale_before
    return after[0] >= before[0]


def _base(name: str) -> str:
    """Without sizes: `timestamp(3) without time zone` → timestamp without time zone."""
    return re.sub(r"\([\d,-]+\)", "", name)


def _sizes(name: str) -> tuple[int, ...]:
    found = re.search(r"\(([\d,-]+)\)", name)
    return tuple(int(each) for each in found[1].split(",")) if found else ()


def _precision(name: str) -> int:
    return (*_sizes(name), 6)[0]
