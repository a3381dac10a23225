"""Which body the client accepts, and who makes it.

In: the accepted media types, and the project's own handlers. Out: one Offer, or PGRST107.
Never: a type that nothing here can produce.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...catalog import Catalog, MediaHandler, Name
from ...problem import Problem
from ...query.whole import Body, Handler
from ..ast import JSON_MEDIA, MediaKind, MediaType
from ..headers.media import media_type

OCTETS = "application/octet-stream"
SINGULAR = {MediaKind.SINGULAR: False, MediaKind.SINGULAR_STRIPPED: True}
BUILT_IN = {
    MediaKind.ANY: (Body.ARRAY, JSON_MEDIA),
    MediaKind.JSON: (Body.ARRAY, JSON_MEDIA),
    MediaKind.CSV: (Body.CSV, None),
    MediaKind.GEOJSON: (Body.GEOJSON, None),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A body of type `media`. `singular` demands exactly one row; a `binary` body arrives as hexadecimal digits."""

    body: Body
    media: MediaType
    strip_nulls: bool = False
    singular: bool = False
    handler: Handler | None = None
    binary: bool = False


def negotiate(accept: Sequence[MediaType], catalog: Catalog, target: Name, whole: bool, plans: bool) -> Offer:
    """The first accepted type that can be produced. `whole` tells that rows are shown as they are (`select=*`)."""
    for wanted in accept:
        offer = planned(wanted, catalog, target, whole) if plans else None
        if wanted.kind is not MediaKind.PLAN:
            offer = offered(wanted, catalog, target, whole)
        if offer is not None:
            return offer
    names = ", ".join(wanted.name for wanted in accept)
    raise Problem("PGRST107", 406, f"None of these media types are available: {names}")


def planned(wanted: MediaType, catalog: Catalog, target: Name, whole: bool) -> Offer | None:
    """The execution plan of another type's query."""
    if wanted.kind is not MediaKind.PLAN:
        return None
    inner = offered(wanted.plan_for or JSON_MEDIA, catalog, target, whole)
    if inner is None:
        return None
    return replace(inner, media=wanted)


def offered(wanted: MediaType, catalog: Catalog, target: Name, whole: bool) -> Offer | None:
    if wanted.kind in SINGULAR:
        return Offer(Body.FIRST, wanted, strip_nulls=SINGULAR[wanted.kind], singular=True)
    if wanted.kind is MediaKind.ARRAY_STRIPPED:
        return Offer(Body.ARRAY, wanted, strip_nulls=True)
    own = project_handler(wanted, catalog.media_handlers, target, whole)
    if own is not None:
        media = media_type(OCTETS if own.media == "*/*" else own.media)
        handler = Handler(own.function, own.target if own.aggregate else None, each=not own.aggregate)
        return Offer(Body.HANDLER, media, handler=handler, binary=own.binary)
    if wanted.kind not in BUILT_IN:
        return None
    body, media = BUILT_IN[wanted.kind]
    return Offer(body, media or wanted)


def project_handler(
    wanted: MediaType, handlers: Sequence[MediaHandler], target: Name, whole: bool
) -> MediaHandler | None:
    """A handler of the relation for any type, then for this type, then one for every relation."""
    known = {(handler.target, handler.media): handler for handler in handlers}
    name = wanted.name.lower()
    found = (known.get((target, "*/*")) or known.get((target, name))) if whole else None
    return found or known.get((None, name))
