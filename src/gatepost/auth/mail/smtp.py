"""Mails through an SMTP server.

In: a finished message. Out: the server took it, or Undeliverable. Never: a password over a connection that can be
read on the way, or a wait without an end.
"""

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

import aiosmtplib

from ...settings import MailSettings
from . import Undeliverable

Security = Literal["auto", "tls", "starttls", "none"]
NEARBY = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class SmtpSink:
    """One connection a mail.

    `security`: `tls` from the first byte, `starttls` required, `none`; `auto` is `tls` on port 465, elsewhere
    STARTTLS where the server offers it, required when there is a password and the server is not on this machine.
    `timeout` in seconds is for each step. `certificates` replaces the system's authorities.
    """

    host: str
    port: int = 587
    user: str = ""
    password: str = ""
    security: Security = "auto"
    timeout: float = 10.0
    certificates: ssl.SSLContext | None = None

    async def deliver(self, message: EmailMessage) -> None:
        implicit = self.security == "tls" or (self.security == "auto" and self.port == 465)
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.user or None,
                password=self.password or None,
                use_tls=implicit,
                start_tls=False if implicit else self._start_tls(),
                timeout=self.timeout,
                tls_context=self.certificates,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise Undeliverable(_reason(error)) from None

    def _start_tls(self) -> bool | None:
        if self.security == "none":
            return False
        if self.security == "starttls" or (self.password and self.host not in NEARBY):
            return True
        return None


def _reason(error: Exception) -> str:
    """What went wrong, with the server's code but without its words, which may repeat what we sent."""
    code = getattr(error, "code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def configured(settings: MailSettings) -> SmtpSink:
    """The server the settings name."""
    return SmtpSink(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_user,
        settings.smtp_pass,
        settings.smtp_security,
        settings.smtp_timeout,
    )
