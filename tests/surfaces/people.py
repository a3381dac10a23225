"""People who use a served project by plain HTTP."""

from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import httpx
import pyotp

from tests.serving import Served

PASSWORD = "correct horse battery staple"


@dataclass(slots=True)
class Person:
    """Somebody with a session; without a token, nobody."""

    server: Served
    id: str = ""
    email: str = ""
    token: str = ""
    refresh_token: str = ""
    key: str = ""

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """One request with the key and, where there is one, the token."""
        sent = {"apikey": self.key or self.server.publishable, **headers}
        sent |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        # Plain HTTP: without the certificates, whose reading takes longer than the rest.
        return httpx.request(method, self.server.url + path, json=body, headers=sent, timeout=20, verify=False)

    def rows(self, path: str, **headers: str) -> list[dict[str, Any]]:
        """What a read answers; it has to be allowed."""
        answer = self.ask("GET", f"/rest/v1/{path}", **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def write(self, method: str, path: str, body: object, prefer: str = "") -> tuple[int, Any]:
        """Status and body of a write that asks for the rows it wrote."""
        answer = self.ask(method, f"/rest/v1/{path}", body, Prefer=f"return=representation{prefer}")
        return answer.status_code, answer.json()

    def refresh(self) -> None:
        """A new token for the same session."""
        self._keep(self.ask("POST", "/auth/v1/token?grant_type=refresh_token", {"refresh_token": self.refresh_token}))

    def show_second_factor(self) -> None:
        """Enrol an authenticator and raise the session to aal2."""
        factor = self.ask("POST", "/auth/v1/factors", {"factor_type": "totp", "friendly_name": token_hex(4)}).json()
        challenge = self.ask("POST", f"/auth/v1/factors/{factor['id']}/challenge", {}).json()
        proof = {"challenge_id": challenge["id"], "code": pyotp.TOTP(factor["totp"]["secret"]).now()}
        self._keep(self.ask("POST", f"/auth/v1/factors/{factor['id']}/verify", proof))

    def _keep(self, answer: httpx.Response) -> None:
        assert answer.status_code == 200, answer.text
        self.token, self.refresh_token = answer.json()["access_token"], answer.json()["refresh_token"]


def nobody(server: Served) -> Person:
    """A visitor with the publishable key."""
    return Person(server)


def staff(server: Served) -> Person:
    """Whoever holds the secret key."""
    return Person(server, key=server.secret)


def newcomer(server: Served, domain: str = "example.com", app_metadata: dict[str, Any] | None = None) -> Person:
    """Somebody new, with a confirmed address and a session."""
    email = f"person.{token_hex(4)}@{domain}"
    body = {"email": email, "password": PASSWORD, "email_confirm": True, "app_metadata": app_metadata or {}}
    made = staff(server).ask("POST", "/auth/v1/admin/users", body)
    assert made.status_code == 200, made.text
    person = Person(server, made.json()["id"], email)
    grant = {"email": email, "password": PASSWORD}
    person._keep(nobody(server).ask("POST", "/auth/v1/token?grant_type=password", grant))
    return person
