"""Mailpit's JSON API over the inbox: the part that test suites use.

In: a request below `/api/v1`. Out: Mailpit's shapes. Never: a mail changed by reading a list.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from email import policy
from email.parser import BytesHeaderParser
from typing import Any
from urllib.parse import parse_qs

import msgspec

from ...exchange import Request, Response
from ...problem import Problem
from .search import search
from .store import Address, Inbox, Mail
from .text import snippet

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"
PAGE = 50
Parameters = Mapping[str, str]


class Selection(msgspec.Struct, rename={"read": "Read", "ids": "IDs", "search": "Search"}):
    """The body of what changes mails: none named means all."""

    read: bool = False
    ids: list[str] | None = None
    search: str = ""


def answer(inbox: Inbox, request: Request) -> Response:
    """The answer to a request whose path is below `/api/v1`; an unknown path is a 404."""
    parts = request.path.removeprefix("/api/v1/").rstrip("/").split("/")
    handler = HANDLERS.get((request.method, parts[0], len(parts)))
    if handler is None:
        raise Problem("not_found", 404, f"There is no {request.method} {request.path} here")
    return handler(inbox, request, parts)


def parameters(request: Request) -> Parameters:
    query = parse_qs(request.query.decode("latin-1"), keep_blank_values=True)
    return {name: values[-1] for name, values in query.items()}


def require(inbox: Inbox, id: str, query: str = "") -> Mail:
    """The mail of that id; `latest` can be the newest that a search finds."""
    mail = next(iter(search(inbox, query)), None) if id == "latest" else inbox.find(id)
    if mail is None:
        raise Problem("not_found", 404, "There is no such message")
    return mail


def reply(body: object, kind: bytes = JSON, status: int = 200) -> Response:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(status, content, [(b"content-type", kind)])


def _list(inbox: Inbox, request: Request, parts: list[str]) -> Response:
    return _page(inbox, list(inbox), parameters(request))


def _search(inbox: Inbox, request: Request, parts: list[str]) -> Response:
    return _page(inbox, search(inbox, _query(request)), parameters(request))


def _page(inbox: Inbox, found: list[Mail], given: Parameters) -> Response:
    start, limit = _number(given, "start", 0), _number(given, "limit", PAGE)
    page = found[start : start + limit]
    return reply(
        {
            "total": len(inbox),
            "unread": _unread(inbox),
            "count": len(page),
            "messages_count": len(found),
            "messages_unread": _unread(found),
            "start": start,
            "tags": [],
            "messages": [summary(mail) for mail in page],
        }
    )


def _read(inbox: Inbox, request: Request, parts: list[str]) -> Response:
    mail = require(inbox, parts[1], parameters(request).get("query", ""))
    if not mail.read:
        inbox.mark([mail.id], read=True)
    return reply(whole(mail))


def _part(inbox: Inbox, request: Request, parts: list[str]) -> Response:
    mail = require(inbox, parts[1], parameters(request).get("query", ""))
    if parts[2] == "raw":
        return reply(mail.raw, TEXT)
    if parts[2] == "headers":
        return reply(headers(mail))
    raise Problem("not_found", 404, "There is no such part")


def _mark(inbox: Inbox, request: Request, parts: list[str]) -> Response:
    selection = _selection(request)
    inbox.mark(_chosen(inbox, selection), selection.read)
    return reply(b"ok", TEXT)


def _delete(inbox: Inbox, request: Request, parts: list[str]) -> Response:
    inbox.delete(_chosen(inbox, _selection(request)))
    return reply(b"ok", TEXT)


def _delete_found(inbox: Inbox, request: Request, parts: list[str]) -> Response:
    inbox.delete([mail.id for mail in search(inbox, _query(request))])
    return reply(b"ok", TEXT)


def _info(inbox: Inbox, request: Request, parts: list[str]) -> Response:
    return reply({"Version": "gatepost", "Messages": len(inbox), "Unread": _unread(inbox), "Tags": {}})


Handler = Callable[[Inbox, Request, list[str]], Response]
HANDLERS: Mapping[tuple[str, str, int], Handler] = {
    ("GET", "info", 1): _info,
    ("GET", "messages", 1): _list,
    ("PUT", "messages", 1): _mark,
    ("DELETE", "messages", 1): _delete,
    ("GET", "search", 1): _search,
    ("DELETE", "search", 1): _delete_found,
    ("GET", "message", 2): _read,
    ("GET", "message", 3): _part,
}
"""By method, first part of the path, and how many parts it has."""


def summary(mail: Mail) -> dict[str, Any]:
    """A mail as lists show it."""
    return {
        "ID": mail.id,
        "MessageID": mail.message_id,
        "Read": mail.read,
        **_people(mail),
        "Subject": mail.subject,
        "Created": _time(mail.created),
        "Username": "",
        "Tags": [],
        "Size": len(mail.raw),
        "Attachments": mail.attachments,
        "Snippet": snippet(mail.text),
    }


def whole(mail: Mail) -> dict[str, Any]:
    """A mail with its bodies."""
    return {
        "ID": mail.id,
        "MessageID": mail.message_id,
        **_people(mail),
        "ReturnPath": mail.senders[0].address if mail.senders else "",
        "Subject": mail.subject,
        "ListUnsubscribe": {"Header": "", "Links": [], "Errors": "", "HeaderPost": ""},
        "Date": _time(mail.created),
        "Tags": [],
        "Username": "",
        "Text": mail.text,
        "HTML": mail.html,
        "Size": len(mail.raw),
        "Inline": [],
        "Attachments": [],
    }


def headers(mail: Mail) -> dict[str, list[str]]:
    """The headers of a mail, each with its values."""
    collected: dict[str, list[str]] = {}
    for name, value in BytesHeaderParser(policy=policy.default).parsebytes(mail.raw).items():
        collected.setdefault(name, []).append(str(value))
    return collected


def _people(mail: Mail) -> dict[str, Any]:
    return {
        "From": _addresses(mail.senders)[0] if mail.senders else {"Name": "", "Address": ""},
        "To": _addresses(mail.to),
        "Cc": _addresses(mail.cc),
        "Bcc": _addresses(mail.bcc),
        "ReplyTo": _addresses(mail.reply_to),
    }


def _addresses(addresses: tuple[Address, ...]) -> list[dict[str, str]]:
    return [{"Name": address.name, "Address": address.address} for address in addresses]


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unread(mails: Iterable[Mail]) -> int:
    return sum(not mail.read for mail in mails)


def _number(given: Parameters, name: str, default: int) -> int:
    text = given.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def _query(request: Request) -> str:
    query = parameters(request).get("query", "").strip()
    if not query:
        raise Problem("bad_request", 400, "Error: no search query")
    return query


def _selection(request: Request) -> Selection:
    if not request.body.strip():
        return Selection()
    try:
        return msgspec.json.decode(request.body, type=Selection)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Problem("bad_request", 400, f"The body is not understood: {error}") from None


def _chosen(inbox: Inbox, selection: Selection) -> list[str]:
    if selection.ids and selection.search:
        raise Problem("bad_request", 400, "Either IDs or a search, not both")
    if selection.ids:
        return selection.ids
    return [mail.id for mail in (search(inbox, selection.search) if selection.search else inbox)]
