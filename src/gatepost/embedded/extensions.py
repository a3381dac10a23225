"""The extra extensions a server finds: our SQL-only ones, and those of its own that an owner may create here.

In: a folder of control files and scripts, the binaries. Out: a folder for `extension_control_path` (PostgreSQL 18).
Never: `trusted` for an extension that reaches files or other servers.
"""

import hashlib
import re
import secrets
import shutil
from pathlib import Path

from .binaries import Binaries

# Harmless to whoever owns a database, yet marked for superusers only.
ALLOWED = (
    "autoinc", "bloom", "earthdistance", "insert_username", "moddatetime", "pg_buffercache", "pg_prewarm",
    "pg_stat_statements", "pgrowlocks", "pgstattuple", "vector",
)  # fmt: skip


def assembled(source: Path | None, binaries: Binaries, cache: Path) -> Path | None:
    """The folder to search (its sub-folder `extension` holds the files), made where it is missing."""
    if source is None or binaries.major < 18:
        return None
    files = {path.name: path.read_text("utf-8") for path in sorted((source / "extension").iterdir())}
    files |= _overlays(binaries.folder / "share" / "extension")
    mark = hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in sorted(files.items())).encode())
    target = cache / f"extensions-{mark.hexdigest()[:16]}"
    if not target.exists():
        _write(files, cache, target)
    return target


def _overlays(installed: Path) -> dict[str, str]:
    """Control files of the server's own extensions with `trusted` added; their scripts stay where they are."""
    found: dict[str, str] = {}
    for name in ALLOWED:
        path = installed / f"{name}.control"
        if path.exists():
            lines = [
                line for line in path.read_text("utf-8").splitlines() if not re.match(r"\s*(trusted|directory)\b", line)
            ]
            found[path.name] = "\n".join([*lines, "trusted = true", f"directory = '{installed}'", ""])
    return found


def _write(files: dict[str, str], cache: Path, target: Path) -> None:
    temporary = cache / f".new-{secrets.token_hex(6)}"
    (temporary / "extension").mkdir(parents=True)
    try:
        for name, text in files.items():
            path = temporary / "extension" / name
            path.write_text(text, "utf-8")
            path.chmod(0o644)
        for folder in (temporary, temporary / "extension"):
            folder.chmod(0o755)
        if not target.exists():
            temporary.rename(target)
    except FileExistsError:  # another start was faster: the same files
        pass
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
