"""Mails to users: what is sent, and through what.

In: a kind of mail, an address, variables under GoTrue's names. Out: one message handed to a sink.
Never: a message with a header that a variable wrote, or a failure that is kept from the flow that needs the mail.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Protocol
from urllib.parse import quote_plus, urljoin

from ...observe import emit
from ...problem import Problem
from ...settings import MailSettings
from ..addresses import EMAIL
from .language import Template, Variables, compile_template
from .wording import WORDINGS

KINDS = tuple(WORDINGS)
"""confirmation invite recovery magic_link email_change reauthentication, and seven notifications."""

ACTIONS = KINDS[:6]
CALLED = {kind: kind.replace("_", " ") + ("" if kind in ACTIONS else " notification") for kind in KINDS}
"""How error messages name a kind."""


class Mailer(Protocol):
    """What flows see. `kind` is one of KINDS; a mail that cannot be handed over raises a Problem 500. `notifications`
    are the kinds that `notify` sends.
    """

    @property
    def notifications(self) -> frozenset[str]: ...

    async def send(self, kind: str, to: str, variables: Mapping[str, object]) -> None: ...

    async def notify(self, kind: str, to: str, variables: Mapping[str, object]) -> None:
        """Tell somebody what has happened to the account, where the project wants that; it never fails a flow."""
        ...


class Undeliverable(Exception):
    """A sink could not hand the message over; the text is for the log and holds no secret."""


class Sink(Protocol):
    """Takes a finished message: an SMTP server, the development inbox. Raises Undeliverable."""

    async def deliver(self, message: EmailMessage) -> None: ...


@dataclass(frozen=True, slots=True)
class Texts:
    """A project's own words for a kind of mail: templates as text, '' for ours. `source` names where the body is."""

    subject: str = ""
    html: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A kind of mail, ready to be filled in. Without `text` the mail is HTML only."""

    subject: Template
    html: Template
    text: Template | None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mails are from. `headers` are sent with each; `$messageType` in a value becomes the kind."""

    address: str = "noreply@localhost"
    name: str = ""
    headers: Mapping[str, Sequence[str]] | None = None


class Nowhere:
    """The sink of a server without SMTP and without an inbox: mails are dropped, as GoTrue does."""

    async def deliver(self, message: EmailMessage) -> None:
        emit("mail.dropped", reason="neither an SMTP server nor the inbox is configured")


class TemplateMailer:
    """Fills in templates and hands the message to a sink.

    `texts` replace our words by kind; all of them are read here, so that a mistake stops the start and not a sign-up.
    `notifications` are the kinds that `notify` sends.
    """

    def __init__(
        self,
        sink: Sink,
        sender: Sender | None = None,
        texts: Mapping[str, Texts] | None = None,
        notifications: Collection[str] = (),
    ) -> None:
        self._sink = sink
        self._notifications = frozenset(notifications)
        self._sender = sender or Sender()
        self._letters = {kind: read_letter(kind, (texts or {}).get(kind, Texts())) for kind in KINDS}

    @property
    def notifications(self) -> frozenset[str]:
        return self._notifications

    async def send(self, kind: str, to: str, variables: Mapping[str, object]) -> None:
        message = compose(kind, self._letters[kind], self._sender, to, variables)
        try:
            await self._sink.deliver(message)
        except Undeliverable as error:
            emit("mail.failed", kind=kind, reason=str(error))
            raise Problem("unexpected_failure", 500, f"Error sending {CALLED[kind]} email") from error
        emit("mail.sent", kind=kind)

    async def notify(self, kind: str, to: str, variables: Mapping[str, object]) -> None:
        if kind in self._notifications and to:
            with suppress(Problem):  # reported where it happened
                await self.send(kind, to, variables)


def read_letter(kind: str, texts: Texts) -> Letter:
    """The templates of one kind; a Problem `invalid_template` names file and line of what is not understood."""
    ours = WORDINGS[kind]
    subject = compile_template(f"subject of {kind}", texts.subject or ours.subject)
    if texts.html:
        return Letter(subject, compile_template(texts.source or kind, texts.html), None)
    return Letter(subject, compile_template(f"{kind}.html", ours.html), compile_template(f"{kind}.txt", ours.text))


def compose(kind: str, letter: Letter, sender: Sender, to: str, variables: Variables) -> EmailMessage:
    """The message; an address that is not exactly one raises 400 `email_address_invalid`."""
    message = EmailMessage()
    message["Subject"] = " ".join(letter.subject.plain(variables).split())
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = _recipient(to)
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.address.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    for name, values in (sender.headers or {}).items():
        for value in values:
            message[name] = value.replace("$messageType", kind)
    _fill(message, letter, variables)
    return message


def _recipient(to: str) -> Address:
    if not EMAIL.fullmatch(to):
        raise Problem("email_address_invalid", 400, "The email address cannot receive mail")
    local, _, domain = to.rpartition("@")
    return Address(username=local, domain=domain)


def _fill(message: EmailMessage, letter: Letter, variables: Variables) -> None:
    html = letter.html.html(variables)
    if letter.text is None:
        message.set_content(html, subtype="html")
    else:
        message.set_content(letter.text.plain(variables))
        message.add_alternative(html, subtype="html")


def link(external_url: str, path: str, token_hash: str, kind: str, redirect_to: str) -> str:
    """The link of a mail: `path` (a configured URL path, or a whole URL) below `external_url`, and what proves it.

    As in GoTrue a path that begins with "/" replaces that of `external_url`, and `redirect_to` is taken as it is
    unless it holds one of `& = #`, in which case it was not encoded yet.
    """
    target = quote_plus(redirect_to) if any(mark in redirect_to for mark in "&=#") else redirect_to
    query = f"token={quote_plus(token_hash)}&type={quote_plus(kind)}&redirect_to={target}"
    base = urljoin(external_url.rstrip("/") + "/", path)
    return f"{base.partition('?')[0]}?{query}"


def configured(settings: MailSettings, root: Path, sink: Sink | None) -> TemplateMailer:
    """The mailer of a project whose folder is `root`; a Problem names a template that is missing or not understood."""
    texts = {kind: _own_texts(settings, root, kind) for kind in KINDS}
    sender = Sender(settings.smtp_admin_email, settings.smtp_sender_name)
    notifications = [kind for kind in KINDS if kind not in ACTIONS and getattr(settings, f"notify_{kind}")]
    return TemplateMailer(Nowhere() if sink is None else sink, sender, texts, notifications)


def _own_texts(settings: MailSettings, root: Path, kind: str) -> Texts:
    subject, file = str(getattr(settings, f"subject_{kind}")), str(getattr(settings, f"template_{kind}"))
    if not file:
        return Texts(subject)
    if file.startswith(("http://", "https://")):
        raise Problem(
            "invalid_setting", 500, f"mail.template_{kind} must be a file, not a URL", None, "Save it as a file"
        )
    try:
        return Texts(subject, (root / file).read_text("utf-8"), file)
    except (OSError, UnicodeDecodeError) as error:
        reason = f"mail.template_{kind}: {file} cannot be read"
        raise Problem("invalid_setting", 500, reason, type(error).__name__) from None
