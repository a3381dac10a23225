"""Our own SQL files: which there are, in what order they run, and as whom.

In: a profile's name. Out: Scripts and a fingerprint that changes whenever one of them does.
Never: a value put into their text; they read what varies from settings named `gatepost.…`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Profile = Literal["gatepost", "supabase"]

FOLDER = Path(__file__).parents[2] / "sql"
EXTENSIONS = FOLDER / "extensions"
AUTH = "supabase_auth_admin"


@dataclass(frozen=True, slots=True)
class Script:
    """One file; `role` is whom it runs as, None for the administrator."""

    name: str
    role: str | None = None

    @property
    def text(self) -> str:
        return (FOLDER / self.name).read_text("utf-8")


GRANTS = Script("auth/grants.sql", AUTH)
DOOR = Script("door.sql")
"""Who may call what of the door; like the grants, not for an auth surface that runs alone."""
CONFIGURED = Script("private/configured.sql")
FIRST = (Script("roles.sql"), Script("schemas.sql"))
THEN = (
    Script("auth/tables.sql", AUTH),
    Script("auth/federation.sql", AUTH),
    Script("auth/functions.sql", AUTH),
    Script("private/installation.sql"),
    Script("private/tables.sql", AUTH),
    Script("private/sessions.sql", AUTH),
    Script("private/factors.sql", AUTH),
    Script("private/claims.sql", AUTH),
    Script("private/current.sql", AUTH),
    Script("private/enter.sql", AUTH),
    GRANTS,
    DOOR,
)
PROFILES: dict[Profile, tuple[Script, ...]] = {
    "gatepost": (Script("profiles/gatepost.sql"),),
    "supabase": (Script("profiles/supabase.sql"),),
}
OWNED = Script("profiles/supabase_owner.sql")


def standins() -> list[Script]:
    """Empty schemas for Supabase projects; `standins.py` runs them."""
    return [Script(f"standins/{path.name}") for path in sorted((FOLDER / "standins").glob("*.sql"))]


def migrations() -> list[Script]:
    """What brings an older database up to date, oldest first."""
    return [Script(f"migrations/{path.name}", AUTH) for path in sorted((FOLDER / "migrations").glob("*.sql"))]


def fingerprint(profile: Profile, schemas: Sequence[str] = ("public",)) -> str:
    """Changes when a file, their order, the profile or the exposed schemas do: then a database needs installing."""
    digest = hashlib.sha256("\0".join([profile, *schemas]).encode())
    for script in (*FIRST, *migrations(), *THEN, *PROFILES[profile], *standins(), OWNED, CONFIGURED):
        digest.update(f"\0{script.name}\0{script.role}\0".encode() + script.text.encode())
    return digest.hexdigest()
