"""The pages of signing in with Microsoft."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.models import User
from portal.entra import connected, linking, microsoft, problems, sign_in, staff, tokens
from portal.entra.forms import AddressForm, CodeForm
from portal.entra.microsoft import MicrosoftError
from portal.entra.provider import provider_of
from portal.entra.sign_in import PROCESSES, ProblemError
from portal.entra.ways import PARTNERS, STAFF, Way, login_origin, ways

log = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]
# What a person may begin themselves with the button; the rest is begun by a view of ours.
_BY_BUTTON = ("login", "connect", "again")


def leads_to_microsoft(view: View) -> View:
    """Let the forms of a page lead to Microsoft: a browser holds redirects after a form to the content policy too."""

    @wraps(view)
    def widened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return widen(view(request, *args, **kwargs))

    return widened


def widen(answer: HttpResponseBase) -> HttpResponseBase:
    """Return the answer, whose forms may now lead to Microsoft."""
    if ways():
        answer._csp_update = {"form-action": [login_origin()]}  # type: ignore[attr-defined]
    return answer


@login_not_required
@require_POST
def start(request: HttpRequest, key: str) -> HttpResponse:
    """Redirect to Microsoft, to sign in, to connect an account, or to prove once more who one is."""
    way, process = _way(key), request.POST.get("process", "login")
    if process not in _BY_BUTTON or (process != "login" and not request.user.is_authenticated):
        raise Http404
    return begin(request, way, process=process, prompt="login" if process == "again" else "select_account")


def begin(request: HttpRequest, way: Way, *, process: str, back: str = "", **more: Any) -> HttpResponse:
    """Redirect to Microsoft, or say that it does not answer. ``back`` is a page of ours, the asked one without it."""
    back = back or get_next_redirect_url(request) or ""
    try:
        return provider_of(request, way).begin(way, request, process=process, back=back, **more)
    except MicrosoftError as error:
        return show(request, error.code, number=error.number)


@login_not_required
@require_safe
def callback(request: HttpRequest, key: str) -> HttpResponse:
    """Finish what was begun, with what Microsoft sent the browser back with."""
    way = _way(key)
    try:
        return _come_back(request, way)
    except ProblemError as error:
        return show(request, error.code, number=error.number)
    except tokens.TokenRefusedError as error:
        return show(request, error.reason)
    except MicrosoftError as error:
        return show(request, problems.by_number(error.number, otherwise=error.code), number=error.number)


def _come_back(request: HttpRequest, way: Way) -> HttpResponse:
    sent, provider = request.GET, provider_of(request, way)
    state = statekit.unstash_state(request, state_id=sent.get("state", ""), provider_id=way.provider)
    if state is None or state["process"] not in PROCESSES:
        raise ProblemError("state")
    request.way_back = state.get("next", "")  # type: ignore[attr-defined]
    if "error" in sent or not sent.get("code"):
        number = microsoft.number_of(sent.get("error_description", ""))
        code = problems.of_answer(sent.get("error", ""), number, subcode=sent.get("error_subcode", ""))
        raise ProblemError(code, number=number)
    given = microsoft.redeem(
        way, code=sent["code"], verifier=state["pkce_code_verifier"], redirect_uri=provider.get_callback_url()
    )
    identity = tokens.verified(
        given.id_token,
        way=way,
        nonce=state["nonce"],
        issuer_of=microsoft.published(way).issuer_of,
        key_of=lambda key_id: microsoft.key_of(way, key_id),
    )
    return PROCESSES[state["process"]](request, way, identity, given, state)


def show(request: HttpRequest, code: str, *, number: str = "") -> HttpResponse:
    """Say what happened and what to do. Nothing was changed by a sign-in that did not come off."""
    problem = problems.PROBLEMS[code]
    if not problem.is_choice:
        log.warning("sign-in with Microsoft refused: %s %s", code, number)
    context = {
        "problem": problem,
        "number": number,
        "signed_in": request.user.is_authenticated,
        "way_back": getattr(request, "way_back", ""),
    }
    answer = render(request, "entra/problem.html", context, status=200 if problem.is_choice else 403)
    widen(answer)
    return answer


def buttons(process: str = "login", user: User | None = None) -> list[dict[str, Any]]:
    """Return the buttons for a purpose. A person who is signed in connects accounts of their own side only."""
    if process == "connect" and user is not None:
        keys = [STAFF if staff.is_staff(user) else PARTNERS]
        labels = dict.fromkeys(keys, _("Connect a Microsoft account"))
    else:
        keys = [PARTNERS, STAFF]
        labels = {
            PARTNERS: _("Sign in with Microsoft"),
            STAFF: _("Sign in with Microsoft (people of Ingram Micro)"),
        }
    found = ways()
    return [{"key": key, "label": labels[key]} for key in keys if key in found]


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def first(request: HttpRequest) -> HttpResponse:
    """Ask somebody who comes with Microsoft for the first time for their address, and send a code there."""
    try:
        kept = linking.waiting(request)
    except linking.NothingWaitsError:
        return show(request, "state")
    form = AddressForm(request.POST or None, initial={"email": kept["extra"]["address"]})
    if request.method == "POST" and form.is_valid():
        linking.send_code(request, to=form.cleaned_data["email"])
        return redirect("entra:code")
    context = {"form": form, "name": kept["extra"]["name"]}
    return render(request, "entra/first.html", context, status=422 if form.is_bound else 200)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Take the code of the mail, connect the account or make it, and sign in."""
    try:
        kept = linking.waiting(request)
        if "to" not in kept:
            return redirect("entra:first")
        form = CodeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            user, waiting, counts = linking.confirm(request, code=form.cleaned_data["code"])
            return sign_in.admit(
                request, user, provider=waiting["provider"], uid=waiting["uid"], has_second_factor=counts,
                back=waiting["back"],
            )  # fmt: skip
    except linking.WrongCodeError as error:
        told = ngettext(
            "This is not the code that we sent. You have %(left)d more try.",
            "This is not the code that we sent. You have %(left)d more tries.",
            error.left,
        )
        form.add_error(
            "code", told % {"left": error.left} if error.left else _("Ask for a new code: this one is used up.")
        )
    except linking.NothingWaitsError:
        return show(request, "state")
    except linking.NoAccountError:
        return show(request, "no_account")
    except ProblemError as error:
        return show(request, error.code)
    return render(request, "entra/code.html", {"form": form, "to": kept["to"]}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def accounts(request: HttpRequest) -> HttpResponse:
    """Show the person's Microsoft accounts, connect another one, disconnect one."""
    user = cast(User, request.user)
    rows = list(SocialAccount.objects.filter(user=user).order_by("pk"))
    if not rows and not ways():
        raise Http404
    if request.method == "POST":
        return _disconnect(request, user)
    context = {"rows": rows, "may_disconnect": connected.may_disconnect(user, rows)}
    return render(request, "entra/accounts.html", context)


def _disconnect(request: HttpRequest, user: User) -> HttpResponse:
    number = request.POST.get("account", "")
    row = SocialAccount.objects.filter(user=user, pk=int(number) if number.isdecimal() else 0).first()
    if row is not None:  # sent twice, it is gone
        try:
            connected.disconnect(user, row)
        except connected.LastWayInError:
            messages.error(request, _("This is your only way in. Choose a password first, then disconnect it."))
            return redirect("entra:accounts")
    messages.success(request, _("The Microsoft account is disconnected."))
    return redirect("entra:accounts")


@require_safe
def again(request: HttpRequest) -> HttpResponse:
    """Ask for a sign-in at Microsoft as a proof of identity."""
    user = cast(User, request.user)
    keys = connected.ways_of(user)
    if not keys:
        raise Http404
    context = {"keys": keys, "next": get_next_redirect_url(request) or ""}
    return render(request, "entra/again.html", context)


@login_not_required
@require_safe
def signed_out(request: HttpRequest, key: str) -> HttpResponse:
    """Say that the person is signed out here, and how to sign out at Microsoft too."""
    way = _way(key)
    try:
        back = urlencode({"post_logout_redirect_uri": settings.SITE_URL + reverse("home")})
        there = f"{microsoft.published(way).sign_out}?{back}"
    except MicrosoftError:
        there = ""
    return render(request, "entra/signed_out.html", {"there": there})


def _way(key: str) -> Way:
    found = ways().get(key)
    if found is None:
        raise Http404
    return found
