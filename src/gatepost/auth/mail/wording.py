"""What our mails say when a project has no words of its own.

In: a kind of mail. Out: its subject and its two bodies, in the template language. Never: anything about a user that
is not a variable.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
UNASKED = "If you did not ask for this, you can ignore this message: nothing has changed."
NOT_YOU = "If that was not you, reset your password now and tell whoever runs this site."


@dataclass(frozen=True, slots=True)
class Wording:
    """`button` names the link, `code` shows a code instead; with neither the mail only tells."""

    subject: str
    lead: str
    closing: str
    button: str = ""
    code: bool = False
    heading: str = ""

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def text(self) -> str:
        return self._body("txt")

    def _body(self, form: str) -> str:
        part = f"link.{form}" if self.button else f"code.{form}" if self.code else ""
        action = (_file(part) if part else "").replace("[button]", self.button)
        body = _file(f"layout.{form}").replace("[heading]", self.heading or self.subject)
        return body.replace("[lead]", self.lead).replace("[closing]", self.closing).replace("[action]\n", action)


@cache
def _file(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


WORDINGS = {
    "confirmation": Wording(
        "Confirm your email address",
        "Someone, most likely you, signed up with this address. One click confirms that it is yours.",
        "If it was not you, ignore this message: without the click the account stays closed.",
        button="Confirm this address",
    ),
    "invite": Wording(
        "You've been invited",
        "You have been invited to {{ .SiteURL }}. Accept, and your account is ready.",
        "If you do not know why you were invited, you can ignore this message.",
        button="Accept the invitation",
    ),
    "recovery": Wording(
        "Reset your password",
        "You asked for a new password. The link lets you choose one; it works once.",
        UNASKED,
        button="Choose a new password",
    ),
    "magic_link": Wording(
        "Your sign-in link",
        "Here is the link you asked for. It signs you in once, and only for a short while.",
        UNASKED,
        button="Sign in",
    ),
    "email_change": Wording(
        "Confirm your new email address",
        "The address of your account is to change from {{ .Email }} to {{ .NewEmail }}. Please confirm it.",
        UNASKED,
        button="Confirm the change",
    ),
    "reauthentication": Wording(
        "{{ .Token }} is your verification code",
        "Type this code to go on. It is valid for a short while.",
        "Give it to nobody. If you did not ask for it, change your password.",
        code=True,
        heading="Your verification code",
    ),
    "password_changed": Wording(
        "Your password was changed", "The password of the account {{ .Email }} was changed just now.", NOT_YOU
    ),
    "email_changed": Wording(
        "Your email address was changed",
        "Your account's address was changed from {{ .OldEmail }} to {{ .Email }}.",
        NOT_YOU,
    ),
    "phone_changed": Wording(
        "Your phone number was changed",
        "Your account's phone number was changed from {{ .OldPhone }} to {{ .Phone }}.",
        NOT_YOU,
    ),
    "identity_linked": Wording(
        "A new sign-in method was linked to your account",
        "From now on the account {{ .Email }} can also be entered with {{ .Provider }}.",
        NOT_YOU,
    ),
    "identity_unlinked": Wording(
        "A sign-in method was removed from your account",
        "The account {{ .Email }} can no longer be entered with {{ .Provider }}.",
        NOT_YOU,
    ),
    "mfa_factor_enrolled": Wording(
        "A new verification method was added to your account",
        "The account {{ .Email }} has a further verification method: {{ .FactorType }}.",
        NOT_YOU,
    ),
    "mfa_factor_unenrolled": Wording(
        "A verification method was removed from your account",
        "The account {{ .Email }} no longer has this verification method: {{ .FactorType }}.",
        NOT_YOU,
    ),
}
