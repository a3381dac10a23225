"""Plans that were made before.

In: requests without a body. Out: their Plan, without parsing or planning where the same was asked before, or the same
but for the values of plain filters. Never: a plan of another catalog: a new catalog begins with a new cache.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote_to_bytes

from ..exchange import Request
from ..query.sql import Statement
from ..recent import Recent
from .plan import Plan

SIZE, ROOM = 1024, 4 * 1024 * 1024
"""At most so many are kept, of so many bytes of what was asked together: headers are as long as clients like."""
LONGEST_QUERY = 2048
METHODS = frozenset(("GET", "HEAD"))
HEADERS = frozenset((b"accept", b"prefer", b"range", b"accept-profile"))
# A filter whose value goes into a parameter as it is; keys that mean something else are left alone.
FILTER = re.compile(rb"([A-Za-z_][A-Za-z0-9_]*)=(eq|gt|gte|lt|lte|neq)\.([^;]*)")
ASKED = "rest.asked"
MARKER = b"gatepostvalue"
RESERVED = frozenset((b"select", b"columns", b"on_conflict", b"order", b"limit", b"offset", b"and", b"or"))

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A plan made with markers in the place of values: `slots` are (parameter, value)."""

    plan: Plan
    slots: tuple[tuple[int, int], ...]

    def filled(self, values: list[bytes]) -> Plan:
        """The plan for these values."""
        main = self.plan.statements[0]
        params = list(main.params)
        for parameter, value in self.slots:
            params[parameter] = values[value]
        statement = Statement(main.text, tuple(params), main.inert)
        canonical = self.plan.canonical
        for number, value in enumerate(values):
            canonical = canonical.replace(marker(number).decode(), quote(value, safe="-_.~"))
        return replace(self.plan, statements=(statement,), canonical=canonical)


class Plans:
    """The cache. `make` parses and plans a request."""

    def __init__(self, make: Callable[[Request], Plan]) -> None:
        self.make = make
        self.exact: Recent[Plan] = Recent(SIZE, ROOM)
        self.templates: Recent[Template] = Recent(SIZE, ROOM)

    def plan(self, request: Request) -> Plan:
        """The plan of a request; a Problem where it cannot be planned (that is not remembered)."""
        if request.method not in METHODS or len(request.query) > LONGEST_QUERY:
            return self.make(request)
        headers: Headers | None = request.kept.get(ASKED)
        if headers is None:
            headers = request.kept[ASKED] = tuple(item for item in request.headers if item[0] in HEADERS)
        key = (request.method, request.raw_path or request.path, request.query, headers)
        found = self.exact.find(key)
        if found is None:
            found = self._similar(request, headers) or self.make(request)
            self.exact.put(key, found, length(request, headers))
        return found

    def _similar(self, request: Request, headers: Headers) -> Plan | None:
        """The plan of a request of the same shape, with this one's values; None where the shape has no template."""
        shape, values = abstracted(request.query)
        if not values:
            return None
        key = (request.method, request.raw_path or request.path, shape, headers)
        template = self.templates.find(key)
        if template is None:
            template = self._template(request, shape, len(values))
            if template is None:
                return None
            self.templates.put(key, template, length(request, headers))
        return template.filled(values)

    def _template(self, request: Request, shape: tuple[bytes, ...], count: int) -> Template | None:
        """A plan with markers; none where a marker is not the whole of exactly one parameter."""
        plan = self.make(replace(request, query=b"&".join(shape)))
        params = plan.statements[0].params
        found = [(params.index(marker(n)), n) for n in range(count) if params.count(marker(n)) == 1]
        if len(found) != count or len(plan.statements) != 1:
            return None
        return Template(plan, tuple(found))


def length(request: Request, headers: Headers) -> int:
    """How much is kept of a request, about."""
    return len(request.raw_path) + len(request.query) + sum(len(value) for _, value in headers)


def marker(number: int) -> bytes:
    """What stands for a value; nothing else in a statement looks like it."""
    return MARKER + b"%03dx" % number


def abstracted(query: bytes) -> tuple[tuple[bytes, ...], list[bytes]]:
    """A query string's pairs with markers for the values of plain filters, and those values, decoded."""
    parts: list[bytes] = []
    values: list[bytes] = []
    keys: set[bytes] = set()
    if MARKER in query:
        return (), []
    for part in query.split(b"&"):
        match = FILTER.fullmatch(part)
        if match is None or match[1] in RESERVED:
            parts.append(part)
            continue
        if match[1] in keys:
            return (), []
        keys.add(match[1])
        parts.append(match[1] + b"=" + match[2] + b"." + marker(len(values)))
        values.append(unquote_to_bytes(match[3].replace(b"+", b" ")))
        if b"\0" in values[-1]:
            return (), []
    return tuple(parts), values
