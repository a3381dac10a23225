"""A Supabase project's `config.toml`, in our settings' words.

In: the parsed file and the variables its `env(NAME)` refer to. Out: settings by their key, the seeds, and notes on
every key that has no effect here.
Never: a refusal because of a section we do not serve; such a file is normal, the note is the answer.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gatepost.problem import Problem
from gatepost.settings import Entry, read, table

from . import contents, third_party
from .contents import Contents

# Supabase's command line lays these under every project's file; only those that differ from our own defaults matter.
DEFAULTS: Mapping[str, object] = {
    "api.schemas": ["public", "graphql_public"],
    "api.extra_search_path": ["public", "extensions"],
    "api.max_rows": 1000,
    "auth.enable_refresh_token_rotation": True,
    "auth.refresh_token_reuse_interval": 10,
    "auth.email.enable_confirmations": False,
    "auth.email.max_frequency": "1s",
    "auth.email.otp_expiry": 3600,
    "auth.email.otp_length": 6,
    "auth.rate_limit.email_sent": 360000,
    "auth.sms.max_frequency": "5s",
    "auth.mfa.totp.enroll_enabled": False,
    "auth.mfa.totp.verify_enabled": False,
}

CHARACTERS = {
    "": "",
    "letters_digits": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:0123456789",
    "lower_upper_letters_digits": "abcdefghijklmnopqrstuvwxyz:ABCDEFGHIJKLMNOPQRSTUVWXYZ:0123456789",
    "lower_upper_letters_digits_symbols": "abcdefghijklmnopqrstuvwxyz:ABCDEFGHIJKLMNOPQRSTUVWXYZ:0123456789"
    ":!@#$%^&*()_+-=[]{};'\\\\:\"|<>?,./`~",
}


def _not(value: object) -> object:
    return not value


def _characters(value: object) -> object:
    return CHARACTERS.get(str(value), value)


# config.toml's key → the variable of GoTrue or PostgREST that says the same, and how its value turns into that one's.
VARIABLES: Mapping[str, str | tuple[str, Callable[[object], object]]] = {
    "api.extra_search_path": "PGRST_DB_EXTRA_SEARCH_PATH",
    "api.max_rows": "PGRST_DB_MAX_ROWS",
    "api.schemas": "PGRST_DB_SCHEMAS",
    "auth.additional_redirect_urls": "GOTRUE_URI_ALLOW_LIST",
    "auth.email.double_confirm_changes": "GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED",
    "auth.email.enable_confirmations": ("GOTRUE_MAILER_AUTOCONFIRM", _not),
    "auth.email.enable_signup": "GOTRUE_EXTERNAL_EMAIL_ENABLED",
    "auth.email.max_frequency": "GOTRUE_SMTP_MAX_FREQUENCY",
    "auth.email.otp_expiry": "GOTRUE_MAILER_OTP_EXP",
    "auth.email.otp_length": "GOTRUE_MAILER_OTP_LENGTH",
    "auth.email.secure_password_change": "GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION",
    "auth.email.smtp.admin_email": "GOTRUE_SMTP_ADMIN_EMAIL",
    "auth.email.smtp.host": "GOTRUE_SMTP_HOST",
    "auth.email.smtp.pass": "GOTRUE_SMTP_PASS",
    "auth.email.smtp.port": "GOTRUE_SMTP_PORT",
    "auth.email.smtp.sender_name": "GOTRUE_SMTP_SENDER_NAME",
    "auth.email.smtp.user": "GOTRUE_SMTP_USER",
    "auth.enable_anonymous_sign_ins": "GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED",
    "auth.enable_manual_linking": "GOTRUE_SECURITY_MANUAL_LINKING_ENABLED",
    "auth.enable_refresh_token_rotation": "GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED",
    "auth.enable_signup": ("GOTRUE_DISABLE_SIGNUP", _not),
    "auth.jwt_expiry": "GOTRUE_JWT_EXP",
    "auth.jwt_issuer": "GOTRUE_JWT_ISSUER",
    "auth.jwt_secret": "GOTRUE_JWT_SECRET",
    "auth.mfa.max_enrolled_factors": "GOTRUE_MFA_MAX_ENROLLED_FACTORS",
    "auth.mfa.phone.enroll_enabled": "GOTRUE_MFA_PHONE_ENROLL_ENABLED",
    "auth.mfa.phone.verify_enabled": "GOTRUE_MFA_PHONE_VERIFY_ENABLED",
    "auth.mfa.totp.enroll_enabled": "GOTRUE_MFA_TOTP_ENROLL_ENABLED",
    "auth.mfa.totp.verify_enabled": "GOTRUE_MFA_TOTP_VERIFY_ENABLED",
    "auth.mfa.web_authn.enroll_enabled": "GOTRUE_MFA_WEB_AUTHN_ENROLL_ENABLED",
    "auth.mfa.web_authn.verify_enabled": "GOTRUE_MFA_WEB_AUTHN_VERIFY_ENABLED",
    "auth.minimum_password_length": "GOTRUE_PASSWORD_MIN_LENGTH",
    "auth.password_requirements": ("GOTRUE_PASSWORD_REQUIRED_CHARACTERS", _characters),
    "auth.rate_limit.anonymous_users": "GOTRUE_RATE_LIMIT_ANONYMOUS_USERS",
    "auth.rate_limit.email_sent": "GOTRUE_RATE_LIMIT_EMAIL_SENT",
    "auth.rate_limit.sign_in_sign_ups": "GOTRUE_RATE_LIMIT_OTP",
    "auth.rate_limit.sms_sent": "GOTRUE_RATE_LIMIT_SMS_SENT",
    "auth.rate_limit.token_refresh": "GOTRUE_RATE_LIMIT_TOKEN_REFRESH",
    "auth.rate_limit.token_verifications": "GOTRUE_RATE_LIMIT_VERIFY",
    "auth.refresh_token_reuse_interval": "GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL",
    "auth.sessions.inactivity_timeout": "GOTRUE_SESSIONS_INACTIVITY_TIMEOUT",
    "auth.sessions.timebox": "GOTRUE_SESSIONS_TIMEBOX",
    "auth.signing_keys_path": "GOTRUE_JWT_KEYS",
    "auth.site_url": "GOTRUE_SITE_URL",
    "auth.sms.max_frequency": "GOTRUE_SMS_MAX_FREQUENCY",
    "auth.sms.enable_confirmations": ("GOTRUE_SMS_AUTOCONFIRM", _not),
    "auth.sms.enable_signup": "GOTRUE_EXTERNAL_PHONE_ENABLED",
}

# Sections that are tables by name: the part in braces becomes part of the variable.
PATTERNS = (
    (re.compile(r"auth\.hook\.([a-z_]+)\.(enabled|uri|secrets)"), "GOTRUE_HOOK_{0}_{1}"),
    (re.compile(r"auth\.email\.template\.([a-z_]+)\.subject"), "GOTRUE_MAILER_SUBJECTS_{0}"),
    (re.compile(r"auth\.email\.template\.([a-z_]+)\.content_path"), "GOTRUE_MAILER_TEMPLATES_{0}"),
    (re.compile(r"auth\.external\.([a-z_]+)\.([a-z_]+)"), "GOTRUE_EXTERNAL_{0}_{1}"),
)

# Keys that are read elsewhere, or describe Supabase's own containers: nothing to say about them.
SILENT = re.compile(
    r"project_id|api\.enabled|auth\.enabled|auth\.rate_limit\.web3"
    r"|db\.(shadow_port|major_version|health_timeout|seed\..*|migrations\.(enabled|schema_paths))"
    r"|(studio|inbucket|local_smtp|analytics|edge_runtime|experimental|db\.pooler|db\.network_restrictions|api\.tls)\..*"
    r"|auth\.email\.smtp\.enabled|remotes\..*"
)
UNSERVED = (
    "storage", "realtime", "functions", "auth.sms", "auth.external", "auth.web3", "auth.captcha",
    "auth.oauth_server", "auth.hook", "auth.mfa.phone", "auth.email.notification",
)  # fmt: skip
# Sections of every new project's file that ask for something only where one of these is true.
ASKING = {"auth.sms.": ("enable_signup",), "auth.mfa.phone.": ("enroll_enabled", "verify_enabled")}
SIGNING_KEYS = "auth.signing_keys_path"
REFERENCE = re.compile(r"env\(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Translation:
    """`values` by our settings' keys, in their types; `seeds` as patterns relative to the `supabase` folder."""

    name: str
    values: Mapping[str, object]
    seeds: tuple[str, ...]
    contents: Contents
    notes: tuple[str, ...]


def translate(tree: Mapping[str, object], variables: Mapping[str, str], root: Path) -> Translation:
    """The whole file. `root` is the folder that holds `supabase/`: paths in the file are relative to either."""
    notes: list[str] = []
    given = dict(_resolved(_leaves(tree), variables, notes))
    notes += _without_missing_keys(given, root)
    known = {name: entry for entry in table() for name in entry.option.env}
    direct = {entry.option.toml: entry for entry in table() if entry.option.toml}
    values: dict[str, object] = {}
    lost: list[str] = []
    for path, value in {**DEFAULTS, **given}.items():
        found = _setting(path, value, direct, known)
        if found is not None:
            values[found[0].key] = read(found[0], _located(path, found[1], root), f"supabase/config.toml, {path}")
        elif path in given and path not in third_party.KEYS and not contents.taken(path):
            lost.append(path)
    _drop_disabled(given, values, known)
    notes += _without_remote_hooks(values)
    issuers = third_party.issuers(given, notes)
    if issuers:
        values["identity.issuers"] = issuers
    rows = contents.contents(tree, given, notes)
    notes += _unheard(lost, given)
    return Translation(str(given.get("project_id", "")), values, _seeds(given), rows, tuple(notes))


def _setting(
    path: str, value: object, direct: Mapping[str, Entry], known: Mapping[str, Entry]
) -> tuple[Entry, object] | None:
    if path in direct:
        return direct[path], value
    variable, convert = _variable(path)
    entry = known.get(variable)
    return None if entry is None else (entry, convert(value))


def _variable(path: str) -> tuple[str, Callable[[object], object]]:
    found = VARIABLES.get(path)
    if isinstance(found, tuple):
        return found
    if found is not None:
        return found, _same
    for pattern, name in PATTERNS:
        match = pattern.fullmatch(path)
        if match is not None:
            return name.format(*(part.upper() for part in match.groups())), _same
    return "", _same


def _same(value: object) -> object:
    return value


def _located(path: str, value: object, root: Path) -> object:
    """A `content_path` as a file that can be opened: older projects count from the root, newer from `supabase/`. Of
    signing keys, what their file says.
    """
    if path == SIGNING_KEYS:
        return _signing_keys(root / "supabase" / str(value)) if value else ""
    if not path.endswith(".content_path"):
        return value
    relative = str(value)
    return next((str(base / relative) for base in (root, root / "supabase") if (base / relative).is_file()), relative)


def _without_missing_keys(given: dict[str, object], root: Path) -> list[str]:
    """Signing keys are kept out of repositories: a fresh copy of a project has none."""
    file = root / "supabase" / str(given.get(SIGNING_KEYS) or "")
    if not given.get(SIGNING_KEYS) or file.exists():
        return []
    del given[SIGNING_KEYS]
    return [f"config.toml, {SIGNING_KEYS}: there is no {file.name}; tokens are signed as if it were not named"]


def _signing_keys(file: Path) -> str:
    try:
        return file.read_text()
    except OSError as error:
        message = f"supabase/config.toml, {SIGNING_KEYS}: {file} cannot be read"
        hint = "Put the keys there (supabase gen signing-key makes one), or leave the line away"
        raise Problem("no_signing_keys", 500, message, error.strerror, hint) from None


def _drop_disabled(given: Mapping[str, object], values: dict[str, object], known: Mapping[str, Entry]) -> None:
    """A server for mail that is filled in but switched off is the same as none: the inbox takes the mail."""
    if given.get("auth.email.smtp.enabled", True) is False:
        for name, entry in known.items():
            if name.startswith("GOTRUE_SMTP_") and name != "GOTRUE_SMTP_MAX_FREQUENCY":
                values.pop(entry.key, None)


HOOK = re.compile(r"auth\.hook_(\w+)_uri")
REMOTE_HOOK = re.compile(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/]")


def _without_remote_hooks(values: dict[str, object]) -> list[str]:
    """Hooks on servers that this one cannot speak to safely are off: over http:// elsewhere, or without secrets."""
    notes: list[str] = []
    for name in [found[1] for key in values if (found := HOOK.fullmatch(key))]:
        enabled, uri = f"auth.hook_{name}_enabled", str(values[f"auth.hook_{name}_uri"])
        signed = values.get(f"auth.hook_{name}_secrets")
        asked = uri.startswith("pg-functions:") or (signed and REMOTE_HOOK.match(uri))
        if values.get(enabled) and not asked:
            values[enabled] = False
            notes.append(
                f"config.toml, [auth.hook.{name}] is off: functions in the database are asked, and with secrets "
                f"https:// addresses, not {uri!r}"
            )
    return notes


def _leaves(tree: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")  # pyright: ignore[reportUnknownArgumentType]
        else:
            yield prefix + name, value


def _resolved(
    leaves: Iterator[tuple[str, object]], variables: Mapping[str, str], notes: list[str]
) -> Iterator[tuple[str, object]]:
    """Values with `env(NAME)` replaced; a name that is not set leaves the key at its default, and says so."""
    for path, value in leaves:
        single = not isinstance(value, list)
        items: list[object] = [value] if single else value  # pyright: ignore[reportUnknownVariableType]
        found = [_filled(item, variables) for item in items]
        missing = sorted({name for name, _ in found if name})
        if missing and SILENT.fullmatch(path) is None and not _switched_off(path):
            consequence = "the default counts" if single and not contents.taken(path) else "it is left out"
            notes.append(f"config.toml, {path}: the variable {', '.join(missing)} is not set; {consequence}")
        known = [item for name, item in found if not name]
        if known or not missing:
            yield path, known[0] if single else known


def _filled(value: object, variables: Mapping[str, str]) -> tuple[str, object]:
    """A value with its `env(NAME)` replaced; before it the name, where there is no such variable."""
    match = REFERENCE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return "", value
    return ("", variables[match[1]]) if match[1] in variables else (match[1], value)


def _switched_off(path: str) -> bool:
    return any(path.startswith(section + ".") for section in UNSERVED)


def _unheard(lost: list[str], given: Mapping[str, object]) -> list[str]:
    """One sentence for each section that is not served, and one for each other key that has no effect."""
    notes: list[str] = []
    for section in UNSERVED:
        keys = [path for path in lost if path.startswith(section + ".") and _wanted(path, given)]
        if keys:
            notes.append(f"config.toml, [{section}] is not served yet; without effect: {_short(keys)}")
    for surface in ("api", "auth"):
        if given.get(f"{surface}.enabled") is False:
            notes.append(f"config.toml, {surface}.enabled: not honoured; it is served all the same")
    for path in lost:
        if SILENT.fullmatch(path) is None and not _switched_off(path):
            notes.append(f"config.toml, {path}: not honoured")
    return notes


def _wanted(path: str, given: Mapping[str, object]) -> bool:
    """False for a key whose own section, or one above it, says `enabled = false`: it asks for nothing."""
    for section, switches in ASKING.items():
        if path.startswith(section) and not any(given.get(section + switch, True) for switch in switches):
            return False
    parts = path.split(".")
    return all(given.get(".".join([*parts[:depth], "enabled"])) is not False for depth in range(1, len(parts)))


def _short(keys: list[str]) -> str:
    return ", ".join(keys[:4]) + (f" and {len(keys) - 4} more" if len(keys) > 4 else "")


def _seeds(given: Mapping[str, object]) -> tuple[str, ...]:
    if given.get("db.seed.enabled", True) is False:
        return ()
    paths = given.get("db.seed.sql_paths", ["./seed.sql"])
    return tuple(str(path) for path in paths) if isinstance(paths, list) else (str(paths),)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
