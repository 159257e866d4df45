"""A person's own data: take it, have it erased; and the same export for the owners of a company.

``portal.accounts.step_up`` asks for a recent proof of identity first.
"""

import uuid
from typing import cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from portal.accounts.models import User
from portal.partners.models import Membership, Partner, Role
from portal.privacy import erasure, exports
from portal.privacy.models import DataExport


@require_safe
def own(request: HttpRequest) -> HttpResponse:
    """Show where a person takes their data and has their account erased."""
    me = _me(request)
    context = {
        "export": exports.newest(user=me, partner=None),
        "erasure": erasure.open_of(me),
        "hindrances": erasure.hindrances(me),
        "owned": Membership.objects.filter(user=me, role=Role.OWNER).select_related("partner").order_by("since"),
        "keep_days": exports.KEEP.days,
        "grace_days": erasure.GRACE.days,
    }
    return render(request, "privacy/own.html", context)


@require_POST
def ask_own(request: HttpRequest) -> HttpResponse:
    return redirect(exports.ask(by=_me(request), partner=None, language=get_language() or "fr", now=timezone.now()))


@require_safe
def company(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Show the owners of a company where they take its data."""
    partner = _owned(request, partner_id)
    context = {
        "partner": partner,
        "export": exports.newest(user=_me(request), partner=partner),
        "keep_days": exports.KEEP.days,
    }
    return render(request, "privacy/company.html", context)


@require_POST
def ask_company(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    partner = _owned(request, partner_id)
    return redirect(exports.ask(by=_me(request), partner=partner, language=get_language() or "fr", now=timezone.now()))


@require_safe
def export(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Show how far an export is, with its download."""
    found = _export(request, export_id)
    context = {
        "export": found,
        "is_live": not found.made_at and not found.parked_at,
        "keep_days": exports.KEEP.days,
        "erasure": erasure.open_of(_me(request)) if found.partner_id is None else None,
        "until": found.made_at + exports.KEEP if found.made_at else None,
    }
    return render(request, "privacy/export.html", context)


@require_GET
def take(request: HttpRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """Return the file. If it is not made yet or no longer kept, its page says so."""
    found = _export(request, export_id)
    if not found.is_kept:
        return redirect(found)
    assert found.made_at is not None
    try:
        content = found.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    except OSError:
        messages.error(
            request, _("The file cannot be read now: our storage does not answer. Try again in some minutes.")
        )
        return redirect(found)
    name = f"{'company' if found.partner_id else 'account'}-{timezone.localtime(found.made_at):%Y-%m-%d}.zip"
    response = FileResponse(content, as_attachment=True, filename=name, content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Ask whether the account is to be erased, after what will happen; then ask for it."""
    me = _me(request)
    if erasure.open_of(me):
        return redirect("privacy:own")
    if request.method == "POST":
        return _erase(request)
    context = {
        "hindrances": erasure.hindrances(me),
        "export": exports.newest(user=me, partner=None),
        "grace_days": erasure.GRACE.days,
    }
    return render(request, "privacy/erase.html", context)


def _erase(request: HttpRequest) -> HttpResponse:
    try:
        erasure.ask(user=_me(request), now=timezone.now())
    except erasure.HinderedError:
        return redirect("privacy:erase")
    messages.success(request, _("Your account will be erased. We wrote to you how to stop it."))
    return redirect("privacy:own")


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Withdraw the request. A second time changes nothing."""
    if erasure.withdraw(user=_me(request), now=timezone.now()):
        messages.success(request, _("Your account stays. Nothing was erased."))
    return redirect("privacy:own")


def _me(request: HttpRequest) -> User:
    return User.objects.get(pk=cast(int, request.user.pk))


def _owned(request: HttpRequest, partner_id: uuid.UUID) -> Partner:
    own_it = Membership.objects.filter(user=_me(request), role=Role.OWNER).values("partner")
    return get_object_or_404(Partner.objects.filter(pk__in=own_it), pk=partner_id)


def _export(request: HttpRequest, export_id: uuid.UUID) -> DataExport:
    return get_object_or_404(exports.seen_by(_me(request)), pk=export_id)
