"""django-allauth's adapters, with the sign-in with Microsoft."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.stages import AuthenticateStage
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.accounts import adapter, second_factors
from portal.entra import connected, staff, views
from portal.entra.provider import app_of
from portal.entra.ways import of_provider, ways


class AskOurs(AuthenticateStage):  # type: ignore[misc]
    """The stage that asks for our second factor, unless Microsoft has just said that it asked for one."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return super()._should_handle(request) and not second_factors.given_to_microsoft(request, self.login.user)


class MicrosoftAccountAdapter(adapter.AccountAdapter):
    def get_login_stages(self) -> list[str]:
        ours = f"{AskOurs.__module__}.{AskOurs.__qualname__}"
        theirs = f"{AuthenticateStage.__module__}.{AuthenticateStage.__qualname__}"
        return [ours if path == theirs else path for path in super().get_login_stages()]

    def pre_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse | None:
        answer: HttpResponse | None = super().pre_login(request, user, **more)
        if answer is None and staff.must_use_microsoft(user) and not _came_as_staff(request, user):
            answer = views.show(request, "staff_only")
        return answer

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return the ways to prove who one is. Microsoft comes first for those who have no other way in."""
        found = super().get_reauthentication_methods(user)
        if not user.is_authenticated or not connected.ways_of(user):
            return found
        microsoft = {"id": "microsoft", "description": _("Sign in with Microsoft again"), "url": reverse("entra:again")}
        first = not found or staff.must_use_microsoft(user)
        return [microsoft, *found] if first else [*found, microsoft]

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
        came_from = [record["provider"] for record in records if record["method"] == "socialaccount"]
        way = of_provider(came_from[-1]) if came_from else None
        if way is not None:
            return reverse("entra:signed_out", args=[way.key])
        return str(super().get_logout_redirect_url(request))


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Applications come from the settings alone: nobody adds a provider in the admin."""

    def list_apps(self, request: Any, provider: str | None = None, client_id: str | None = None) -> list[SocialApp]:
        apps = [app_of(way) for way in ways().values()]
        return [
            app
            for app in apps
            if provider in (None, app.provider, app.provider_id) and client_id in (None, app.client_id)
        ]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False  # portal.entra.linking makes accounts

    def get_requests_session(self) -> Any:
        raise NotImplementedError("portal.outbound asks other systems")


def _came_as_staff(request: HttpRequest, user: Any) -> bool:
    records = get_authentication_records(request, user)
    if not records or records[-1]["method"] != "socialaccount":
        return False
    way = of_provider(records[-1]["provider"])
    return way is not None and way.is_staff
