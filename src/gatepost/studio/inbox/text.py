"""HTML as plain text, for mails that have no text of their own.

In: HTML. Out: its words, with the addresses that links lead to. Never: markup.
"""

import re
from html.parser import HTMLParser

BREAKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "ul", "ol", "table"})
SILENT = frozenset({"style", "script", "head", "title"})


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        if tag == "a":
            self._link = dict(attrs).get("href") or ""
        if tag in BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in SILENT))
        if tag == "a" and self._link:
            self.parts.append(f" ( {self._link} )")
            self._link = ""
        if tag in BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(re.sub(r"\s+", " ", data))


def plain_text(html: str) -> str:
    """The words of `html`, a line for each block; a link is followed by ` ( its address )`."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    lines = (line.strip() for line in "".join(reader.parts).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def snippet(text: str, length: int = 250) -> str:
    """The beginning of a text on one line."""
    return " ".join(text.split())[:length]
