"""Acts that cannot be undone, or that give power away, need a recent proof of identity (``STEP_UP_SECONDS``).

The proof is a sign-in, or once more the password, a code or a passkey. What was sent waits, and is done after it.
"""

import json
import time
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlencode, urlsplit

import pghistory
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.utils.translation import gettext as _

from portal import encryption

MOST_CHARACTERS = 100_000  # of a form that is kept; the longest of these has a few hundred

# Names of addresses (* stands for any text) -> the fields that make it such an act, each with its values; without
# values any counts, and without fields every POST does.
Fields = dict[str, tuple[str, ...]]
EVERY: Fields = {}
ACTS: dict[str, Fields] = {
    "partners:offer_ownership": EVERY,
    "partners:hand_over": {"accept": ()},
    "partners:change_role": EVERY,
    "partners:remove": EVERY,
    "partners:review": EVERY,
    "partners:company": {"role": ("owner",)},
    "partners:leave": EVERY,
    "partners:give_owner": EVERY,
    "privacy:ask_own": EVERY,
    "privacy:ask_company": EVERY,
    "privacy:erase": EVERY,
    "account:end_other_sessions": EVERY,
    "account:end_session": EVERY,
    "account_email": {"action_add": (), "action_remove": (), "action_primary": ()},
    "entra:accounts": EVERY,
    "entra:start": {"process": ("connect",)},
    "mfa_activate_totp": EVERY,
    "mfa_deactivate_totp": EVERY,
    "mfa_generate_recovery_codes": EVERY,
    "mfa_add_webauthn": EVERY,
    "mfa_edit_webauthn": EVERY,
    "mfa_remove_webauthn": EVERY,
    "admin:*_delete": EVERY,
    "admin:*_changelist": {"action": ("delete_selected",)},
    # People, their roles and rights.
    "admin:accounts_user_*": EVERY,
    "admin:auth_group_*": EVERY,
    "admin:partners_partner_*": EVERY,
    "admin:partners_invitation_*": EVERY,
    "admin:places_bdm_*": EVERY,
}


def register(acts: dict[str, Fields]) -> None:
    """Add an app's own acts; it does so when it starts."""
    ACTS.update(acts)


# Downloads of everything that is kept about somebody, which a GET takes.
READS = ("privacy:take",)


class StepUp:
    """Ask who sends one of ``ACTS`` for a proof of identity, unless they have given one lately."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not request.user.is_authenticated or not needs_proof(request, name) or is_recent(request):
            return None
        return _ask(request)


def needs_proof(request: HttpRequest, name: str) -> bool:
    """Return whether this request is one of the acts; ``name`` is the name of its address."""
    if request.method != "POST":
        return name in READS
    return any(_is_sent(request.POST, fields) for pattern, fields in ACTS.items() if fnmatchcase(name, pattern))


def _is_sent(sent: QueryDict, fields: Fields) -> bool:
    # All values of a field: which of two the view will read is its own affair.
    return not fields or any(
        field in sent and (not values or not set(values).isdisjoint(sent.getlist(field)))
        for field, values in fields.items()
    )


def is_recent(request: HttpRequest) -> bool:
    """Return whether the person has proved who they are in the last ``STEP_UP_SECONDS``."""
    now = time.time()
    records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
    return any(0 <= now - record["at"] < settings.STEP_UP_SECONDS for record in records)


def _ask(request: HttpRequest) -> HttpResponse:
    """Redirect to the page that asks for the proof; what was sent waits in the session, sealed."""
    request.session.pop(STATE_SESSION_KEY, None)
    form = request.POST.urlencode()
    if request.method == "POST" and len(form) <= MOST_CHARACTERS:
        kept = json.dumps({"path": request.get_full_path(), "form": form, "at": time.time()})
        sealed = encryption.encrypt(kept) if encryption.has_key() else kept
        request.session[STATE_SESSION_KEY] = {"callback": f"{__name__}.resume", "state": {"kept": sealed}}
    methods = get_adapter().get_reauthentication_methods(request.user)
    page = methods[0]["url"] if methods else reverse("account_reauthenticate")
    return redirect(f"{page}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}")


def resume(request: HttpRequest, state: dict[str, str]) -> HttpResponse:
    """Do what was sent before the proof. django-allauth calls it once the proof is given.

    A proof for another page, or one that came later than ``STEP_UP_SECONDS``, does not do it: a person who turned
    away from the question did not agree to it.
    """
    text = state["kept"]
    kept = json.loads(text if text.startswith("{") else encryption.decrypt(text))
    asked_for = get_next_redirect_url(request, REDIRECT_FIELD_NAME)
    if asked_for != kept["path"]:
        return redirect(asked_for or "home")
    if time.time() - kept["at"] >= settings.STEP_UP_SECONDS:
        messages.warning(request, _("Nothing was done: this took too long. Send it again."))
        return redirect("home")
    return _do(request, kept["path"], kept["form"])


def _do(request: Any, address: str, form: str) -> HttpResponse:
    parts = urlsplit(address)
    found = resolve(parts.path)
    request.GET, request.POST = QueryDict(parts.query), QueryDict(form)
    request.META.update(PATH_INFO=parts.path, QUERY_STRING=parts.query)
    request.path = request.path_info = parts.path
    request.resolver_match = found
    pghistory.context(user=request.user.pk, deed=found.view_name)
    answer: HttpResponse = found.func(request, *found.args, **found.kwargs)
    return answer
