"""`gatepost users`: a project's users, by the API that the project serves.

In: a served project. Out: what the auth surface answered, as a table or JSON.
Never: a way round the auth surface: its rules, hooks and mails hold here as they do for anybody with a secret key.
"""

import http.client
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gatepost import project as projects
from gatepost.cli import terminal
from gatepost.problem import Problem, Unavailable
from gatepost.project import state
from gatepost.project.state import State

PAGE = 50
TIMEOUT = 30


def list_all(folder: Path, *, page: int, as_json: bool) -> None:
    """One page of users, newest first."""
    found = _ask(folder, "GET", f"/admin/users?page={page}&per_page={PAGE}")["users"]
    if as_json:
        terminal.say(json.dumps(found, indent=2))
        return
    terminal.table(("ID", "E-MAIL", "PHONE", "CREATED", "LAST SIGN-IN", "STATE"), [_row(user) for user in found])


def _row(user: Mapping[str, Any]) -> tuple[str, ...]:
    confirmed = user.get("email_confirmed_at") or user.get("phone_confirmed_at")
    kind = "banned" if user.get("banned_until") else "confirmed" if confirmed else "unconfirmed"
    kind = "anonymous" if user.get("is_anonymous") else kind
    times = (str(user.get(name) or "-")[:16].replace("T", " ") for name in ("created_at", "last_sign_in_at"))
    return (user["id"], user.get("email") or "-", user.get("phone") or "-", *times, kind)


def create(email: str, password: str, folder: Path, *, confirmed: bool) -> None:
    """A new user with a password; the id on stdout."""
    body = {"email": email, "password": password, "email_confirm": confirmed}
    terminal.say(_ask(folder, "POST", "/admin/users", body)["id"])


def invite(email: str, folder: Path) -> None:
    """A new user, told by mail; the id on stdout."""
    terminal.say(_ask(folder, "POST", "/invite", {"email": email})["id"])


def delete(user: str, folder: Path) -> None:
    """Delete a user by id or address; a Problem where there is none."""
    id = _id_of(user, folder) if "@" in user else user
    _ask(folder, "DELETE", f"/admin/users/{quote(id, safe='')}", {})
    terminal.step(f"{user} is deleted")


def _id_of(email: str, folder: Path) -> str:
    found = _ask(folder, "GET", f"/admin/users?page=1&per_page=1000&filter={quote(email, safe='')}")["users"]
    match = [user["id"] for user in found if str(user.get("email")).lower() == email.lower()]
    if not match:
        raise Problem("no_user", 500, f"There is no user with the address {email}", None, "gatepost users list")
    return match[0]


def _ask(folder: Path, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    known = _served(folder)
    secret = known.keys.secret
    headers = {"apikey": secret, "Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    host = str(known.overrides["server.host"])
    connection = http.client.HTTPConnection(
        {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host),  # noqa: S104
        int(known.overrides["server.port"]),
        timeout=TIMEOUT,
    )
    try:
        connection.request(method, "/auth/v1" + path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return _understood(answer.status, answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"{known.url} does not answer", str(error)) from None
    finally:
        connection.close()


def _served(folder: Path) -> State:
    _, root = projects.find(folder)
    known = state.read(root / ".gatepost")
    if known is None or not state.served(root / ".gatepost"):
        hint = f"Users are managed through the server: run gatepost dev {folder} beside this"
        raise Problem("answer_no", 500, f"{root} is not served", None, hint)
    return known


def _understood(status: int, body: bytes) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(body) if body else {}
    except ValueError:
        raise Unavailable("The server's answer is not JSON", body[:200].decode("utf-8", "replace")) from None
    if status >= 400:
        message = answer.get("msg") or answer.get("message") or f"The server answered {status}"
        raise Problem("answer_no", status, str(message), str(answer.get("error_code") or answer.get("code") or ""))
    return answer
