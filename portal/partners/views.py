"""The company's pages. A company of others answers 404."""

import uuid
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.models import User
from portal.geo.models import Country
from portal.limits import LimitReachedError
from portal.notices import stops
from portal.partners import company_history, domain, hand_over, people, reviews
from portal.partners.forms import AFTERWARDS_OF_OTHER, CompanyForm, HandOverForm, InvitationForm, RoleForm
from portal.partners.models import Deed, HandOver, Invitation, Membership, Partner, Role
from portal.web import limit_words, questions
from portal.web.fragments import Fragments
from portal.web.typed import forget_typed, typed_before_sign_in


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    form = CompanyForm(request.POST or None, initial=typed_before_sign_in(request))
    if request.method == "POST" and form.is_valid():
        mine = Membership.objects.filter(
            user=_me(request), role=Role.OWNER, partner__name=form.cleaned_data["name"],
            partner__country=form.cleaned_data["country"],
        ).first()  # fmt: skip
        try:
            # A form that is sent twice registers one company.
            partner = mine.partner if mine else domain.register(**form.cleaned_data, owner=_me(request))
        except LimitReachedError as reached:
            form.add_error(None, limit_words.sentence(reached))
            return render(request, "partners/register.html", {"form": form}, status=429)
        forget_typed(request)
        messages.success(request, _("%(company)s is registered. You are its owner.") % {"company": partner})
        return redirect("home")
    return render(request, "partners/register.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def company(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Show the people of a company. An owner invites from here."""
    membership = _owner(request, partner_id) if request.method == "POST" else _member(request, partner_id)
    partner = membership.partner
    form = InvitationForm(request.POST or None, initial=_asked_by(request, partner) | typed_before_sign_in(request))
    if request.method == "POST" and form.is_valid():
        try:
            invitation = domain.invite(partner=partner, by=_me(request), now=timezone.now(), **form.cleaned_data)
        except domain.AlreadyMemberError:
            form.add_error("email", _("This person belongs to the company already. Change the role in the list above."))
        except stops.StoppedError:
            form.add_error("email", _no_mail())
        except LimitReachedError as reached:
            form.add_error(None, limit_words.sentence(reached))
        else:
            forget_typed(request)
            messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": invitation.email})
            return redirect("partners:company", partner.pk)
    country = Country.objects.filter(pk=partner.country).first()
    return render(
        request,
        "partners/company.html",
        {
            "partner": partner,
            "country": country or partner.country,
            "membership": membership,
            "people": [
                (person, RoleForm(initial={"role": person.role}, auto_id=f"person-{person.pk}-%s"))
                for person in partner.memberships.select_related("user").order_by("since")
            ],
            "invitations": partner.invitations.filter(
                accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now()
            ).order_by("expires_at"),
            "offers": [
                one
                for one in partner.hand_overs.filter(answer="").select_related("by", "to")
                if hand_over.is_open(one, now=timezone.now())
                and (membership.may_manage or one.to_id == request.user.pk)
            ],
            "looks": company_history.looks(partner) if membership.may_manage else [],
            "is_review_due": membership.may_manage and reviews.open_of(partner) is not None,
            "story": company_history.of(partner),
            "form": form,
        },
    )


def _asked_by(request: HttpRequest, partner: Partner) -> dict[str, str]:
    """Return the address of the person who asked to join, where an owner follows the link of that mail."""
    number = request.GET.get("asked", "")
    if not number.isdecimal():
        return {}
    event = partner.events.filter(pk=int(number[:18]), deed=Deed.ASKED_TO_JOIN).select_related("actor").first()
    return {"email": event.actor.email} if event and event.actor else {}


@require_POST
def change_role(request: HttpRequest, partner_id: uuid.UUID, membership_id: int) -> HttpResponse:
    theirs = _colleague(request, partner_id, membership_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This role does not exist. Choose one from the list."))
        return redirect("partners:company", partner_id)
    try:
        people.change_role(membership=theirs, role=form.cleaned_data["role"], by=_me(request), now=timezone.now())
    except people.LastOwnerError:
        messages.error(request, _last_owner())
    else:
        messages.success(request, _("The role of %(person)s is changed.") % {"person": theirs.user})
    return redirect("partners:company", partner_id)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, partner_id: uuid.UUID, membership_id: int) -> HttpResponse:
    """Ask first, and say what follows (GET); POST removes the person."""
    if request.method == "POST" and people.has_gone(partner_id=partner_id, by=_me(request), membership=membership_id):
        return redirect("home")
    theirs = _colleague(request, partner_id, membership_id)
    if theirs.user_id == request.user.pk:
        return redirect("partners:leave", partner_id)  # what follows differs, and is asked there
    if request.method != "POST":
        return render(request, "partners/remove.html", {"theirs": theirs})
    try:
        people.remove(membership=theirs, by=_me(request), now=timezone.now())
    except people.LastOwnerError:
        messages.error(request, _last_owner())
        return redirect("partners:company", partner_id)
    messages.success(request, _("%(person)s no longer belongs to the company.") % {"person": theirs.user})
    return redirect("partners:company", partner_id)


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Ask first, and say what follows (GET); POST leaves the company. The last owner hands over first."""
    has_gone = request.method == "POST" and people.has_gone(partner_id=partner_id, by=_me(request))
    if has_gone and not Membership.objects.filter(user=_me(request), partner=partner_id).exists():
        return redirect("home")
    mine = _member(request, partner_id)
    try:
        if request.method == "POST":
            people.remove(membership=mine, by=_me(request), now=timezone.now())
            messages.success(request, _("You no longer belong to %(company)s.") % {"company": mine.partner})
            return redirect("home")
    except people.LastOwnerError:
        pass  # the page says what to do first
    others = mine.partner.memberships.exclude(pk=mine.pk)
    is_last = mine.role == Role.OWNER and not others.filter(role=Role.OWNER).exists()
    context = {
        "mine": mine,
        "is_empty_afterwards": people.may_be_left_empty(mine),
        "is_last_owner": is_last and not people.may_be_left_empty(mine),
        "has_colleagues": others.exists(),
    }
    return render(request, "partners/leave.html", context, status=409 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def offer_ownership(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Offer the ownership to a colleague (POST); the page says what follows."""
    mine = _owner(request, partner_id)
    colleagues = list(mine.partner.memberships.exclude(role=Role.OWNER).select_related("user").order_by("since"))
    initial = {"to": str(colleagues[0].user_id)} if len(colleagues) == 1 else {}
    form = HandOverForm(request.POST or None, colleagues=colleagues, initial=initial)
    if request.method == "POST" and form.is_valid():
        to = next(one.user for one in colleagues if str(one.user_id) == form.cleaned_data["to"])
        try:
            hand_over.offer(
                partner=mine.partner,
                to=to,
                afterwards=form.cleaned_data["afterwards"],
                by=_me(request),
                now=timezone.now(),
            )
        except hand_over.NotAMemberError:
            form.add_error("to", _("This person no longer belongs to the company. Choose someone from the list."))
        else:
            messages.success(
                request, _("%(person)s is asked by e-mail. Nothing changes before the answer.") % {"person": to}
            )
            return redirect("partners:company", partner_id)
    context = {"partner": mine.partner, "form": form, "colleagues": colleagues, "days": hand_over.DAYS}
    return render(request, "partners/offer_ownership.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def answer_hand_over(request: HttpRequest, partner_id: uuid.UUID, offer_id: int) -> HttpResponse:
    """Show an offer to the one who gets it, who accepts or declines, and to owners, who may withdraw it."""
    mine = _member(request, partner_id)
    offered = get_object_or_404(HandOver.objects.select_related("by", "to"), pk=offer_id, partner=mine.partner)
    is_theirs = offered.to_id == mine.user_id
    if not is_theirs and not mine.may_manage:
        raise Http404
    if request.method == "POST":
        return _answer_hand_over(request, offered, is_theirs=is_theirs)
    context = {
        "offered": offered,
        "is_theirs": is_theirs,
        "is_open": hand_over.is_open(offered, now=timezone.now()),
        "afterwards": AFTERWARDS_OF_OTHER[offered.afterwards],
    }
    return render(request, "partners/hand_over.html", context)


def _answer_hand_over(request: HttpRequest, offered: HandOver, *, is_theirs: bool) -> HttpResponse:
    now = timezone.now()
    if "withdraw" in request.POST and not is_theirs:
        hand_over.withdraw(offered=offered, by=_me(request), now=now)
        messages.success(request, _("The offer is withdrawn. The roles are as before."))
    elif "decline" in request.POST and is_theirs:
        hand_over.decline(offered=offered, now=now)
        messages.success(request, _("You have declined. The roles are as before."))
    elif "accept" in request.POST and is_theirs:
        try:
            hand_over.accept(offered=offered, now=now)
        except hand_over.OfferGoneError:
            return redirect("partners:hand_over", offered.partner_id, offered.pk)
        messages.success(request, _("You are an owner of %(company)s now.") % {"company": offered.partner})
    return redirect("partners:company", offered.partner_id)


@require_POST
def withdraw(request: HttpRequest, partner_id: uuid.UUID, invitation_id: int) -> HttpResponse:
    membership = _owner(request, partner_id)
    invitation = get_object_or_404(Invitation, pk=invitation_id, partner=membership.partner)
    question = questions.ask(
        request,
        question=_("Withdraw the invitation to %(email)s?") % {"email": invitation.email},
        told=_("Its link stops working at once. You can invite the person again."),
        button=_("Withdraw the invitation"),
        back=reverse("partners:company", args=[partner_id]),
    )
    if question:
        return question
    domain.withdraw(invitation=invitation, by=_me(request), now=timezone.now())
    messages.success(request, _("The invitation to %(email)s is withdrawn.") % {"email": invitation.email})
    return redirect("partners:company", partner_id)


@login_not_required
@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites to which company, also without a session, and one button to those who are signed in.

    Opening the link accepts nothing, because mail scanners open links.
    """
    now = timezone.now()
    user = _me(request) if request.user.is_authenticated else None
    if request.method == "POST":
        if user is None:
            return redirect_to_login(request.get_full_path())
        try:
            partner = domain.accept(token=token, user=user, now=now)
        except domain.InvitationGoneError:
            pass  # the page says why
        else:
            messages.success(request, _("You belong to %(company)s now.") % {"company": partner})
            return redirect("partners:company", partner.pk)
    read = domain.read_invitation(token=token, user=user, now=now)
    accepted = read.invitation if read.state == domain.InvitationState.ACCEPTED else None
    # A person who has been removed since is told so; a member is taken to the company.
    if accepted and user and Membership.objects.filter(partner=accepted.partner, user=user).exists():
        return redirect("partners:company", accepted.partner_id)
    context = {
        "invitation": read.invitation, "state": read.state.value, "way_back": request.get_full_path(), "token": token,
    }  # fmt: skip
    if read.state == domain.InvitationState.OPEN:
        return render(request, "partners/invitation.html", context)
    context["fragment"] = GONE.of(read.state)
    return render(request, "partners/invitation_gone.html", context, status=404)


GONE = Fragments(
    "partners/invitation_gone", [state for state in domain.InvitationState if state != domain.InvitationState.OPEN]
)


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)  # LoginRequiredMiddleware lets nobody else in


def _member(request: HttpRequest, partner_id: uuid.UUID) -> Membership:
    return get_object_or_404(Membership.objects.select_related("partner"), partner_id=partner_id, user=_me(request))


def _owner(request: HttpRequest, partner_id: uuid.UUID) -> Membership:
    membership = _member(request, partner_id)
    if not membership.may_manage:
        raise Http404
    return membership


def _colleague(request: HttpRequest, partner_id: uuid.UUID, membership_id: int) -> Membership:
    """Return a membership of the owner's company, which may be the owner's own."""
    mine = _owner(request, partner_id)
    return get_object_or_404(
        Membership.objects.select_related("user", "partner"), pk=membership_id, partner=mine.partner
    )


def _no_mail() -> str:
    return _("The owner of this address asked us for no such e-mails. Let them create an account, then invite them.")


def _last_owner() -> str:
    return _("A company keeps at least one owner. Make someone else owner first, then change this role.")
