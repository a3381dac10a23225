"""Operations that are known by name, so that clients send an id; or that alone are executed.

In: a folder of documents, or a JSON file that maps ids to texts. Out: a Persisted, which finds a text by its id or by
its hash. Never: a text learnt from a client.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from gatepost.problem import Problem

SUFFIXES = (".graphql", ".gql")
UNKNOWN = "PersistedQueryNotFound"


class Persisted:
    """Texts by id, and each by the SHA-256 of its text. `only`: nothing else is executed."""

    def __init__(self, texts: Mapping[str, str], only: bool = False) -> None:
        self._texts = {**{_hash(text): text for text in texts.values()}, **texts}
        self._known = frozenset(texts.values())
        self.only = only

    def find(self, document: str | None, id: str | None) -> str | None:
        """The text for what was sent; a Problem where it is not known, or not one of ours where only those may be."""
        if id is not None and (document is None or self.only):
            text = self._texts.get(id)
            if text is None:
                raise Problem("persisted_query_not_found", 400, UNKNOWN)
            return text
        if self.only and document is not None and document not in self._known:
            hint = "Add it to what the setting graphql.persisted_operations names"
            raise Problem("not_persisted", 400, "Only operations that the server knows are executed", None, hint)
        return document


def load(path: Path, only: bool = False) -> Persisted:
    """The operations of a folder (the file's name without its ending is the id) or of a JSON file."""
    try:
        texts = _folder(path) if path.is_dir() else msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        hint = "A folder of .graphql files, or a JSON object of texts by id"
        message = f"graphql.persisted_operations: {path} cannot be read"
        raise Problem("invalid_setting", 500, message, str(error), hint) from None
    return Persisted(texts, only)


def _folder(path: Path) -> dict[str, str]:
    files = sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES)
    return {each.relative_to(path).with_suffix("").as_posix(): each.read_text("utf-8") for each in files}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
