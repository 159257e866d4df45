"""The demo's console at ``/sandbox/``: read the sent mails, publish records, play the reseller in Partner Center.

It does not exist where no sandbox is configured, so not in production.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from onboarding.domain.checks import nightly_recheck
from onboarding.domain.partner_center import accounts
from onboarding.models import DutyKind, PartnerCenterAccount
from portal import outbound

DEEDS = {
    "enrol": gettext_lazy("Enrol in CSP"),
    "confirm_email": gettext_lazy("Confirm the e-mail address"),
    "sign_agreement": gettext_lazy("Sign the agreement"),
    "accept_link": gettext_lazy("Accept the invitation"),
    "remove_link": gettext_lazy("Remove the link"),
    "withdraw_agreement": gettext_lazy("Withdraw the agreement"),
    "suspend": gettext_lazy("Suspend the account"),
    "reinstate": gettext_lazy("Lift the suspension"),
}


class SandboxError(Exception):
    """The sandbox refused, or does not answer; the message is for the visitor."""


@login_not_required
@never_cache
@require_safe
def console(request: HttpRequest) -> HttpResponse:
    _must_have_sandbox()
    context: dict[str, Any] = {"deeds": DEEDS, "state": None, "mails": []}
    try:
        context |= {"state": _shown(_ask("GET", "state")), "mails": _ask("GET", "mails")["mails"]}
    except SandboxError as error:
        context["error"] = str(error)
    return render(request, "onboarding/sandbox.html", context)


def _shown(state: dict[str, Any]) -> dict[str, Any]:
    """Return the sandbox's state with what the page offers for each record and reseller."""
    return {
        **state,
        "dns": [{**record, "can_be_removed": record["type"] == "TXT"} for record in state["dns"]],
        "resellers": [{**reseller, "is_vetting": reseller["csp"] == "vetting"} for reseller in state["resellers"]],
    }


@login_not_required
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Do the one thing that the posted ``act`` names: publish, unpublish, reseller, clock, night or reset."""
    _must_have_sandbox()
    form = request.POST
    if form.get("act") == "night":
        return _let_the_night_begin(request)
    record = {"name": form.get("name", ""), "type": "TXT", "value": form.get("value", "")}
    reseller = {key: form.get(key, "").strip() for key in ("mpn_id", "tenant", "country", "name", "do")}
    acts: dict[str, tuple[str, str, dict[str, Any]]] = {
        "publish": ("POST", "dns", record),
        "unpublish": ("DELETE", "dns", record),
        "reseller": ("POST", "resellers", reseller),
        "clock": ("POST", "clock", {"advance_hours": form.get("advance_hours", "24")}),
        "reset": ("POST", "reset", {}),
    }
    wish = acts.get(form.get("act", ""))
    if wish is None:
        raise Http404
    try:
        _ask(wish[0], wish[1], wish[2])
        messages.success(request, _("Done."))
    except SandboxError as error:
        messages.error(request, str(error))
    return redirect("onboarding:sandbox")


def _let_the_night_begin(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    count = nightly_recheck.start_now(now=now)
    for account in PartnerCenterAccount.objects.all():
        accounts.do_now(account, DutyKind.RESELLERS, DutyKind.STANDINGS, now=now)
    told = ngettext(
        "The night has begun: %(count)s check of ready files is looked at again.",
        "The night has begun: %(count)s checks of ready files are looked at again.",
        count,
    )
    messages.success(request, told % {"count": count})
    return redirect("onboarding:sandbox")


def _must_have_sandbox() -> None:
    if not settings.SANDBOX_URL:
        raise Http404


def _ask(method: str, control: str, wish: dict[str, Any] | None = None) -> Any:
    """Return the sandbox's answer. Raises: SandboxError."""
    try:
        system = settings.SANDBOX_URL
        url = f"{system}/__sim__/{control}"
        response = outbound.request(method, url, system=system, json=wish, max_bytes=5_000_000)
        body = response.json()
    except (outbound.Unreachable, outbound.AddressRefused, outbound.TooLarge, ValueError) as error:
        raise SandboxError(_("The sandbox does not answer.")) from error
    if response.status != 200:
        raise SandboxError(str(body.get("error")))
    return body
