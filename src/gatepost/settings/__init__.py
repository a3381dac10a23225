"""Every setting once: its name, default, help, and what other systems call it.

In: a project's `gatepost.toml`, a Supabase project's `config.toml`, the environment. Out: one frozen Settings value,
or a Problem that names the setting, what was given and what is expected.
Never: a secret in a message, or a key that is silently not understood.
"""

from .auth import AuthSettings
from .claims import ClaimsSettings, IdentitySettings, PushSettings, TenancySettings, TrustedIssuer
from .mail import FactorSettings, LimitSettings, MailSettings
from .option import Freshness, Option, Seconds, Section
from .reading import Entry, build, is_table, load, load_file, near, read, table
from .serving import DatabaseSettings, ProjectSettings, ServerSettings
from .surfaces import GraphQLSettings, RestSettings
from .values import (
    HOOK,
    HOOKS,
    OWNED_KEYS,
    believed,
    function_name,
    hook_name,
    hook_uri,
    is_remote,
    owned_keys,
    remote_hooks,
    seconds,
)
from .whole import Settings

__all__ = [
    "HOOK",
    "HOOKS",
    "OWNED_KEYS",
    "AuthSettings",
    "ClaimsSettings",
    "DatabaseSettings",
    "Entry",
    "FactorSettings",
    "Freshness",
    "GraphQLSettings",
    "IdentitySettings",
    "LimitSettings",
    "MailSettings",
    "Option",
    "ProjectSettings",
    "PushSettings",
    "RestSettings",
    "Seconds",
    "Section",
    "ServerSettings",
    "Settings",
    "TenancySettings",
    "TrustedIssuer",
    "believed",
    "build",
    "function_name",
    "hook_name",
    "hook_uri",
    "is_remote",
    "is_table",
    "load",
    "load_file",
    "near",
    "owned_keys",
    "read",
    "remote_hooks",
    "seconds",
    "table",
]
