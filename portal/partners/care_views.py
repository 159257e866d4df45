"""Pages that keep a company's people true: the owner's yearly review, and the BDMs' companies without an owner."""

import uuid
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.models import User
from portal.coverage import absences
from portal.coverage.models import Bdm
from portal.limits import LimitReachedError
from portal.notices import stops
from portal.partners import domain, ownerless, people, reviews, strangers
from portal.partners.forms import INVITE, GiveOwnerForm, ReviewForm
from portal.partners.models import Membership, Partner, Role, WithoutOwner
from portal.web import limit_words


@login_not_required
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def unknown(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the reader of an invitation whether they do not know the company (GET), and keep that (POST)."""
    now = timezone.now()
    invitation = domain.read_invitation(token=token, user=None, now=now).invitation
    if invitation is None:
        raise Http404
    is_done = request.method == "POST" and strangers.disown_invitation(token=token, now=now)
    context = {"invitation": invitation, "is_done": is_done or stops.is_stopped(invitation.email), "token": token}
    return render(request, "partners/unknown.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Show an owner everybody of the company, with their role (GET); keep what they decided (POST)."""
    mine = get_object_or_404(Membership.objects.select_related("partner"), partner_id=partner_id, user=request.user.pk)
    if not mine.may_manage:
        raise Http404
    members = list(mine.partner.memberships.select_related("user").order_by("since", "pk"))
    form = ReviewForm(*([request.POST] if request.method == "POST" else []), members=members)
    if request.method == "POST" and form.is_valid():
        try:
            changed = reviews.finish(
                partner=mine.partner, decisions=form.decisions, by=_me(request), now=timezone.now()
            )
        except people.LastOwnerError:
            form.add_error(None, _("A company keeps at least one owner. Choose who is owner, then confirm again."))
        else:
            told = ngettext("Confirmed, with %(count)s change.", "Confirmed, with %(count)s changes.", changed)
            messages.success(request, told % {"count": changed} if changed else _("Confirmed. Nothing changed."))
            stays = form.decisions.get(mine.pk) != reviews.GONE
            return redirect("partners:company", partner_id) if stays else redirect("home")
    context = {"partner": mine.partner, "form": form}
    return render(request, "partners/review.html", context, status=422 if form.errors else 200)


@require_safe
def without_owner(request: HttpRequest) -> HttpResponse:
    """Show a BDM the companies of their countries that have no owner who can sign in."""
    return _companies(request, _rows(request))


@require_POST
def give_owner(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Make a member the owner, or invite one; a refusal is said at the company's form."""
    rows = _rows(request)
    row = next((row for row in rows if row.partner_id == partner_id), None)
    if row is None:
        return _not_in_list(request, partner_id)
    form = _form(row, request)
    if form.is_valid():
        try:
            messages.success(request, _give(form, row.partner, _me(request)))
        except ownerless.CannotSignInError:
            form.add_error("who", _("This person no longer belongs to the company. Choose someone from the list."))
        except ownerless.HasOwnerError:
            messages.info(request, _has_owner(row.partner))
        except domain.AlreadyMemberError:
            form.add_error("email", _("This person belongs to the company already. Choose them in the list."))
        except stops.StoppedError:
            form.add_error("email", _("The owner of this address asked us for no such e-mails. Telephone them."))
        except LimitReachedError as reached:
            form.add_error(None, limit_words.sentence(reached))
    return _companies(request, rows, {row.pk: form}) if form.errors else redirect("partners:without_owner")


def _give(form: GiveOwnerForm, partner: Partner, by: User) -> str:
    now, typed = timezone.now(), form.cleaned_data
    if typed["who"] == INVITE:
        ownerless.invite(partner=partner, email=typed["email"], by=by, now=now)
        words = {"email": typed["email"], "company": partner}
        return _("%(email)s is invited as owner of %(company)s.") % words
    owner = ownerless.appoint(partner=partner, membership=int(typed["who"]), by=by, now=now)
    return _("%(person)s is the owner of %(company)s now.") % {"person": owner.user, "company": partner}


def _not_in_list(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    """A company of these countries that was on the list has an owner by now: a form came twice, or late."""
    countries = _countries(_bdm(request))
    known = Partner.objects.filter(pk=partner_id, without_owner__isnull=False).distinct()
    if countries is not None:
        known = known.filter(country__in=countries)
    messages.info(request, _has_owner(get_object_or_404(known)))
    return redirect("partners:without_owner")


def _has_owner(partner: Partner) -> str:
    return _("%(company)s has an owner again. Nothing was changed.") % {"company": partner}


def _companies(
    request: HttpRequest, rows: list[WithoutOwner], bound: dict[int, GiveOwnerForm] | None = None
) -> HttpResponse:
    forms = bound or {}
    context = {
        "companies": [(row, forms.get(row.pk) or _form(row)) for row in rows],
        "form": next(iter(forms.values()), None),
        "disowned": strangers.disowned_lately(_countries(_bdm(request)), now=timezone.now()),
    }
    return render(request, "partners/without_owner.html", context, status=422 if bound else 200)


def _form(row: WithoutOwner, request: HttpRequest | None = None) -> GiveOwnerForm:
    members = [one for one in row.partner.memberships.all() if one.role != Role.OWNER]
    action = reverse("partners:give_owner", args=[row.partner_id])
    bound = [request.POST] if request else []
    return GiveOwnerForm(*bound, members=members, action=action, auto_id=f"company-{row.pk}-%s")


def _rows(request: HttpRequest) -> list[WithoutOwner]:
    return list(ownerless.of_countries(_countries(_bdm(request))))


def _countries(bdm: Bdm) -> list[str] | None:
    return absences.countries_of(bdm, absences.covered_on(bdm, today=timezone.localdate()))


def _bdm(request: HttpRequest) -> Bdm:
    return get_object_or_404(Bdm.objects.select_related("user"), user=request.user.pk)


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)  # LoginRequiredMiddleware lets nobody else in
