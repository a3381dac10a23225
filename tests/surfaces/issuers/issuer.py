"""An OpenID Connect issuer on this machine: real keys, real HTTP, in a thread.

In: what it is told to do. Out: an Issuer, whose tokens and key set are as anybody's. Never: longer than its block.
"""

import json
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

AUDIENCE = "my-api"
CONFIGURATION, KEYS = "/.well-known/openid-configuration", "/keys"


def new_key(kid: str, algorithm: str = "ES256") -> Any:
    """A private key for one of the usual algorithms."""
    named: Any = {"kid": kid, "alg": algorithm, "use": "sig"}
    if algorithm.startswith(("RS", "PS")):
        return RSAKey.generate_key(2048, named)
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519", named)
    return ECKey.generate_key("P-256", named)


class Issuer:
    """`published` are the keys the world may see; `asked` counts what was asked for, by path; `down` makes it answer
    503; `gate`, where it is not set, makes it answer nothing until it is.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.published = [new_key("first")]
        self.asked: list[str] = []
        self.down = False
        self.gate = Event()
        self.gate.set()
        self.headers: dict[str, str] = {}
        self.replies: dict[str, tuple[int, bytes]] = {}

    def claims(self, **claims: Any) -> dict[str, Any]:
        now = int(time.time())
        usual = {"iss": self.url, "aud": AUDIENCE, "sub": "person-1", "iat": now, "nbf": now, "exp": now + 600}
        return {name: value for name, value in {**usual, **claims}.items() if value is not None}

    def token(self, key: Any = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token; members of `header` and claims that are None are left out."""
        key = key or self.published[0]
        named = {"alg": key.as_dict()["alg"], "typ": "JWT", "kid": key.as_dict()["kid"], **(header or {})}
        kept = {name: value for name, value in named.items() if value is not None}
        body = json.dumps(self.claims(**claims)).encode()
        with warnings.catch_warnings(action="ignore"):  # joserfc would have EdDSA called Ed25519
            return jws.serialize_compact(kept, body, key, algorithms=[named["alg"]])

    def rotate(self, kid: str) -> Any:
        """Only a new key is published from now on; the old one, which still can sign."""
        old = self.published[0]
        self.published = [new_key(kid)]
        return old

    def answer(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        self.gate.wait(20)
        if self.down:
            return 503, b"{}"
        if path in self.replies:
            return self.replies[path]
        if path == CONFIGURATION:
            return 200, json.dumps({"issuer": self.url, "jwks_uri": self.url + KEYS}).encode()
        if path == KEYS:
            return 200, json.dumps({"keys": [key.as_dict(private=False) for key in self.published]}).encode()
        return 404, b"{}"


@contextmanager
def running() -> Iterator[Issuer]:
    """An issuer that listens on a free port."""
    told: list[Issuer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = told[0].answer(self.path)
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **told[0].headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        told.append(Issuer(f"http://127.0.0.1:{server.server_address[1]}"))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield told[0]
        finally:
            told[0].gate.set()
            server.shutdown()
            thread.join()
