"""The auth surface: its settings.

In: nothing. Out: sections of frozen settings with their defaults. Never: read from anywhere; `reading` does that.
"""

from typing import Annotated

from .option import Option, Seconds, Section


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
    max_request_duration: Annotated[
        Seconds,
        Option(
            "How long a request may take; a longer one is answered 504 (0: no end)",
            env=("GOTRUE_API_MAX_REQUEST_DURATION",),
        ),
    ] = Seconds(10)
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
