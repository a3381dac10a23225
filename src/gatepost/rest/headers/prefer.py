"""Prefer headers (RFC 7240) in and Preference-Applied out.

In: the values of all Prefer headers. Out: Preferences. Never: an error: what nobody knows is listed as invalid.
"""

from collections.abc import Iterable
from functools import lru_cache

from ..ast import NO_PREFERENCES, Preferences

TRANSACTION = ("commit", "rollback")
VALUES: dict[str, tuple[str, ...]] = {
    "resolution": ("merge-duplicates", "ignore-duplicates"),
    "return": ("representation", "minimal", "headers-only"),
    "count": ("exact", "planned", "estimated"),
    "missing": ("default", "null"),
    "handling": ("strict", "lenient"),
    "tx": TRANSACTION,
}
MEMBERS = {"return": "returns", "tx": "transaction", "max-affected": "max_affected"}
OPEN = {"timezone", "max-affected"}


def preferences(headers: Iterable[str], transaction_allowed: bool = False) -> Preferences:
    """The first value of each preference; several headers count as one list. `tx` counts only where it is allowed."""
    joined = ",".join(headers)
    return read_preferences(joined, transaction_allowed) if joined else NO_PREFERENCES


@lru_cache(256)
def read_preferences(joined: str, transaction_allowed: bool) -> Preferences:
    found: dict[str, str | int] = {}
    invalid: list[str] = []
    for part in (part.strip() for part in joined.split(",")):
        name, _, value = part.partition("=")
        if value not in VALUES.get(name, ()) and not (name in OPEN and "=" in part):
            invalid.append(part)
        elif name != "tx" or transaction_allowed:
            found.setdefault(MEMBERS.get(name, name), value)
    count = str(found.pop("max_affected", ""))
    if count.isascii() and count.isdigit():
        found["max_affected"] = int(count[:18])
    return Preferences(invalid=tuple(invalid), **found)  # pyright: ignore[reportArgumentType]


def applied(used: Preferences) -> str:
    """Preference-Applied for the preferences that were used, in the order that PostgREST gives them."""
    pairs = (
        ("resolution", used.resolution),
        ("missing", used.missing),
        ("return", used.returns),
        ("count", used.count),
        ("tx", used.transaction),
        ("handling", used.handling),
        ("timezone", used.timezone),
        ("max-affected", used.max_affected if used.handling == "strict" else None),
    )
    return ", ".join(f"{name}={value}" for name, value in pairs if value is not None)
