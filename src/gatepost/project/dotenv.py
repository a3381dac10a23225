"""Variables a project keeps in `.env` files.

In: a folder and the process's environment. Out: the two as one mapping, the environment winning.
Never: a change to the process's own environment, or a value in a message.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from gatepost.problem import Problem

FILES = (".env.local", ".env")
LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)")
ESCAPES = {r"\n": "\n", r"\r": "\r", r"\"": '"', r"\\": "\\"}


def environment(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment, filled up from the folder's `.env` files and its parent's; the first source of a name wins."""
    merged = dict(environ)
    for place in (folder, folder.parent) if folder.name == "supabase" else (folder,):
        for name in FILES:
            for key, value in _read(place / name):
                merged.setdefault(key, value)
    return merged


def _read(path: Path) -> Iterator[tuple[str, str]]:
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = LINE.fullmatch(text)
        if match is None:
            raise Problem("invalid_setting", 500, f"{path}, line {number}: expected NAME=value")
        yield match[1], _value(match[2])


def _value(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1]
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\[nr\"\\]", lambda match: ESCAPES[match[0]], text[1:-1])
    return re.split(r"\s+#", text, maxsplit=1)[0].strip()
