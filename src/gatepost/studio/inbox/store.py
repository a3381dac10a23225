"""The mails of the development inbox.

In: messages as the mailer made them. Out: the newest few hundred of them, newest first.
Never: a mail that leaves this machine, or a file that others can read.
"""

import base64
import os
import secrets
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import BinaryIO

import msgspec

from .text import plain_text

KEPT = 500
LARGEST = 5 * 1024 * 1024
Now = Callable[[], datetime]


class Address(msgspec.Struct, frozen=True):
    name: str
    address: str


class Mail(msgspec.Struct):
    """One mail, taken apart once. `raw` is the source; `created` when it arrived (UTC)."""

    id: str
    raw: bytes
    created: datetime
    message_id: str
    subject: str
    senders: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    text: str
    html: str
    attachments: int = 0
    read: bool = False

    @property
    def everybody(self) -> tuple[Address, ...]:
        return (*self.senders, *self.to, *self.cc, *self.bcc, *self.reply_to)


class Record(msgspec.Struct):
    """A mail as a line of the file; `source` is Base64."""

    id: str
    created: datetime
    read: bool
    source: str


class Inbox:
    """The newest `kept` mails, in memory and, where a `file` is given, there too, so that a restart keeps them."""

    def __init__(self, file: Path | None = None, kept: int = KEPT, now: Now = lambda: datetime.now(UTC)) -> None:
        self._file = file
        self._kept = kept
        self._now = now
        self._mails = {mail.id: mail for mail in _load(file)[-kept:]} if file else {}
        if file and file.exists():
            self._save()  # without the line that a killed server left half-written: the next one would join it

    def __iter__(self) -> Iterator[Mail]:
        """Newest first."""
        return reversed(list(self._mails.values()))

    def __len__(self) -> int:
        return len(self._mails)

    async def deliver(self, message: EmailMessage) -> None:
        """Takes a mail in; what a mailer calls its sink."""
        mail = take_apart(message.as_bytes(policy=policy.SMTP)[:LARGEST], secrets.token_hex(11), self._now())
        self._mails[mail.id] = mail
        if len(self._mails) > self._kept:
            del self._mails[next(iter(self._mails))]
            self._save()
        else:
            self._append(mail)

    def find(self, id: str) -> Mail | None:
        """The mail of that id; `latest` is the newest."""
        return next(iter(self), None) if id == "latest" else self._mails.get(id)

    def mark(self, ids: Collection[str], read: bool) -> None:
        for id in ids:
            if id in self._mails:
                self._mails[id].read = read
        self._save()

    def delete(self, ids: Collection[str]) -> None:
        for id in ids:
            self._mails.pop(id, None)
        self._save()

    def _append(self, mail: Mail) -> None:
        if self._file:
            with _opened(self._file, os.O_APPEND) as stream:
                stream.write(_line(mail))

    def _save(self) -> None:
        if self._file:
            fresh = self._file.with_suffix(".new")
            with _opened(fresh, os.O_TRUNC) as stream:
                stream.writelines(_line(mail) for mail in self._mails.values())
            fresh.replace(self._file)


def take_apart(raw: bytes, id: str, created: datetime, read: bool = False) -> Mail:
    """A source as a Mail; what cannot be read of it is empty."""
    message = BytesParser(policy=policy.default).parsebytes(raw)
    text, html = _body(message, "plain"), _body(message, "html")
    return Mail(
        id=id,
        raw=raw,
        created=created,
        message_id=str(message["Message-ID"] or "").strip("<> "),
        subject=str(message["Subject"] or ""),
        senders=_addresses(message, "From"),
        to=_addresses(message, "To"),
        cc=_addresses(message, "Cc"),
        bcc=_addresses(message, "Bcc"),
        reply_to=_addresses(message, "Reply-To"),
        text=text or plain_text(html),
        html=html,
        attachments=sum(1 for _ in message.iter_attachments()),
        read=read,
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _addresses(message: EmailMessage, header: str) -> tuple[Address, ...]:
    return tuple(
        Address(address.display_name, address.addr_spec)
        for value in message.get_all(header, [])
        for address in getattr(value, "addresses", ())
    )


def _load(file: Path) -> list[Mail]:
    """The mails of a file, eldest first; a line that cannot be read is passed over."""
    lines = file.read_bytes().splitlines() if file.exists() else []
    return [mail for line in lines if (mail := _read(line)) is not None]


def _read(line: bytes) -> Mail | None:
    try:
        record = msgspec.json.decode(line, type=Record)
        return take_apart(base64.b64decode(record.source), record.id, record.created, record.read)
    except ValueError:
        return None


def _line(mail: Mail) -> bytes:
    source = base64.b64encode(mail.raw).decode()
    return msgspec.json.encode(Record(mail.id, mail.created, mail.read, source)) + b"\n"


def _opened(file: Path, how: int) -> BinaryIO:
    """The file for writing, readable by its owner alone: mails hold codes that sign in."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | how, 0o600), "wb")
