"""Writers: where a template's output goes, and how a value becomes harmless there.

In: the template's own text, and values in between. Out: the whole. Never: markup, an attribute or an address made of
a value: in HTML it is escaped, in an address percent-encoded, and an address it begins must be of the web.
"""

import html
import re
from urllib.parse import quote

ADDRESS = re.compile(r"""\s(?:href|src|action|background|poster|cite)\s*=\s*(?:"([^"]*)|'([^']*))$""", re.IGNORECASE)
SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
HARMLESS = frozenset({"http", "https", "mailto", "tel"})
SCRIPTS = frozenset({"javascript", "vbscript", "data", "file", "blob"})
RESERVED = "!#$%&'()*+,/:;=?@[]~"


class Plain:
    """Plain text: values as they are."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def text(self, text: str) -> None:
        self._parts.append(text)

    def value(self, value: str) -> None:
        self._parts.append(value)

    def done(self) -> str:
        return "".join(self._parts)


class Html(Plain):
    """HTML: it keeps track of whether the next value stands inside an attribute that holds an address."""

    def __init__(self) -> None:
        super().__init__()
        self._tag = ""

    def text(self, text: str) -> None:
        super().text(text)
        opened = text.rfind("<")
        self._tag = text[opened:] if opened >= 0 else self._tag + text

    def value(self, value: str) -> None:
        found = ADDRESS.search(self._tag)
        written = html.escape(value if found is None else _address(found[1] or found[2] or "", value))
        self._tag += written
        super().value(written)


def _address(before: str, value: str) -> str:
    """`value` as the next part of an address that so far is `before`: as a whole, in its path, or in its query."""
    if "?" in before or "#" in before:
        return quote(value, safe="")
    if not before.strip():
        scheme = SCHEME.match(value)
        if scheme and scheme[1].lower() in SCRIPTS:
            return "#"
    return quote(value, safe=RESERVED)
