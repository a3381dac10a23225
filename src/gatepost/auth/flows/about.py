"""What the server says of itself: health, settings, public keys."""

from collections.abc import Mapping

from ... import __version__
from ...exchange import Headers, Response
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
KEPT: Headers = [(b"cache-control", b"public, max-age=600")]


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
    return reply(auth.keys.jwks(), 200, KEPT)


async def discovery(auth: Auth, call: Call) -> Response:
    """Where the keys are, for whoever knows the issuer alone (OpenID Connect Discovery 1.0 §3).

    The pages of an authorization server stand there since the form wants them; they answer that it is off, as
    GoTrue's do.
    """
    name = auth.settings.jwt_issuer or auth.settings.external_url
    base = name.rstrip("/")
    algorithms = {algorithm for key in auth.keys.keys for algorithm in key.algorithms}
    body = {
        "issuer": name,
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "userinfo_endpoint": f"{base}/oauth/userinfo",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": sorted(algorithms),
    }
    return reply(body, 200, KEPT)
