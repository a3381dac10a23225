"""Files of a folder, by the path of a request.

In: a path, percent-decoded. Out: the file's bytes and what HTTP says of them, or nothing.
Never: what lies outside of the folder (`..`, a symlink that leads out), what is hidden, or what is no plain file.
"""

from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

TEXT = "; charset=utf-8"
KINDS = {
    ".html": "text/html" + TEXT,
    ".css": "text/css" + TEXT,
    ".js": "text/javascript" + TEXT,
    ".mjs": "text/javascript" + TEXT,
    ".json": "application/json" + TEXT,
    ".map": "application/json" + TEXT,
    ".webmanifest": "application/manifest+json" + TEXT,
    ".txt": "text/plain" + TEXT,
    ".xml": "text/xml" + TEXT,
    ".svg": "image/svg+xml" + TEXT,
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".woff": "font/woff",
    ".wasm": "application/wasm",
    ".pdf": "application/pdf",
}
UNKNOWN = "application/octet-stream"
KEPT = 256


@dataclass(frozen=True, slots=True)
class File:
    """A file's bytes, its content type, and what tells one version from another. `seconds` is when it changed."""

    body: bytes
    kind: bytes
    tag: bytes
    seconds: int

    @property
    def modified(self) -> bytes:
        return formatdate(self.seconds, usegmt=True).encode()

    def is_known(self, tags: str | None, since: str | None) -> bool:
        """Whether a client that says so has this version; where it names tags, its date does not count (RFC 9110)."""
        if tags is not None:
            known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
            return "*" in known or self.tag.decode() in known
        if since is None:
            return False
        try:
            return self.seconds <= parsedate_to_datetime(since).timestamp()
        except (ValueError, TypeError, OverflowError):
            return False


@dataclass(frozen=True, slots=True)
class Files:
    """The files below `folder`."""

    folder: Path

    def find(self, path: str) -> File | None:
        """The file at `path`, which begins with `/`; None where there is none that may be seen."""
        parts = path.split("/")[1:]
        if not parts or not all(map(_is_name, parts)):
            return None
        try:
            root = self.folder.resolve()
            found = root.joinpath(*parts).resolve()
            if not found.is_relative_to(root) or not found.is_file():
                return None
            told = found.stat()
            return _read(found, told.st_mtime_ns, told.st_size)
        except (OSError, ValueError):  # too long a name, a byte that no name has, a file that went away
            return None


def _is_name(part: str) -> bool:
    return part != "" and not part.startswith(".") and "\\" not in part and part.isprintable()


@lru_cache(KEPT)
def _read(path: Path, changed: int, size: int) -> File:
    """Kept until the file changes, which its time and size tell."""
    body = path.read_bytes()
    kind = KINDS.get(path.suffix.lower(), UNKNOWN)
    return File(body, kind.encode(), f'"{sha256(body).hexdigest()[:32]}"'.encode(), changed // 1_000_000_000)
