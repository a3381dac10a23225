"""Mails: composed from templates, handed to a server or to the inbox, or the flow fails."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gatepost.auth.mail import KINDS, Nowhere, Sender, TemplateMailer, Texts, Undeliverable, configured, link
from gatepost.auth.mail.smtp import SmtpSink
from gatepost.problem import Problem
from gatepost.settings import MailSettings

VARIABLES = {
    "SiteURL": "https://example.org",
    "ConfirmationURL": "https://api.test/auth/v1/verify?token=abc&type=signup&redirect_to=https://example.org",
    "Token": "123456",
    "TokenHash": "abc",
    "Email": "ada@example.org",
    "NewEmail": "new@example.org",
    "OldEmail": "old@example.org",
    "Phone": "4930123",
    "OldPhone": "4930456",
    "Provider": "github",
    "FactorType": "totp",
    "Data": {"name": "Ada"},
}


class Collector:
    """A sink that keeps what it gets."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def deliver(self, message: EmailMessage) -> None:
        self.messages.append(message)


class Broken:
    async def deliver(self, message: EmailMessage) -> None:
        raise Undeliverable("SMTPConnectError")


async def sent(kind: str, to: str = "ada@example.org", variables: dict[str, object] | None = None, **options: object):
    sink = Collector()
    await TemplateMailer(sink, **options).send(kind, to, VARIABLES if variables is None else variables)  # pyright: ignore[reportArgumentType]
    [message] = sink.messages
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_has_words_in_html_and_text(kind: str):
    message = await sent(kind)
    assert message["To"] == "ada@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] and message["Date"]
    for part in (body(message, "html"), body(message, "plain")):
        assert "{{" not in part and "[" not in part.replace("[if", "")
        assert len(part) > 60
    assert "{{" not in message["Subject"]


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("confirmation", "Confirm your email address"),
        ("invite", "You've been invited"),
        ("recovery", "Reset your password"),
        ("magic_link", "Your sign-in link"),
        ("email_change", "Confirm your new email address"),
        ("reauthentication", "123456 is your verification code"),
    ],
)
async def test_subjects_are_gotrues(kind: str, subject: str):
    assert (await sent(kind))["Subject"] == subject


@pytest.mark.parametrize("kind", ["confirmation", "invite", "recovery", "magic_link", "email_change"])
async def test_a_mail_with_a_link_shows_link_and_code_in_both_forms(kind: str):
    message = await sent(kind)
    assert 'href="https://api.test/auth/v1/verify?token=abc&amp;type=signup&amp;' in body(message, "html")
    assert str(VARIABLES["ConfirmationURL"]) in body(message, "plain").splitlines()
    assert "123456" in body(message, "html") and "123456" in body(message, "plain")


async def test_a_project_can_use_its_own_words():
    texts = {"invite": Texts("Hi {{ .Data.name }}", "<p>{{ .Data.name }}: {{ .Token }}</p>", "templates/invite.html")}
    message = await sent("invite", texts=texts)
    assert message["Subject"] == "Hi Ada"
    assert body(message, "html").strip() == "<p>Ada: 123456</p>"
    assert message.get_body(("plain",)) is None


def test_a_mistake_in_a_template_stops_the_start_and_names_file_and_line():
    with pytest.raises(Problem, match=r"templates/invite\.html, line 2: "):
        TemplateMailer(Nowhere(), texts={"invite": Texts(html="a\n{{ if }}", source="templates/invite.html")})


async def test_user_metadata_cannot_become_markup_or_a_header():
    texts = {"invite": Texts("Hi {{ .Data.name }}", "<p>{{ .Data.name }}</p>")}
    hostile: dict[str, object] = {"Data": {"name": "x\r\nBcc: eve@evil.test\r\n\r\n<img src=x onerror=y>"}}
    message = await sent("invite", variables=hostile, texts=texts)
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"]
    assert "<img" not in body(message, "html")
    again = message_from_bytes(message.as_bytes(policy=policy.SMTP), policy=policy.default)
    assert again.keys() == message.keys()


@pytest.mark.parametrize(
    "to",
    ["", "ada", "ada@example.org\r\nBcc: eve@evil.test", "ada@example.org, eve@evil.test", "Ada <ada@example.org>"],
)
async def test_a_mail_goes_to_one_address(to: str):
    sink = Collector()
    with pytest.raises(Problem) as raised:
        await TemplateMailer(sink).send("invite", to, VARIABLES)
    assert raised.value.status == 400
    assert sink.messages == []


async def test_an_unusual_address_that_signed_up_gets_its_mail():
    assert (await sent("invite", "a..b@example.org"))["To"].addresses[0].domain == "example.org"
    assert (await sent("invite", "o'neil+x@example.org"))["To"] == "o'neil+x@example.org"


async def test_the_sender_has_a_name_and_headers_of_its_own():
    sender = Sender("auth@example.org", "Example, Inc.", {"X-Kind": ["$messageType"]})
    message = await sent("recovery", sender=sender)
    assert message["From"].addresses[0].display_name == "Example, Inc."
    assert message["From"].addresses[0].addr_spec == "auth@example.org"
    assert message["X-Kind"] == "recovery"
    assert message["Message-ID"].rstrip(">").endswith("@example.org")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("confirmation", "Error sending confirmation email"),
        ("magic_link", "Error sending magic link email"),
        ("email_change", "Error sending email change email"),
        ("password_changed", "Error sending password changed notification email"),
    ],
)
async def test_a_mail_that_cannot_be_sent_fails_the_flow(kind: str, words: str):
    with pytest.raises(Problem) as raised:
        await TemplateMailer(Broken()).send(kind, "ada@example.org", VARIABLES)
    assert (raised.value.status, raised.value.code, raised.value.message) == (500, "unexpected_failure", words)


async def test_without_server_and_inbox_mails_are_dropped():
    await TemplateMailer(Nowhere()).send("invite", "ada@example.org", VARIABLES)


async def test_notifications_are_sent_where_wanted_and_never_fail_a_flow(tmp_path: Path):
    sink = Collector()
    mailer = configured(MailSettings(notify_password_changed=True), tmp_path, sink)
    await mailer.notify("password_changed", "ada@example.org", VARIABLES)
    await mailer.notify("email_changed", "ada@example.org", VARIABLES)
    await mailer.notify("password_changed", "", VARIABLES)
    assert [message["Subject"] for message in sink.messages] == ["Your password was changed"]
    await TemplateMailer(Broken(), notifications=KINDS).notify("password_changed", "ada@example.org", VARIABLES)


@pytest.mark.parametrize(
    ("external", "path", "result"),
    [
        ("https://api.test/auth/v1", "verify", "https://api.test/auth/v1/verify"),
        ("https://api.test/auth/v1/", "verify", "https://api.test/auth/v1/verify"),
        ("https://api.test/auth/v1", "/verify", "https://api.test/verify"),
        ("https://api.test", "/verify", "https://api.test/verify"),
        ("https://api.test", "https://other.test/auth/v1/verify", "https://other.test/auth/v1/verify"),
    ],
)
def test_links_resolve_like_gotrues(external: str, path: str, result: str):
    assert link(external, path, "pkce_ab", "signup", "https://x.test/") == (
        f"{result}?token=pkce_ab&type=signup&redirect_to=https://x.test/"
    )


def test_a_target_with_a_query_is_encoded_in_a_link():
    assert link("https://a.test", "verify", "t", "invite", "https://x.test/?a=1&b=2#c").endswith(
        "&redirect_to=https%3A%2F%2Fx.test%2F%3Fa%3D1%26b%3D2%23c"
    )


def test_a_projects_templates_are_files_of_its_folder(tmp_path: Path):
    (tmp_path / "invite.html").write_text("a\n{{ if }}")
    settings = MailSettings(template_invite="invite.html")
    with pytest.raises(Problem, match=r"invite\.html, line 2"):
        configured(settings, tmp_path, None)
    with pytest.raises(Problem, match=r"mail\.template_recovery: gone\.html cannot be read"):
        configured(MailSettings(template_recovery="gone.html"), tmp_path, None)
    with pytest.raises(Problem, match="must be a file"):
        configured(MailSettings(template_recovery="https://example.org/x.html"), tmp_path, None)


async def test_settings_become_a_mailer(tmp_path: Path):
    (tmp_path / "invite.html").write_text("<p>{{ .Token }}</p>")
    sink = Collector()
    settings = MailSettings(
        template_invite="./invite.html", subject_invite="Come in", smtp_admin_email="a@b.test", smtp_sender_name="A"
    )
    await configured(settings, tmp_path, sink).send("invite", "ada@example.org", VARIABLES)
    [message] = sink.messages
    assert (message["Subject"], message["From"]) == ("Come in", "A <a@b.test>")
    assert body(message, "html").strip() == "<p>123456</p>"


# -- a real SMTP server --------------------------------------------------------------------------------------------


class Received:
    def __init__(self, reply: str = "250 OK") -> None:
        self.envelopes: list[Envelope] = []
        self.passwords: list[bytes] = []
        self.encrypted: list[bool] = []
        self.reply = reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        return self.reply

    def authenticate(self, *given: object) -> AuthResult:
        data = given[-1]
        assert isinstance(data, LoginPassword)
        self.passwords.append(data.password)
        return AuthResult(success=data.password == b"right")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def smtp(handler: Received, **options: object) -> AsyncIterator[int]:
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), **options)  # pyright: ignore[reportArgumentType]
    await asyncio.to_thread(controller.start)
    try:
        yield controller.port
    finally:
        await asyncio.to_thread(controller.stop)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's context, for a certificate for 127.0.0.1 that the client knows."""
    folder: Path = tmp_path_factory.mktemp("tls")
    write_certificate(folder)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=folder / "cert.pem")


def write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


async def through(sink: SmtpSink) -> None:
    await TemplateMailer(sink, Sender("auth@example.org")).send("invite", "ada@example.org", VARIABLES)


async def test_a_mail_reaches_the_server_whole():
    received = Received()
    async with smtp(received) as port:
        await through(SmtpSink("127.0.0.1", port))
    [envelope] = received.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("auth@example.org", ["ada@example.org"])
    message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
    assert message["Subject"] == "You've been invited"


async def test_starttls_is_used_where_the_server_offers_it(certificate: tuple[ssl.SSLContext, ssl.SSLContext]):
    server, client = certificate
    received = Received()
    async with smtp(received, tls_context=server) as port:
        await through(SmtpSink("127.0.0.1", port, certificates=client))
    assert received.encrypted == [True]


async def test_tls_from_the_first_byte(certificate: tuple[ssl.SSLContext, ssl.SSLContext]):
    server, client = certificate
    received = Received()
    async with smtp(received, ssl_context=server) as port:
        await through(SmtpSink("127.0.0.1", port, security="tls", certificates=client))
    assert len(received.envelopes) == 1


async def test_a_certificate_nobody_vouches_for_is_not_accepted(certificate: tuple[ssl.SSLContext, ssl.SSLContext]):
    received = Received()
    async with smtp(received, tls_context=certificate[0]) as port:
        with pytest.raises(Problem):
            await through(SmtpSink("127.0.0.1", port))
    assert received.envelopes == []


async def test_starttls_that_is_required_but_not_offered_fails():
    received = Received()
    async with smtp(received) as port:
        with pytest.raises(Problem):
            await through(SmtpSink("127.0.0.1", port, security="starttls"))
    assert received.envelopes == []


async def test_a_password_is_shown_to_the_server_over_tls(certificate: tuple[ssl.SSLContext, ssl.SSLContext]):
    server, client = certificate
    received = Received()
    async with smtp(received, tls_context=server, authenticator=received.authenticate, auth_required=True) as port:
        await through(SmtpSink("127.0.0.1", port, "ada", "right", certificates=client))
        with pytest.raises(Problem):
            await through(SmtpSink("127.0.0.1", port, "ada", "wrong", timeout=2, certificates=client))
    assert received.passwords == [b"right", b"wrong"]
    assert len(received.envelopes) == 1


async def test_a_password_never_goes_to_another_machine_in_the_clear(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gatepost.auth.mail.smtp.NEARBY", frozenset[str]())
    received = Received()
    async with smtp(received, authenticator=received.authenticate, auth_require_tls=False) as port:
        with pytest.raises(Problem):
            await through(SmtpSink("127.0.0.1", port, "ada", "right"))
    assert received.passwords == []


async def test_a_server_that_refuses_or_is_not_there_fails_the_flow(caplog: pytest.LogCaptureFixture):
    received = Received("554 no thanks ada@example.org")
    async with smtp(received) as port:
        with pytest.raises(Problem, match="Error sending invite email"):
            await through(SmtpSink("127.0.0.1", port))
    with pytest.raises(Problem, match="Error sending invite email"):
        await through(SmtpSink("127.0.0.1", free_port()))
    assert "554" in caplog.text
    assert "ada@example.org" not in caplog.text


async def test_a_server_that_says_nothing_is_not_waited_for():
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with asyncio.timeout(3):
        with pytest.raises(Problem):
            await through(SmtpSink("127.0.0.1", port, timeout=0.2))
    server.close()
