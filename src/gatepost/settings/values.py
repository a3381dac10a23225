"""What single settings mean: durations, ages, names of functions, hooks.

In: a setting's value. Out: what it stands for, or a Problem or ValueError that says what was expected. Never: a setting
changed.
"""

import re

from ..problem import Problem
from .auth import AuthSettings
from .option import Freshness
from .whole import Settings

DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
OWNED_KEYS = (
    "email", "display_name", "profile_id", "profile_status", "tenant_id", "tenant_name", "resident_id",
    "actual_resident_id", "permissions",
)  # fmt: skip
"""The server's claims by name, as applications written for them read them."""
FRESHNESS = re.compile(r"cached|strict|bounded:(\d+)")
HOOKS = tuple(
    field.removeprefix("hook_").removesuffix("_uri")
    for field in AuthSettings.__struct_fields__
    if field.startswith("hook_") and field.endswith("_uri")
)
"""The auth surface's hooks, by the names of their settings."""
HOOK = re.compile(r"pg-functions://[^/]+/([^/]+)/([^/]+)/?")


def seconds(value: object) -> float:
    """A duration in seconds, from a number or Go's notation (`1h30m`); ValueError where it is neither."""
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip()
    parts = DURATION.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return sum(float(number) * UNITS[unit] for number, unit in parts)
    return float(text)


def believed(freshness: Freshness) -> float | None:
    """How many seconds of a token's life its claims are believed as they are; None: all of it. ValueError otherwise."""
    found = FRESHNESS.fullmatch(freshness)
    if found is None:
        raise ValueError("expected cached, strict, or bounded:N with N seconds")
    return None if freshness == "cached" else float(found[1] or 0)


def function_name(text: str, key: str) -> tuple[str, str] | None:
    """Schema and name of a function, None where there is none; a Problem where it is written otherwise."""
    schema, dot, name = text.partition(".")
    if text and not (dot and schema and name):
        raise Problem("invalid_setting", 500, f"{key}: {text!r} is not written as schema.name")
    return (schema, name) if text else None


def is_remote(uri: str) -> bool:
    """Whether a hook is asked over HTTP."""
    return uri.startswith(("https://", "http://"))


def hook_uri(settings: AuthSettings, name: str) -> str:
    """Where a hook is, '' where it is off."""
    return str(getattr(settings, f"hook_{name}_uri")) if getattr(settings, f"hook_{name}_enabled") else ""


def remote_hooks(settings: AuthSettings) -> dict[str, tuple[str, str]]:
    """The hooks that are on and asked over HTTP: by name, where they are and what signs."""
    places = {name: hook_uri(settings, name) for name in HOOKS}
    return {
        name: (uri, str(getattr(settings, f"hook_{name}_secrets"))) for name, uri in places.items() if is_remote(uri)
    }


def owned_keys(settings: "Settings") -> tuple[str, ...] | None:
    """Keys of user_metadata that only the server's claims have; None where those do not stand there. Without the
    tenancy module it is the application that writes them.
    """
    if settings.tenancy.claims_in != "user_metadata":
        return None
    return OWNED_KEYS if "tenancy" in settings.project.modules else ()


def hook_name(uri: str) -> tuple[str, str]:
    """Schema and name of the claims hook that is a function."""
    found = HOOK.fullmatch(uri)
    if found is None:
        raise Problem("invalid_setting", 500, "The claims hook must be pg-functions://postgres/SCHEMA/FUNCTION")
    return found[1], found[2]
