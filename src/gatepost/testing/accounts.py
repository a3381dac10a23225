"""Users of a test's database, made as an administrator makes them, and tokens as a sign-in gives them.

In: the state file of a test's database. Out: users and tokens. Never: a second auth surface: it is the one that is
served, without a server.
"""

import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import bcrypt
import msgspec

from gatepost import app
from gatepost.auth.endpoints import AuthSurface
from gatepost.auth.flows.inside import token_for
from gatepost.database.scope import Database
from gatepost.exchange import Request
from gatepost.identity import Identity, Proof
from gatepost.problem import Problem
from gatepost.project.state import State
from gatepost.settings import Settings

PATH = "/admin/users"


class Accounts:
    """`settings` are the project's, as they would be served."""

    def __init__(self, file: Path) -> None:
        state, project, settings = app.read(file)
        self.state: State = state
        self.settings: Settings = settings
        database = Database({"auth": state.logins["auth"]}, settings.database)
        self._server = app.Server(settings, database, state.keys.jwt_secret, stored_keys=True)
        self._open = False
        self._surface: AuthSurface = app.mount_auth(self._server, "/auth/v1", project)

    async def open(self) -> None:
        """Read the keys that sign, where they are not known yet."""
        if not self._open:
            self._server.database.start()
            await self._server.load_keys()
            self._open = True

    async def close(self) -> None:
        """End its connections."""
        await self._server.database.close()
        self._surface.close()

    async def put(self, email: str, given: Mapping[str, Any]) -> None:
        """Have a user with that address, confirmed, with what is given of `role`, `password` and metadata."""
        await self.open()
        password = {} if "password" in given else {"password_hash": _nobodys()}
        answer = await self._ask("POST", PATH, {"email": email, "email_confirm": True, **password, **given})
        if answer.get("error_code") == "email_exists" or answer.get("code") == "email_exists":
            if not given:
                return
            answer = await self._ask("PUT", f"{PATH}/{await self._id(email)}", given)
        if "id" not in answer:
            raise Problem("no_user", 500, f"{email} cannot be a user: {answer.get('msg') or answer}")

    async def _id(self, email: str) -> str:
        found = await self._ask("GET", PATH, {}, urlencode({"per_page": 1000, "filter": email}).encode())
        return next(user["id"] for user in found["users"] if user["email"] == email.lower())

    async def _ask(self, method: str, path: str, body: Mapping[str, Any], query: bytes = b"") -> dict[str, Any]:
        proof = Proof(bearer=self.state.keys.secret)
        request = Request(method, path, query, body=msgspec.json.encode(body), proof=proof)
        return msgspec.json.decode((await self._surface(request)).body)

    async def token(self, email: str) -> str:
        """What a sign-in of that user would give, but for the session."""
        return await token_for(self._surface.auth, email)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token of these claims."""
        return self._server.tokens.sign(claims)

    def identify(self, token: str) -> Identity:
        """Who a token is."""
        return self._server.tokens.identify(token)


@cache
def _nobodys() -> str:
    """The hash of a password that nobody knows; a costly one would be most of what a user costs."""
    return bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt(4, b"2a")).decode()
