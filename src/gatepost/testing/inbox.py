"""Mails that a server under test has sent.

In: the address of a development inbox. Out: Mails as their readers see them. Never: a mail that left this machine.
"""

import re
import time
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx

SECONDS = 5.0
LINK = re.compile(r'href="([^"]+/verify\?[^"]+)"')
CODE = re.compile(r"\b(\d{6,10})\b")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as its reader sees it."""

    subject: str
    html: str
    text: str

    @property
    def code(self) -> str:
        """The code to type; AssertionError where there is none."""
        found = CODE.search(re.sub(r"<[^>]*>", " ", self.html or self.text))
        if found is None:
            raise AssertionError(f"no code in {self.subject!r}")
        return found[1]

    @property
    def link(self) -> str:
        """The link to follow; AssertionError where there is none."""
        found = LINK.search(self.html)
        if found is None:
            raise AssertionError(f"no link in {self.subject!r}")
        return unescape(found[1])


class Inbox:
    """The development inbox, by Mailpit's API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def read(self, address: str, number: int = 1) -> Mail:
        """The `number`th mail to an address, oldest first; waited for, since mail is sent beside the request."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            mails = self.to(address)
            if len(mails) >= number:
                message = httpx.get(f"{self.url}/api/v1/message/{mails[number - 1]['ID']}").json()
                return Mail(message["Subject"], message["HTML"], message["Text"])
            time.sleep(0.02)
        raise AssertionError(f"mail {number} to {address} did not arrive in {SECONDS:g} seconds")

    def to(self, address: str) -> list[dict[str, Any]]:
        """What arrived for an address, oldest first."""
        found = httpx.get(f"{self.url}/api/v1/search", params={"query": f'to:"{address}"'}).json()["messages"]
        return [mail for mail in reversed(found) if any(to["Address"] == address for to in mail["To"])]
