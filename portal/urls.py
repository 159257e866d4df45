"""Every address of the portal. All but those marked ``login_not_required`` need a sign-in."""

from allauth.account import views as allauth_views
from django.contrib import admin
from django.urls import include, path
from django.views.generic.base import RedirectView

from portal import health, pages
from portal.accounts import views as account_views
from portal.entra import views as entra_views
from portal.privacy import public as privacy

urlpatterns = [
    path("", pages.home, name="home"),
    path("why-csp/", pages.why, name="why"),
    path("help/", pages.help_page, name="help"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("cookies/", privacy.cookie_page, name="cookies"),
    path(".well-known/security.txt", privacy.security_txt, name="security_txt"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("healthz/work", health.work, name="healthz_work"),
    path("metrics", health.metrics_page, name="metrics"),
    path("admin/", admin.site.urls),
    path(
        "accounts/2fa/webauthn/reauthenticate/",
        account_views.ReauthenticateWithPasskey.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    # The two pages with the button that leads to Microsoft.
    path("accounts/login/", entra_views.leads_to_microsoft(allauth_views.login), name="account_login"),
    path("accounts/signup/", entra_views.leads_to_microsoft(allauth_views.signup), name="account_signup"),
    # django-allauth's own pages of connected accounts, which are ours.
    path("accounts/3rdparty/", RedirectView.as_view(pattern_name="entra:accounts")),
    path("accounts/3rdparty/<path:rest>", RedirectView.as_view(url="/accounts/microsoft/")),
    path("accounts/", include("allauth.urls")),
    path("", include("portal.notices.urls")),
    path("account/data/", include("portal.privacy.urls")),
    path("account/", include("portal.accounts.urls")),
    path("partners/", include("portal.partners.urls")),
    path("licensing/", include("licensing.urls")),
    path("api/v1/", include("api.urls")),
    path("", include("onboarding.urls")),
]

handler403 = "portal.pages.forbidden"
handler404 = "portal.pages.not_found"
handler500 = "portal.pages.broken"
