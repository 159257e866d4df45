"""django-allauth's OpenID Connect provider, held to what Microsoft's tenants need.

allauth's own sends no nonce, does not verify the signature of a token that it fetched itself, expects one issuer, and
takes scope and parameters from the address. Here the state holds a nonce and the PKCE verifier, and only
``portal.entra.tokens`` says who signed in. Source: [entra-code-flow], [openid-core].
"""

import secrets
from typing import Any
from urllib.parse import urlencode

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from portal.entra import microsoft
from portal.entra.ways import Way


class EntraProvider(OpenIDConnectProvider):  # type: ignore[misc]
    id = "entra"
    name = "Microsoft"
    supports_token_authentication = False

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        return reverse("entra:start", args=[self.app.settings["way"]])

    def get_callback_url(self) -> str:
        return callback_address(self.app.settings["way"])

    def begin(
        self,
        way: Way,
        request: HttpRequest,
        *,
        process: str,
        back: str = "",
        data: dict[str, str] | None = None,
        scope: str = "",
        prompt: str = "select_account",
    ) -> HttpResponseRedirect:
        """Redirect to Microsoft. What comes back finds ``process``, ``back`` and ``data`` in the session.

        Raises: MicrosoftError.
        """
        address = microsoft.published(way).authorize
        nonce, pkce = secrets.token_urlsafe(32), generate_code_challenge()
        state = self.stash_redirect_state(
            request,
            process,
            next_url=back,
            data={**(data or {}), "user": request.user.pk or 0},
            state_id=secrets.token_urlsafe(32),
            nonce=nonce,
            pkce_code_verifier=pkce["code_verifier"],
        )
        sent = {
            "client_id": way.client_id,
            "response_type": "code",
            "response_mode": "query",
            "redirect_uri": self.get_callback_url(),
            "scope": scope or way.scope,
            "state": state,
            "nonce": nonce,
            "prompt": prompt,
            "code_challenge": pkce["code_challenge"].decode(),
            "code_challenge_method": pkce["code_challenge_method"],
        }
        if prompt == "login":
            sent["max_age"] = "0"
        return HttpResponseRedirect(f"{address}?{urlencode(sent)}")


def callback_address(key: str) -> str:
    """Return the address to register with Microsoft as redirect URI: the configured site's, not the request's."""
    return settings.SITE_URL + reverse("entra:callback", args=[key])


def app_of(way: Way) -> SocialApp:
    """Return allauth's form of a way; it is never stored."""
    return SocialApp(
        provider=EntraProvider.id,
        provider_id=way.provider,
        name="Microsoft",
        client_id=way.client_id,
        settings={"way": way.key, "server_url": settings.ENTRA_LOGIN_URL},
    )


def provider_of(request: HttpRequest, way: Way) -> EntraProvider:
    return EntraProvider(request, app=app_of(way))


provider_classes = [EntraProvider]
