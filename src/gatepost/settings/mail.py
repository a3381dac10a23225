"""What the auth surface sends, and how often: settings of mail, limits and second factors.

In: nothing. Out: sections of frozen settings with their defaults. Never: read from anywhere; `reading` does that.
"""

from typing import Annotated, Literal

from .option import Option, Seconds, Section


def _subject(kind: str) -> Option:
    return Option(f"Subject of the mail {kind.lower()}; empty: ours", env=(f"GOTRUE_MAILER_SUBJECTS_{kind}",))


def _template(kind: str) -> Option:
    return Option(f"HTML file of the mail {kind.lower()}; empty: ours", env=(f"GOTRUE_MAILER_TEMPLATES_{kind}",))


def _notify(kind: str) -> Option:
    return Option(f"Send the mail {kind.lower()}", env=(f"GOTRUE_MAILER_NOTIFICATIONS_{kind}_ENABLED",))


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
    """How often one client may ask. Nothing counts per client unless `header` names one (a proxy must set it), or an
    application says for whom it asks.
    """

    header: Annotated[
        str,
        _rate(
            "HEADER",
            "Header that holds the client's address; empty: no limits per client. Of a list the first counts, as in "
            "GoTrue: the proxy must write the header anew, not add to what a client sent",
        ),
    ] = ""
    forwarded: Annotated[
        bool,
        Option(
            "Believe `Sb-Forwarded-For` of all (a proxy must see to it), not only of those with a secret key",
            env=("GOTRUE_SECURITY_SB_FORWARDED_FOR_ENABLED",),
        ),
    ] = False
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
