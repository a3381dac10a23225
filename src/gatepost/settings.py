"""Every setting once: its name, default, help, and what other systems call it.

In: a project's `gatepost.toml`, a Supabase project's `config.toml`, the environment. Out: one frozen Settings value,
or a Problem that names the setting, what was given and what is expected.
Never: a secret in a message, or a key that is silently not understood.
"""

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, get_args, get_origin, get_type_hints

import msgspec

from .problem import Problem

Seconds = NewType("Seconds", float)
"""A duration in seconds; read from a number or from Go's notation (`1h30m`, `10s`, `250ms`)."""

Freshness = NewType("Freshness", str)
"""`cached`, `bounded:N` (seconds) or `strict`."""


@dataclass(frozen=True, slots=True)
class Option:
    """What is known of a setting beside its type and default.

    `help` is one sentence; `env` further environment names, the originals' (`GOTRUE_JWT_EXP`); `toml` its path in a
    Supabase `config.toml`; `secret` keeps its value out of every output.
    """

    help: str
    env: tuple[str, ...] = ()
    toml: str = ""
    secret: bool = False


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of settings; its members are `Annotated[type, Option(…)]` with a default each."""


class ProjectSettings(Section, frozen=True):
    """What a project calls itself and what it loads. A Supabase project says so in its own file."""

    name: Annotated[str, Option("Name shown to people; empty: the folder's name")] = ""
    seeds: Annotated[
        tuple[str, ...], Option("Files or patterns loaded once, after the migrations, into a new database")
    ] = ("seed.sql",)
    modules: Annotated[
        tuple[str, ...], Option("Parts of Gatepost in SQL that its database has before its migrations run: tenancy")
    ] = ()
    pages: Annotated[str, Option("Folder of static files to serve at `/`; empty: none")] = ""


class ServerSettings(Section, frozen=True):
    host: Annotated[str, Option("Address to listen on", env=("GATEPOST_HOST",))] = "127.0.0.1"
    port: Annotated[int, Option("Port to listen on", env=("GATEPOST_PORT", "PORT"), toml="api.port")] = 54321
    workers: Annotated[int, Option("Serving processes")] = 1
    body_limit: Annotated[int, Option("Largest request body in bytes; a larger one is answered 413")] = 50 * 1024 * 1024
    external_url: Annotated[
        str, Option("URL under which clients reach this server; empty: http://HOST:PORT", toml="api.external_url")
    ] = ""
    shutdown_grace: Annotated[Seconds, Option("How long requests in flight may take when the server stops")] = Seconds(
        10
    )
    cors_origins: Annotated[
        tuple[str, ...], Option("Origins a browser may call from; empty: any, without credentials")
    ] = ()


class DatabaseSettings(Section, frozen=True):
    url: Annotated[str, Option("Administrator's URL, for set-up; empty: the embedded PostgreSQL", secret=True)] = ""
    port: Annotated[
        int, Option("Loopback port of the embedded PostgreSQL for people's tools; 0: no port", toml="db.port")
    ] = 54322
    authenticator_url: Annotated[str, Option("Login of API traffic", secret=True)] = ""
    service_url: Annotated[str, Option("Login of identities whose role is service_role", secret=True)] = ""
    auth_url: Annotated[str, Option("Login of the auth surface", secret=True)] = ""
    pool_size: Annotated[int, Option("Exclusive connections for API traffic")] = 12
    lanes: Annotated[int, Option("Shared, pipelined connections for inert reads; 0 turns them off")] = 4
    inert_functions: Annotated[
        tuple[str, ...],
        Option("Functions (schema.name) that change nothing in a session: policies that call them may use lanes"),
    ] = ()
    acquire_timeout: Annotated[Seconds, Option("How long a request may wait for a connection")] = Seconds(10)
    prepared_statements: Annotated[bool, Option("Named prepared statements; off behind an old PgBouncer")] = True
    statement_timeout: Annotated[Seconds, Option("Longest statement of an API request; 0: none")] = Seconds(0)


def _hook(name: str, help: str) -> Option:
    return Option(help, env=(f"GOTRUE_HOOK_{name}_ENABLED",))


def _hook_uri(name: str) -> Option:
    return Option(
        "Where it is: pg-functions://postgres/SCHEMA/FUNCTION, or https://…", env=(f"GOTRUE_HOOK_{name}_URI",)
    )


def _hook_secrets(name: str) -> Option:
    what = "What signs what it is asked over HTTP: v1,whsec_BASE64, several joined by `|`"
    return Option(what, env=(f"GOTRUE_HOOK_{name}_SECRETS",), secret=True)


class AuthSettings(Section, frozen=True):
    """The auth surface. Names follow GoTrue's environment."""

    site_url: Annotated[
        str,
        Option(
            "Where links in mails lead by default; a project with pages of its own leads there unless told otherwise",
            env=("GOTRUE_SITE_URL",),
            toml="auth.site_url",
        ),
    ] = "http://127.0.0.1:3000"
    uri_allow_list: Annotated[
        tuple[str, ...],
        Option("Further URLs links may lead to; `*`, `**` and `?` match", env=("GOTRUE_URI_ALLOW_LIST",)),
    ] = ()
    external_url: Annotated[
        str,
        Option(
            "URL of the auth surface as clients reach it; links in mails begin with it. Empty: the server's own",
            env=("API_EXTERNAL_URL",),
        ),
    ] = ""
    jwt_secret: Annotated[
        str,
        Option("Secret of HS256 tokens and legacy keys; empty: one is made", env=("GOTRUE_JWT_SECRET",), secret=True),
    ] = ""
    jwt_keys: Annotated[
        str,
        Option("Private keys as a JSON list of JWKs, instead of the database's", env=("GOTRUE_JWT_KEYS",), secret=True),
    ] = ""
    jwt_exp: Annotated[Seconds, Option("Life of an access token", env=("GOTRUE_JWT_EXP",))] = Seconds(3600)
    jwt_aud: Annotated[str, Option("Audience of new users and tokens", env=("GOTRUE_JWT_AUD",))] = "authenticated"
    jwt_issuer: Annotated[str, Option("Claim `iss` of tokens; empty: none", env=("GOTRUE_JWT_ISSUER",))] = ""
    jwt_default_group_name: Annotated[
        str, Option("Database role of new users", env=("GOTRUE_JWT_DEFAULT_GROUP_NAME",))
    ] = "authenticated"
    jwt_admin_roles: Annotated[
        tuple[str, ...], Option("Roles that may call the admin endpoints", env=("GOTRUE_JWT_ADMIN_ROLES",))
    ] = ("service_role", "supabase_admin")
    disable_signup: Annotated[bool, Option("Nobody can sign up", env=("GOTRUE_DISABLE_SIGNUP",))] = False
    external_email_enabled: Annotated[
        bool, Option("Sign up and in with an e-mail address", env=("GOTRUE_EXTERNAL_EMAIL_ENABLED",))
    ] = True
    external_email_magic_link_enabled: Annotated[
        bool, Option("Sign in with a link or code by mail", env=("GOTRUE_EXTERNAL_EMAIL_MAGIC_LINK_ENABLED",))
    ] = True
    external_phone_enabled: Annotated[
        bool, Option("Sign up and in with a phone number and a password", env=("GOTRUE_EXTERNAL_PHONE_ENABLED",))
    ] = False
    external_anonymous_users_enabled: Annotated[
        bool, Option("Sign in without an address", env=("GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED",))
    ] = False
    mailer_autoconfirm: Annotated[
        bool, Option("An address counts as confirmed at sign-up", env=("GOTRUE_MAILER_AUTOCONFIRM",))
    ] = False
    mailer_secure_email_change_enabled: Annotated[
        bool,
        Option("A new address is confirmed from the old one too", env=("GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED",)),
    ] = True
    mailer_otp_exp: Annotated[Seconds, Option("Life of links and codes in mails", env=("GOTRUE_MAILER_OTP_EXP",))] = (
        Seconds(3600)
    )
    mailer_otp_length: Annotated[int, Option("Digits of a code: 6 to 10", env=("GOTRUE_MAILER_OTP_LENGTH",))] = 6
    mailer_urlpaths_invite: Annotated[
        str, Option("Path or URL that an invitation links to", env=("GOTRUE_MAILER_URLPATHS_INVITE",))
    ] = "verify"
    mailer_urlpaths_confirmation: Annotated[
        str, Option("Path or URL that a confirmation links to", env=("GOTRUE_MAILER_URLPATHS_CONFIRMATION",))
    ] = "verify"
    mailer_urlpaths_recovery: Annotated[
        str, Option("Path or URL that a recovery or magic link leads to", env=("GOTRUE_MAILER_URLPATHS_RECOVERY",))
    ] = "verify"
    mailer_urlpaths_email_change: Annotated[
        str, Option("Path or URL that a change of address links to", env=("GOTRUE_MAILER_URLPATHS_EMAIL_CHANGE",))
    ] = "verify"
    otp_max_attempts: Annotated[int, Option("Wrong guesses after which a code no longer works; its link does")] = 5
    smtp_max_frequency: Annotated[
        Seconds, Option("Least time between two mails of a kind to one user", env=("GOTRUE_SMTP_MAX_FREQUENCY",))
    ] = Seconds(60)
    external_email_authorized_addresses: Annotated[
        tuple[str, ...],
        Option("The only addresses mail may go to; empty: any", env=("GOTRUE_EXTERNAL_EMAIL_AUTHORIZED_ADDRESSES",)),
    ] = ()
    sms_autoconfirm: Annotated[
        bool, Option("A phone number counts as confirmed at sign-up", env=("GOTRUE_SMS_AUTOCONFIRM",))
    ] = False
    sms_otp_exp: Annotated[Seconds, Option("Life of codes sent to phones", env=("GOTRUE_SMS_OTP_EXP",))] = Seconds(60)
    sms_otp_length: Annotated[
        int, Option("Digits of a code sent to a phone: 6 to 10", env=("GOTRUE_SMS_OTP_LENGTH",))
    ] = 6
    sms_max_frequency: Annotated[
        Seconds, Option("Least time between two codes sent to one phone", env=("GOTRUE_SMS_MAX_FREQUENCY",))
    ] = Seconds(60)
    password_min_length: Annotated[
        int,
        Option(
            "Fewest characters of a password", env=("GOTRUE_PASSWORD_MIN_LENGTH",), toml="auth.minimum_password_length"
        ),
    ] = 6
    password_required_characters: Annotated[
        str,
        Option(
            "Sets of characters, separated by `:`, of each of which a password needs one",
            env=("GOTRUE_PASSWORD_REQUIRED_CHARACTERS",),
        ),
    ] = ""
    refresh_token_rotation: Annotated[
        bool,
        Option(
            "A refresh token used twice ends its whole family", env=("GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED",)
        ),
    ] = True
    refresh_token_reuse_interval: Annotated[
        Seconds,
        Option("How long a used refresh token still answers", env=("GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL",)),
    ] = Seconds(10)
    update_password_require_reauthentication: Annotated[
        bool,
        Option(
            "A new password needs a fresh session or a code",
            env=("GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION",),
        ),
    ] = False
    update_password_require_current_password: Annotated[
        bool,
        Option(
            "A new password needs the current one", env=("GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_CURRENT_PASSWORD",)
        ),
    ] = False
    manual_linking_enabled: Annotated[
        bool, Option("Users may unlink identities", env=("GOTRUE_SECURITY_MANUAL_LINKING_ENABLED",))
    ] = False
    sessions_timebox: Annotated[
        Seconds,
        Option("Longest life of a session; 0: no end", env=("GOTRUE_SESSIONS_TIMEBOX",), toml="auth.sessions.timebox"),
    ] = Seconds(0)
    sessions_inactivity_timeout: Annotated[
        Seconds,
        Option(
            "A session ends when it was not refreshed for so long; 0: never",
            env=("GOTRUE_SESSIONS_INACTIVITY_TIMEOUT",),
            toml="auth.sessions.inactivity_timeout",
        ),
    ] = Seconds(0)
    sessions_allow_low_aal: Annotated[
        Seconds,
        Option(
            "How long a user with a second factor may go without it; 0: no limit",
            env=("GOTRUE_SESSIONS_ALLOW_LOW_AAL",),
        ),
    ] = Seconds(0)
    sessions_single_per_user: Annotated[
        bool, Option("Only the session used last can be refreshed", env=("GOTRUE_SESSIONS_SINGLE_PER_USER",))
    ] = False
    audit_log_disable_postgres: Annotated[
        bool, Option("Write no rows to auth.audit_log_entries", env=("GOTRUE_AUDIT_LOG_DISABLE_POSTGRES",))
    ] = False
    flow_state_expiry: Annotated[
        Seconds, Option("Life of a PKCE code", env=("GOTRUE_EXTERNAL_FLOW_STATE_EXPIRY_DURATION",))
    ] = Seconds(300)
    hook_custom_access_token_enabled: Annotated[
        bool, _hook("CUSTOM_ACCESS_TOKEN", "Ask a function for the claims of each token")
    ] = False
    hook_custom_access_token_uri: Annotated[str, _hook_uri("CUSTOM_ACCESS_TOKEN")] = ""
    hook_custom_access_token_secrets: Annotated[str, _hook_secrets("CUSTOM_ACCESS_TOKEN")] = ""
    hook_before_user_created_enabled: Annotated[
        bool, _hook("BEFORE_USER_CREATED", "Ask a function before a user who signs up or is invited is stored")
    ] = False
    hook_before_user_created_uri: Annotated[str, _hook_uri("BEFORE_USER_CREATED")] = ""
    hook_before_user_created_secrets: Annotated[str, _hook_secrets("BEFORE_USER_CREATED")] = ""
    hook_password_verification_attempt_enabled: Annotated[
        bool, _hook("PASSWORD_VERIFICATION_ATTEMPT", "Ask a function after each password, right or wrong")
    ] = False
    hook_password_verification_attempt_uri: Annotated[str, _hook_uri("PASSWORD_VERIFICATION_ATTEMPT")] = ""
    hook_password_verification_attempt_secrets: Annotated[str, _hook_secrets("PASSWORD_VERIFICATION_ATTEMPT")] = ""
    hook_mfa_verification_attempt_enabled: Annotated[
        bool, _hook("MFA_VERIFICATION_ATTEMPT", "Ask a function after each code of a second factor, right or wrong")
    ] = False
    hook_mfa_verification_attempt_uri: Annotated[str, _hook_uri("MFA_VERIFICATION_ATTEMPT")] = ""
    hook_mfa_verification_attempt_secrets: Annotated[str, _hook_secrets("MFA_VERIFICATION_ATTEMPT")] = ""
    hook_send_email_enabled: Annotated[bool, _hook("SEND_EMAIL", "Have a function send mails")] = False
    hook_send_email_uri: Annotated[str, _hook_uri("SEND_EMAIL")] = ""
    hook_send_email_secrets: Annotated[str, _hook_secrets("SEND_EMAIL")] = ""
    hook_send_sms_enabled: Annotated[bool, _hook("SEND_SMS", "Have a function send codes to phones")] = False
    hook_send_sms_uri: Annotated[str, _hook_uri("SEND_SMS")] = ""
    hook_send_sms_secrets: Annotated[str, _hook_secrets("SEND_SMS")] = ""
    invite_function: Annotated[
        str,
        Option(
            "A function (user uuid, email text) that lets a user have an invitation mailed by answering true, or false"
            " where that was done lately; tenancy's: app_private.mail_invitation. Empty: administrators alone invite"
        ),
    ] = ""


def _subject(kind: str) -> Option:
    return Option(f"Subject of the mail {kind.lower()}; empty: ours", env=(f"GOTRUE_MAILER_SUBJECTS_{kind}",))


def _template(kind: str) -> Option:
    return Option(f"HTML file of the mail {kind.lower()}; empty: ours", env=(f"GOTRUE_MAILER_TEMPLATES_{kind}",))


def _notify(kind: str) -> Option:
    return Option(f"Send the mail {kind.lower()}", env=(f"GOTRUE_MAILER_NOTIFICATIONS_{kind}_ENABLED",))


class TrustedIssuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An issuer whose tokens are believed; `docs/howto/other-identity-providers.md` tells what its members mean."""

    issuer: str
    audience: tuple[str, ...]
    jwks_url: str = ""
    role: str = "authenticated"
    role_claim: str = ""
    roles: dict[str, str] = {}
    subject: str = "derived"
    app_metadata: str = ""


class IdentitySettings(Section, frozen=True):
    """Whose tokens are believed beside the server's own."""

    issuers: Annotated[
        tuple[TrustedIssuer, ...],
        Option(
            "Issuers ([[identity.issuers]]), each with issuer, audience (a list; `*`: any), and jwks_url, role, "
            "role_claim, roles, subject, app_metadata where they differ from what is usual"
        ),
    ] = ()
    keys_max_age: Annotated[
        Seconds, Option("How long an issuer's keys are believed without asking again: a key it withdrew ends by then")
    ] = Seconds(300)
    keys_grace: Annotated[Seconds, Option("How much longer they are believed while the issuer cannot be reached")] = (
        Seconds(3600)
    )
    keys_pause: Annotated[
        Seconds, Option("Least time between two requests to one issuer, whatever tokens come and however it answers")
    ] = Seconds(10)


class ClaimsSettings(Section, frozen=True):
    """How old what a token says may be, and what each request's claims pass through."""

    freshness: Annotated[
        Freshness,
        Option(
            "How long a token's claims count without a look at its session and user: cached (until it expires),"
            " bounded:N (its first N seconds), strict (not at all). Projects of Gatepost's: bounded:60"
        ),
    ] = Freshness("cached")
    per_request: Annotated[
        str,
        Option(
            "A function schema.name (jsonb to jsonb) that each request's claims pass through, as its owner; empty: none"
        ),
    ] = ""


class TenancySettings(Section, frozen=True):
    claims_in: Annotated[
        Literal["app_metadata", "user_metadata"],
        Option(
            "Where a token has the server's claims: app_metadata alone, or user_metadata too, whose keys of that name"
            " users can then not write"
        ),
    ] = "app_metadata"


class PushSettings(Section, frozen=True):
    """Claims told to another system when they change."""

    url: Annotated[str, Option("https:// address that each change is posted to; empty: nobody is told")] = ""
    secrets: Annotated[
        str, Option("What signs the messages (Standard Webhooks): v1,whsec_BASE64, several joined by `|`", secret=True)
    ] = ""
    timeout: Annotated[Seconds, Option("How long the other system may take to answer")] = Seconds(5)
    poll: Annotated[Seconds, Option("How often changes are looked for where no notification came")] = Seconds(5)
    max_age: Annotated[
        Seconds, Option("How long a change is tried to be told; then it waits for the next one, and doctor says so")
    ] = Seconds(3 * 24 * 3600)


class MailSettings(Section, frozen=True):
    """How mails leave, and a project's own words. Without `smtp_host` they go to the inbox of `gatepost dev`."""

    smtp_host: Annotated[str, Option("SMTP server; empty: none", env=("GOTRUE_SMTP_HOST",))] = ""
    smtp_port: Annotated[int, Option("Its port; 465 speaks TLS from the first byte", env=("GOTRUE_SMTP_PORT",))] = 587
    smtp_user: Annotated[str, Option("User name for the SMTP server", env=("GOTRUE_SMTP_USER",))] = ""
    smtp_pass: Annotated[str, Option("Password for the SMTP server", env=("GOTRUE_SMTP_PASS",), secret=True)] = ""
    smtp_security: Annotated[
        Literal["auto", "tls", "starttls", "none"],
        Option("tls, starttls (required), none; auto: what the port and the server suggest, no password in the clear"),
    ] = "auto"
    smtp_timeout: Annotated[Seconds, Option("How long one step of sending may take")] = Seconds(10)
    smtp_admin_email: Annotated[str, Option("Address that mails are from", env=("GOTRUE_SMTP_ADMIN_EMAIL",))] = (
        "noreply@localhost"
    )
    smtp_sender_name: Annotated[str, Option("Name that mails are from", env=("GOTRUE_SMTP_SENDER_NAME",))] = ""
    subject_confirmation: Annotated[str, _subject("CONFIRMATION")] = ""
    template_confirmation: Annotated[str, _template("CONFIRMATION")] = ""
    subject_invite: Annotated[str, _subject("INVITE")] = ""
    template_invite: Annotated[str, _template("INVITE")] = ""
    subject_recovery: Annotated[str, _subject("RECOVERY")] = ""
    template_recovery: Annotated[str, _template("RECOVERY")] = ""
    subject_magic_link: Annotated[str, _subject("MAGIC_LINK")] = ""
    template_magic_link: Annotated[str, _template("MAGIC_LINK")] = ""
    subject_email_change: Annotated[str, _subject("EMAIL_CHANGE")] = ""
    template_email_change: Annotated[str, _template("EMAIL_CHANGE")] = ""
    subject_reauthentication: Annotated[str, _subject("REAUTHENTICATION")] = ""
    template_reauthentication: Annotated[str, _template("REAUTHENTICATION")] = ""
    subject_password_changed: Annotated[str, _subject("PASSWORD_CHANGED_NOTIFICATION")] = ""
    template_password_changed: Annotated[str, _template("PASSWORD_CHANGED_NOTIFICATION")] = ""
    subject_email_changed: Annotated[str, _subject("EMAIL_CHANGED_NOTIFICATION")] = ""
    template_email_changed: Annotated[str, _template("EMAIL_CHANGED_NOTIFICATION")] = ""
    subject_phone_changed: Annotated[str, _subject("PHONE_CHANGED_NOTIFICATION")] = ""
    template_phone_changed: Annotated[str, _template("PHONE_CHANGED_NOTIFICATION")] = ""
    subject_identity_linked: Annotated[str, _subject("IDENTITY_LINKED_NOTIFICATION")] = ""
    template_identity_linked: Annotated[str, _template("IDENTITY_LINKED_NOTIFICATION")] = ""
    subject_identity_unlinked: Annotated[str, _subject("IDENTITY_UNLINKED_NOTIFICATION")] = ""
    template_identity_unlinked: Annotated[str, _template("IDENTITY_UNLINKED_NOTIFICATION")] = ""
    subject_mfa_factor_enrolled: Annotated[str, _subject("MFA_FACTOR_ENROLLED_NOTIFICATION")] = ""
    template_mfa_factor_enrolled: Annotated[str, _template("MFA_FACTOR_ENROLLED_NOTIFICATION")] = ""
    subject_mfa_factor_unenrolled: Annotated[str, _subject("MFA_FACTOR_UNENROLLED_NOTIFICATION")] = ""
    template_mfa_factor_unenrolled: Annotated[str, _template("MFA_FACTOR_UNENROLLED_NOTIFICATION")] = ""
    notify_password_changed: Annotated[bool, _notify("PASSWORD_CHANGED")] = False
    notify_email_changed: Annotated[bool, _notify("EMAIL_CHANGED")] = False
    notify_phone_changed: Annotated[bool, _notify("PHONE_CHANGED")] = False
    notify_identity_linked: Annotated[bool, _notify("IDENTITY_LINKED")] = False
    notify_identity_unlinked: Annotated[bool, _notify("IDENTITY_UNLINKED")] = False
    notify_mfa_factor_enrolled: Annotated[bool, _notify("MFA_FACTOR_ENROLLED")] = False
    notify_mfa_factor_unenrolled: Annotated[bool, _notify("MFA_FACTOR_UNENROLLED")] = False


def _rate(name: str, help: str) -> Option:
    return Option(help, env=(f"GOTRUE_RATE_LIMIT_{name}",))


class LimitSettings(Section, frozen=True):
    """How often one client may ask. Nothing counts per client unless `header` names one (a proxy must set it)."""

    header: Annotated[str, _rate("HEADER", "Header that holds the client's address; empty: no limits per client")] = ""
    email_sent: Annotated[str, _rate("EMAIL_SENT", "Mails of all users together: 30 an hour, or 10/1m")] = "30"
    sms_sent: Annotated[str, _rate("SMS_SENT", "Codes sent to phones of all users together, in the same words")] = "30"
    token_refresh: Annotated[float, _rate("TOKEN_REFRESH", "Token requests in 5 minutes")] = 150
    verify: Annotated[float, _rate("VERIFY", "Verifications in 5 minutes")] = 30
    otp: Annotated[float, _rate("OTP", "Sign-ups, codes, links, recoveries and user updates in 5 minutes, each")] = 30
    anonymous_users: Annotated[float, _rate("ANONYMOUS_USERS", "Anonymous sign-ins in an hour")] = 30
    factors: Annotated[
        float,
        Option("Challenges and verifications in a minute, each", env=("GOTRUE_MFA_RATE_LIMIT_CHALLENGE_AND_VERIFY",)),
    ] = 15


class FactorSettings(Section, frozen=True):
    """Second factors."""

    totp_enroll_enabled: Annotated[
        bool, Option("Users may add an authenticator app", env=("GOTRUE_MFA_TOTP_ENROLL_ENABLED",))
    ] = True
    totp_verify_enabled: Annotated[
        bool, Option("Codes of authenticator apps are accepted", env=("GOTRUE_MFA_TOTP_VERIFY_ENABLED",))
    ] = True
    max_enrolled: Annotated[int, Option("Most factors of one user", env=("GOTRUE_MFA_MAX_ENROLLED_FACTORS",))] = 10
    max_verified: Annotated[
        int, Option("Most verified factors of one user", env=("GOTRUE_MFA_MAX_VERIFIED_FACTORS",))
    ] = 10
    challenge_expiry: Annotated[
        Seconds, Option("Life of a challenge; at least 300 s", env=("GOTRUE_MFA_CHALLENGE_EXPIRY_DURATION",))
    ] = Seconds(300)
    factor_expiry: Annotated[
        Seconds, Option("Life of an unverified factor; at least 300 s", env=("GOTRUE_MFA_FACTOR_EXPIRY_DURATION",))
    ] = Seconds(300)
    max_attempts: Annotated[int, Option("Wrong codes for one factor in 5 minutes, after which none is accepted")] = 10


class RestSettings(Section, frozen=True):
    """The REST surface. Names follow PostgREST's configuration."""

    schemas: Annotated[
        tuple[str, ...],
        Option(
            "Exposed schemas; the first is the default", env=("PGRST_DB_SCHEMAS", "PGRST_DB_SCHEMA"), toml="api.schemas"
        ),
    ] = ("public",)
    extra_search_path: Annotated[
        str,
        Option(
            "Schemas, separated by commas, that requests search after their own",
            env=("PGRST_DB_EXTRA_SEARCH_PATH",),
            toml="api.extra_search_path",
        ),
    ] = "public, extensions"
    anon_role: Annotated[
        str, Option("Role of requests without a token; empty: they are refused", env=("PGRST_DB_ANON_ROLE",))
    ] = "anon"
    max_rows: Annotated[
        int,
        Option(
            "Most rows of a read, at every level; 0: as many as there are",
            env=("PGRST_DB_MAX_ROWS",),
            toml="api.max_rows",
        ),
    ] = 0
    pre_request: Annotated[
        str, Option("Function called before every request, as schema.function", env=("PGRST_DB_PRE_REQUEST",))
    ] = ""
    root_spec: Annotated[
        str, Option("Function that answers at the root instead of the OpenAPI document", env=("PGRST_DB_ROOT_SPEC",))
    ] = ""
    tx_end: Annotated[
        Literal["commit", "commit-allow-override", "rollback", "rollback-allow-override"],
        Option("How transactions end, and whether `Prefer: tx=…` may change that", env=("PGRST_DB_TX_END",)),
    ] = "commit"
    hoisted_settings: Annotated[
        tuple[str, ...],
        Option("Settings of functions that hold for their whole request", env=("PGRST_DB_HOISTED_TX_SETTINGS",)),
    ] = ("statement_timeout", "plan_filter.statement_cost_limit", "default_transaction_isolation")
    aggregates: Annotated[
        bool, Option("Whether requests may use aggregate functions", env=("PGRST_DB_AGGREGATES_ENABLED",))
    ] = False
    plans: Annotated[
        bool, Option("Whether requests may ask for the execution plan", env=("PGRST_DB_PLAN_ENABLED",))
    ] = False
    legacy_target_names: Annotated[
        bool,
        Option(
            "Whether filters may name an embed by its relation although it has an alias",
            env=("PGRST_URL_USE_LEGACY_TARGET_NAMES",),
        ),
    ] = True
    error_verbosity: Annotated[
        Literal["verbose", "minimal"],
        Option("minimal keeps details and hints out of error bodies", env=("PGRST_CLIENT_ERROR_VERBOSITY",)),
    ] = "verbose"
    openapi_mode: Annotated[
        Literal["follow-privileges", "ignore-privileges", "disabled"],
        Option("What the OpenAPI document at the root shows", env=("PGRST_OPENAPI_MODE",)),
    ] = "follow-privileges"
    openapi_security: Annotated[
        bool, Option("Whether the OpenAPI document tells of tokens", env=("PGRST_OPENAPI_SECURITY_ACTIVE",))
    ] = False
    openapi_url: Annotated[
        str, Option("URL of this API in the OpenAPI document", env=("PGRST_OPENAPI_SERVER_PROXY_URI",))
    ] = ""
    cors_origins: Annotated[
        tuple[str, ...],
        Option("Origins that a stand-alone API answers; empty: any", env=("PGRST_SERVER_CORS_ALLOWED_ORIGINS",)),
    ] = ()
    timing: Annotated[bool, Option("Whether answers carry Server-Timing", env=("PGRST_SERVER_TIMING_ENABLED",))] = False
    trace_header: Annotated[str, Option("Request header that answers repeat", env=("PGRST_SERVER_TRACE_HEADER",))] = ""
    jwt_secret: Annotated[
        str,
        Option(
            "Secret, JWK or JWKS of a stand-alone API, or @file; at least 32 bytes",
            env=("PGRST_JWT_SECRET",),
            secret=True,
        ),
    ] = ""
    jwt_secret_is_base64: Annotated[
        bool, Option("Whether that secret is base64", env=("PGRST_JWT_SECRET_IS_BASE64",))
    ] = False
    jwt_audience: Annotated[
        str, Option("Audience that tokens of a stand-alone API must name, if they name one", env=("PGRST_JWT_AUD",))
    ] = ""
    jwt_role_path: Annotated[
        str, Option("JSON path of the role in a token's claims", env=("PGRST_JWT_ROLE_CLAIM_KEY",))
    ] = "$.role"
    jwt_cache_size: Annotated[
        int, Option("Verified tokens that are remembered", env=("PGRST_JWT_CACHE_MAX_ENTRIES",))
    ] = 1000
    database_config: Annotated[
        bool, Option("Whether `pgrst.*` settings of the login's role count", env=("PGRST_DB_CONFIG",))
    ] = True
    pre_config: Annotated[
        str, Option("Function that sets `pgrst.*` settings when they are read", env=("PGRST_DB_PRE_CONFIG",))
    ] = ""
    channel: Annotated[
        str, Option("Channel on which NOTIFY makes the schema be read again", env=("PGRST_DB_CHANNEL",))
    ] = "pgrst"
    app_settings: Annotated[
        dict[str, str],
        Option("Settings that SQL reads as `app.settings.NAME`", env=("PGRST_APP_SETTINGS",), secret=True),
    ] = {}
    channel_enabled: Annotated[
        bool, Option("Whether that channel is listened to", env=("PGRST_DB_CHANNEL_ENABLED",))
    ] = True


class GraphQLSettings(Section, frozen=True):
    """The GraphQL surface. Names of options are PostGraphile's. A limit of 0 is none."""

    enabled: Annotated[bool, Option("Serve /graphql; a Supabase project must ask for it")] = True
    schemas: Annotated[tuple[str, ...], Option("Exposed schemas; empty: those of REST")] = ()
    preset: Annotated[str, Option("How things are called: v4 or amber, with +simplify, +relay")] = "v4+simplify"
    options: Annotated[
        dict[str, Any],
        Option("The preset's own options (simpleCollections, ignoreRBAC, graphileBuildOptions …)"),
    ] = {}
    subscriptions: Annotated[
        tuple[dict[str, Any], ...], Option("Declared fields of Subscription: field, arguments, channel, payload …")
    ] = ()
    tags_file: Annotated[str, Option("JSON5 file of smart tags, instead of comments in the database")] = ""
    role_claim: Annotated[str, Option("Claim that names the database role; absent in a token: the anonymous one")] = (
        "role"
    )
    require_key: Annotated[
        bool, Option("Requests need an API key; without, who brings no token is anonymous, as with PostGraphile")
    ] = True
    mask_errors: Annotated[
        bool, Option("Tell clients of a failed statement only that it failed; in development they are told all")
    ] = True
    max_depth: Annotated[int, Option("Deepest operation, in levels of fields")] = 20
    max_cost: Annotated[int, Option("Most fields of an operation, each as often as its pages can hold it")] = 1_000_000
    max_page_size: Annotated[
        int, Option("Most rows at once: largest `first` or `last`, and what is shown where neither is given")
    ] = 1000
    max_root_fields: Annotated[int, Option("Most fields of an operation itself, aliases included")] = 50
    max_document_length: Annotated[int, Option("Longest document, in characters")] = 100_000
    max_tokens: Annotated[int, Option("Most tokens of a document")] = 5000
    introspection: Annotated[bool, Option("Documents may ask for the schema, and errors suggest names")] = True
    persisted_operations: Annotated[
        str, Option("Folder of .graphql files, or JSON file of texts by id, that clients may send the ids of")
    ] = ""
    persisted_only: Annotated[bool, Option("Execute those and no others")] = False
    max_connections: Annotated[int, Option("Most sockets of one serving process")] = 1000
    max_subscriptions: Annotated[int, Option("Most operations that go on at once on one socket")] = 100
    max_message: Annotated[int, Option("Longest request, over HTTP or on a socket, in bytes")] = 1024 * 1024
    max_waiting: Annotated[
        int, Option("Most messages that wait for a slow socket, which is then closed; of events ten times as many")
    ] = 100
    init_timeout: Annotated[Seconds, Option("How long a socket may take to say who it is")] = Seconds(10)
    session_check: Annotated[
        Seconds, Option("How soon a socket is closed after its token, key or session has ended")
    ] = Seconds(5)


class Settings(Section, frozen=True):
    project: ProjectSettings = ProjectSettings()
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    auth: AuthSettings = AuthSettings()
    identity: IdentitySettings = IdentitySettings()
    push: PushSettings = PushSettings()
    claims: ClaimsSettings = ClaimsSettings()
    tenancy: TenancySettings = TenancySettings()
    mail: MailSettings = MailSettings()
    limits: LimitSettings = LimitSettings()
    factors: FactorSettings = FactorSettings()
    rest: RestSettings = RestSettings()
    graphql: GraphQLSettings = GraphQLSettings()


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the settings table: `key` is dotted (`auth.site_url`)."""

    key: str
    type: Any
    default: Any
    option: Option

    @property
    def env(self) -> tuple[str, ...]:
        """Environment names, ours first."""
        return ("GATEPOST_" + self.key.upper().replace(".", "_"), *self.option.env)


def table(section: type[Section] = Settings, prefix: str = "") -> Iterator[Entry]:
    """Every setting there is, in the order of the file."""
    hints = get_type_hints(section, include_extras=True)
    for field in msgspec.structs.fields(section):
        hint = hints[field.name]
        if get_origin(hint) is Annotated:
            kind, option = get_args(hint)
            default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            yield Entry(prefix + field.name, kind, default, option)
        else:
            yield from table(hint, f"{prefix}{field.name}.")


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
TRUE, FALSE = {"1", "t", "true", "on", "yes"}, {"0", "f", "false", "off", "no", ""}


def read(entry: Entry, value: object, source: str) -> object:
    """`value`, as text or as TOML had it, in the setting's own type; a Problem names what was expected."""
    try:
        return _convert(entry.type, value)
    except (ValueError, msgspec.MsgspecError) as error:
        shown = "its value" if entry.option.secret else repr(value)
        raise Problem(
            "invalid_setting",
            500,
            f"{source}: {shown} does not fit the setting {entry.key}",
            str(error),
            entry.option.help,
        ) from None


def _convert(kind: Any, value: object) -> object:
    if kind is Seconds:
        return Seconds(seconds(value))
    if kind is Freshness:
        believed(Freshness(str(value)))
        return str(value)
    if get_origin(kind) is tuple and isinstance(value, str):
        if get_args(kind)[0] is not str:
            return msgspec.json.decode(value, type=kind)
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if kind is bool and isinstance(value, str):
        return _boolean(value)
    if kind is str and not isinstance(value, str | bool):
        return _text(value)
    return msgspec.convert(value, kind, strict=not isinstance(value, str))


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


def _text(value: object) -> str:
    """Text from what TOML has as a number or a list of names."""
    if isinstance(value, int | float):
        return str(value)
    return ", ".join(msgspec.convert(value, list[str]))


def _boolean(text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueError("expected true or false")


def load(
    toml: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    base: Mapping[str, object] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """Defaults, `base`, `gatepost.toml` (already parsed), the environment, `overrides`; a later source wins.

    `base` and `overrides` are by key (`auth.site_url`); `base` holds values in the settings' own types.
    """
    entries = {entry.key: entry for entry in table()}
    values = dict(base or {})
    for key, value in _flatten(toml or {}, tables={key for key, entry in entries.items() if is_table(entry)}):
        if key not in entries:
            raise Problem("unknown_setting", 500, f"gatepost.toml: there is no setting {key}", None, near(key, entries))
        values[key] = read(entries[key], value, "gatepost.toml")
    values.update(_from_environment(entries.values(), environ or {}))
    values.update((key, read(entries[key], value, "the command line")) for key, value in (overrides or {}).items())
    return build(values)


def _from_environment(entries: Iterable[Entry], environ: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """What variables say. An empty one says nothing, except where text is expected."""
    for entry in entries:
        if is_table(entry):
            members = _members(entry, environ)
            yield from [(entry.key, members)] if members else []
            continue
        name = next((name for name in entry.env if name in environ), None)
        if name is not None and (environ[name] or entry.type is str):
            yield entry.key, read(entry, environ[name], name)


def is_table(entry: Entry) -> bool:
    """Whether a setting has members of its own, one variable each (`PGRST_APP_SETTINGS_JWT_LIFETIME`)."""
    return isinstance(entry.default, dict)


def _members(entry: Entry, environ: Mapping[str, str]) -> dict[str, str]:
    """What variables with a table's names in front say, in lower case; ours win."""
    return {
        variable.removeprefix(name + "_").lower(): value
        for name in reversed(entry.env)
        for variable, value in environ.items()
        if variable.startswith(name + "_")
    }


def build(values: Mapping[str, object]) -> Settings:
    """Settings from dotted keys and values that were read already."""
    sections: dict[str, dict[str, object]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, {})[name] = value
    kinds = get_type_hints(Settings)
    return Settings(**{name: kinds[name](**members) for name, members in sections.items()})


def near(key: str, entries: Mapping[str, Entry]) -> str | None:
    """'Did you mean …?' for a key that is not there."""
    found = difflib.get_close_matches(key, entries, 1)
    return f"Did you mean {found[0]}?" if found else None


def _flatten(
    tree: Mapping[str, object], prefix: str = "", tables: Collection[str] = ()
) -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        if isinstance(value, dict) and prefix + name not in tables:
            yield from _flatten(value, f"{prefix}{name}.", tables)  # pyright: ignore[reportUnknownArgumentType]
        else:
            yield prefix + name, value


def load_file(path: Path) -> Mapping[str, object]:
    """A TOML file as a mapping; a Problem names file and line where it is not TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem("invalid_setting", 500, f"{path}: {error}") from None
