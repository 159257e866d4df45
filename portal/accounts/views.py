"""The pages of a person's own account. allauth has those for signing in and for passwords."""

from typing import Any, cast

from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts import sessions
from portal.accounts.forms import ProfileForm
from portal.accounts.models import User
from portal.web.typed import forget_typed, typed_before_sign_in


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Redirect to the page the person came from, after a change of language for pages and mails."""
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    response = redirect(back if safe else reverse("home"))
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            request.user.language = chosen
            request.user.save(update_fields=["language"])
        _set_cookie(response, chosen)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    me = User.objects.get(pk=cast(int, request.user.pk))
    form = ProfileForm(request.POST or None, instance=me, initial=typed_before_sign_in(request))
    if request.method == "POST" and form.is_valid():
        user = form.save()
        forget_typed(request)
        with override(user.language):
            messages.success(request, _("Your name and language are saved."))
        response = redirect("account:profile")
        _set_cookie(response, user.language)
        return response
    has_microsoft = bool(settings.ENTRA_PARTNERS_CLIENT_ID or settings.ENTRA_STAFF_CLIENT_ID)
    return render(request, "account/profile.html", {"form": form, "has_microsoft": has_microsoft})


class ReauthenticateWithPasskey(ReauthenticateWebAuthnView):  # type: ignore[misc]
    """allauth's page, which says on itself what is wrong with a passkey instead of leaving the question."""

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data()
        return {**context, **kwargs}


@require_safe
def own_sessions(request: HttpRequest) -> HttpResponse:
    """Show where the person is signed in."""
    found = sessions.of_user(_me(request), current=request.session.session_key, now=timezone.now())
    return render(request, "account/sessions.html", {"sessions": found})


@require_POST
def end_session(request: HttpRequest, number: int) -> HttpResponse:
    """End one session of the person; ending this one signs them out."""
    if not sessions.end(user=_me(request), number=number, now=timezone.now()):
        raise Http404
    if not request.session.exists(str(request.session.session_key)):
        logout(request)  # it was this one
        return redirect("account_login")
    messages.success(request, _("This session is ended."))
    return redirect("account:sessions")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    ended = sessions.end_others(user=_me(request), session=request.session, now=timezone.now())
    told = ngettext("%(count)s session is ended.", "%(count)s sessions are ended.", ended) % {"count": ended}
    messages.success(request, told if ended else _("You are signed in nowhere else."))
    return redirect("account:sessions")


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)  # LoginRequiredMiddleware lets nobody else in


def _set_cookie(response: HttpResponse, chosen: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=365 * 24 * 3600,
        path=settings.LANGUAGE_COOKIE_PATH,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=cast(Any, settings.LANGUAGE_COOKIE_SAMESITE),
    )
