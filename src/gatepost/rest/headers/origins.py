"""Browsers on other origins, where the surface runs without a gateway.

In: requests with an Origin. Out: answers with Access-Control headers, in PostgREST's wording.
Never: a look at who is asking: which origins may read answers is a setting.
"""

from ...exchange import Headers, Request, Response, Surface

EXPOSED = (
    "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, "
    "Range-Unit"
)
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "HEAD")
SAFE_HEADERS = ("Accept", "Accept-Language", "Content-Language")


def cross_origin(surface: Surface, origins: tuple[str, ...] = ()) -> Surface:
    """`surface` for browsers, where it runs without a gateway. No origins listed means any, without credentials."""

    async def answer(request: Request) -> Response:
        origin = request.header(b"origin")
        if origin is None:
            return await surface(request)
        allowed = allowed_origin(origin, origins)
        if allowed is None:
            return await surface(request)
        asked = preflight(request)
        response = await surface(request) if asked is None else asked
        response.headers = [each for each in response.headers if each[0] != b"access-control-allow-origin"] + allowed
        return response

    return answer


def allowed_origin(origin: str, origins: tuple[str, ...]) -> Headers | None:
    """The headers that let an origin read the answer; None where it may not."""
    exposed = (b"access-control-expose-headers", EXPOSED.encode())
    if not origins:
        return [(b"access-control-allow-origin", b"*"), exposed]
    if origin not in origins:
        return None
    allowed = (b"access-control-allow-origin", origin.encode("latin-1"))
    return [allowed, (b"access-control-allow-credentials", b"true"), exposed]


def preflight(request: Request) -> Response | None:
    """The answer to a preflight; None for a request that is none, or that asks for a method nobody has."""
    if request.method != "OPTIONS" or request.header(b"access-control-request-method") not in METHODS:
        return None
    asked = (name.strip() for name in (request.header(b"access-control-request-headers") or "").split(","))
    names = ["Authorization", *(name for name in asked if name), *SAFE_HEADERS]
    headers: Headers = [
        (b"access-control-allow-methods", ", ".join(METHODS).encode()),
        (b"access-control-allow-headers", ", ".join(names).encode("latin-1")),
        (b"access-control-max-age", b"86400"),
    ]
    return Response(200, b"", headers)
