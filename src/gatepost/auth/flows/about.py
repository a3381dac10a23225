"""What the server says of itself: health, settings, public keys."""

from collections.abc import Mapping

from ... import __version__
from ...exchange import Response
from ..responses import reply
from .call import Auth, Call

PROVIDERS = (
    "apple", "azure", "bitbucket", "discord", "facebook", "snapchat", "figma", "fly", "github", "gitlab", "google",
    "keycloak", "kakao", "linkedin", "linkedin_oidc", "notion", "spotify", "slack", "slack_oidc", "workos", "twitch",
    "twitter", "zoom",
)  # fmt: skip
DESCRIPTION: Mapping[str, str] = {
    "name": "GoTrue",
    "description": "GoTrue is a user registration and authentication API",
}


async def health(auth: Auth, call: Call) -> Response:
    """That the surface answers; clients know it by GoTrue's name."""
    return reply({"version": __version__, **DESCRIPTION})


async def show_settings(auth: Auth, call: Call) -> Response:
    """What a sign-in page needs to know."""
    settings = auth.settings
    external = dict.fromkeys(PROVIDERS, False) | {
        "anonymous_users": settings.external_anonymous_users_enabled,
        "email": settings.external_email_enabled,
        "phone": settings.external_phone_enabled,
    }
    return reply(
        {
            "external": external,
            "disable_signup": settings.disable_signup,
            "mailer_autoconfirm": settings.mailer_autoconfirm,
            "phone_autoconfirm": settings.sms_autoconfirm,
            "sms_provider": "",
            "saml_enabled": False,
            "saml_private_key_next_configured": False,
            "passkeys_enabled": False,
        }
    )


async def jwks(auth: Auth, call: Call) -> Response:
    """The public keys tokens are verified with (RFC 7517); empty where only a shared secret signs."""
    return reply(auth.keys.jwks(), 200, [(b"cache-control", b"public, max-age=600")])
