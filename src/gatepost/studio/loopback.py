"""Who may see pages for developers: a person at this machine, in a page of our own.

In: a request. Out: nothing, or the reason to refuse it. Never: trust in a name that somebody else's DNS chose, or in
a request that another site's page made.
"""

from ..exchange import Request, is_loopback, is_own_name

FORWARDING = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")
ELSEWHERE = frozenset({"cross-site", "same-site"})


def objection(request: Request) -> str | None:
    """Why this request is refused, or None.

    The peer must be on this machine and not a proxy for somebody else; the Host must be a name of this machine (a
    site that rebinds its name to 127.0.0.1 still sends its own); an Origin must be the same as the Host.
    """
    if not is_loopback(request.client) or any(request.header(name) is not None for name in FORWARDING):
        return "This page is for the machine that runs the server"
    host = request.header(b"host") or ""
    if not is_own_name(host):
        return f"Open this page under http://localhost, not under {host[:100] or 'no name'}"
    if not _from_own_page(request, host):
        return "Another site asked for this page"
    return None


def _from_own_page(request: Request, host: str) -> bool:
    origin = request.header(b"origin")
    if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
        return False
    # Following a link to the page is a visit; anything else that another site starts is not.
    visits = request.method == "GET" and request.header(b"sec-fetch-mode") == "navigate"
    return visits or request.header(b"sec-fetch-site") not in ELSEWHERE
