"""What the middleware costs a request: CPU of Starlette with and without it, in one run.

In: nothing. Out: microseconds for each request, by who asks. Never: a database, a network, or the auth server: a token
that was verified before is what most requests bring.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gatepost.frameworks.cookies import session_text, write_item
from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.starlette import AuthMiddleware
from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Tokens

REQUESTS, ROUNDS = 5_000, 7
BAR = 60.0
SECRET = "a secret of at least thirty-two bytes"
Application = Callable[[Any, Any, Any], Awaitable[None]]


async def hello(_: Request) -> Response:
    return Response(b"hello")


def application(server: AuthServer | None) -> Application:
    app = Starlette(routes=[Route("/", hello)])
    if server is not None:
        app.add_middleware(AuthMiddleware, server=server)  # pyright: ignore
    return app


def proofs(server: AuthServer) -> dict[str, list[tuple[bytes, bytes]]]:
    """Headers by who asks."""
    now = int(time.time())
    user = {"id": "9c6d1f2e-0000-4000-8000-000000000001", "email": "ada@example.com", "aud": "authenticated"}
    claims = {"sub": user["id"], "role": "authenticated", "aud": "authenticated", "exp": now + 3600, "iat": now}
    metadata = {"app_metadata": {"provider": "email", "permissions": ["p:app", "p:todo", "p:incidents"]}}
    token = Tokens(KeyRing([from_secret(SECRET, signs=True)])).sign({**claims, **metadata, "session_id": user["id"]})
    session = {"access_token": token, "refresh_token": "r" * 12, "token_type": "bearer", "expires_in": 3600}
    whole = {**session, "expires_at": now + 3600, "user": {**user, **metadata, "identities": [user] * 2}}
    cookies = "; ".join(f"{each.name}={each.value}" for each in write_item([], server.storage_key, session_text(whole)))
    usual = [(b"host", b"localhost"), (b"user-agent", b"Mozilla/5.0"), (b"accept", b"text/html")]
    return {
        "nobody": usual,
        "a bearer": [*usual, (b"authorization", b"Bearer " + token.encode())],
        "cookies": [*usual, (b"cookie", cookies.encode())],
    }


async def spent(app: Application, headers: Iterable[tuple[bytes, bytes]]) -> float:
    """Microseconds of CPU for a request."""
    held, scope = list(headers), {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b""}

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200, message

    started = time.process_time()
    for _ in range(REQUESTS):
        await app({**scope, "headers": held, "scheme": "http", "root_path": "", "state": {}}, receive, send)
    return (time.process_time() - started) / REQUESTS * 1e6


async def main() -> int:
    server = AuthServer("http://127.0.0.1:54321", secret=SECRET)
    bare, guarded = application(None), application(server)
    over = False
    for name, headers in proofs(server).items():
        pairs = [(await spent(bare, headers), await spent(guarded, headers)) for _ in range(ROUNDS)]
        without, within = (min(times) for times in zip(*pairs, strict=True))
        costs = within - without
        over |= costs > BAR
        print(f"{name:<10} without {without:5.1f} µs, with {within:5.1f} µs of CPU a request")
        print(f"{'FAIL' if costs > BAR else 'PASS'} {name}: {costs:.1f} µs <= {BAR:g} µs")
    return over


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
