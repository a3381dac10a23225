"""Media types: what the client accepts, in its order, and what it sent.

In: Accept and Content-Type. Out: MediaTypes. Never: a choice among them, which depends on what is asked for.
"""

import re
from functools import lru_cache

from ..ast import ANY_MEDIA, JSON_MEDIA, MediaKind, MediaType, PlanOption

TYPE = re.compile(r"([A-Za-z0-9.*]+)/([A-Za-z0-9.*+-]+)")
PARAMETER = re.compile(r'\s*;\s*([A-Za-z0-9-]+)\s*=\s*(?:"([^"]*)"|([A-Za-z0-9|-]+))')
QUALITY = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?")

BY_NAME = {kind.value: kind for kind in MediaKind if kind not in (MediaKind.PLAN, MediaKind.OTHER)} | {
    "application/vnd.pgrst.object": MediaKind.SINGULAR,
    "application/vnd.pgrst.array": MediaKind.JSON,
    "application/vnd.pgrst.array+json": MediaKind.JSON,
}
STRIPPED = {
    "application/vnd.pgrst.object": MediaKind.SINGULAR_STRIPPED,
    "application/vnd.pgrst.object+json": MediaKind.SINGULAR_STRIPPED,
    "application/vnd.pgrst.array": MediaKind.ARRAY_STRIPPED,
    "application/vnd.pgrst.array+json": MediaKind.ARRAY_STRIPPED,
}
PLAN_OPTIONS: tuple[PlanOption, ...] = ("analyze", "verbose", "settings", "buffers", "wal")


@lru_cache(256)
def accepted(header: str | None) -> tuple[MediaType, ...]:
    """The types of an Accept header, best first: by quality, then by how specific they are, then as sent."""
    if header is None:
        return (ANY_MEDIA,)
    ranges = [weighted(part) for part in header.replace(" ", "").split(",")]
    ranges.sort(key=lambda weighed: weighed[1], reverse=True)
    return tuple(media_type(text) for text, _ in ranges)


def weighted(part: str) -> tuple[str, tuple[float, int]]:
    """A range without its quality, and its weight: quality, then parameters less stars."""
    text, _, rest = part.partition(";q=")
    found = QUALITY.match(rest)
    return text, (float(found[0]) if found else 1.0, text.count(";") - text.count("*"))


def sent(header: str | None) -> MediaType:
    """The type of a body; JSON where nothing is said."""
    return JSON_MEDIA if header is None else media_type(header)


@lru_cache(256)
def media_type(text: str) -> MediaType:
    """A media type with its parameters; anything unknown stays as it was written."""
    found = TYPE.match(text)
    if found is None:
        return MediaType(MediaKind.OTHER, text)
    name = found[0].lower()
    if name in ("application/vnd.pgrst.plan", "application/vnd.pgrst.plan+text", "application/vnd.pgrst.plan+json"):
        return plan(name, parameters(text, found.end()))
    kind = BY_NAME.get(name)
    if name in STRIPPED and parameters(text, found.end()).get("nulls") == "stripped":
        kind = STRIPPED[name]
    return MediaType(MediaKind.OTHER, text) if kind is None else MediaType(kind, kind.value)


def parameters(text: str, position: int) -> dict[str, str]:
    """The parameters from `position` on, up to the first that is none; a later one of the same name wins."""
    found: dict[str, str] = {}
    while parameter := PARAMETER.match(text, position):
        found[parameter[1].lower()] = parameter[3] if parameter[2] is None else parameter[2]
        position = parameter.end()
    return found


def plan(name: str, given: dict[str, str]) -> MediaType:
    """The plan of a query, for a type that is itself none."""
    target = media_type(given["for"]) if "for" in given else JSON_MEDIA
    wanted = given.get("options", "").split("|")
    options: tuple[PlanOption, ...] = tuple(option for option in PLAN_OPTIONS if option in wanted)
    form = "json" if name.endswith("+json") else "text"
    shown = f'application/vnd.pgrst.plan+{form}; for="{target.name}"'
    return MediaType(
        MediaKind.PLAN, shown + (f"; options={'|'.join(options)}" if options else ""), target, form, options
    )
