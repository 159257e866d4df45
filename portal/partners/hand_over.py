"""Hand a company over: an owner offers, a colleague accepts, and only then do the roles change."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from portal.accounts.models import User
from portal.notices import outbox
from portal.partners import people
from portal.partners.events import record
from portal.partners.models import Deed, HandOver, Membership, Partner, Role

DAYS = 14


class NotAMemberError(Exception):
    """The person to whom the company is handed over does not belong to it, or is an owner already."""


class OfferGoneError(Exception):
    """The offer is answered, withdrawn or expired, or one of the two people no longer has the role it needs."""


@transaction.atomic
def offer(*, partner: Partner, to: User, afterwards: str, by: User, now: dt.datetime) -> HandOver:
    """Return the offer, valid for two weeks. It replaces an open one; an equal open one is returned as it is.

    ``afterwards`` is the role that ``by`` keeps; empty: they leave.

    Raises: NotAMemberError.
    """
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if not partner.memberships.filter(user=to).exclude(role=Role.OWNER).exists():
        raise NotAMemberError
    open_ = partner.hand_overs.filter(answer="").first()
    if open_ and (open_.by_id, open_.to_id, open_.afterwards) == (by.pk, to.pk, afterwards) and open_.expires_at > now:
        return open_
    if open_:
        _answer(open_, HandOver.Reply.WITHDRAWN, now=now)
    made = HandOver.objects.create(
        partner=partner, by=by, to=to, afterwards=afterwards, offered_at=now, expires_at=now + dt.timedelta(days=DAYS)
    )
    record(partner, Deed.HAND_OVER_OFFERED, by=by, now=now, person=to)
    _tell("hand_over", to, made, now=now)
    return made


def is_open(offered: HandOver, *, now: dt.datetime) -> bool:
    """Return whether the offer can be accepted: both people still belong to the company, one of them as an owner."""
    roles = dict(Membership.objects.filter(partner=offered.partner_id).values_list("user", "role"))
    is_theirs = roles.get(offered.by_id) == Role.OWNER and offered.to_id in roles
    return offered.answer == "" and offered.expires_at > now and is_theirs


@transaction.atomic
def accept(*, offered: HandOver, now: dt.datetime) -> HandOver:
    """Make the colleague an owner, and give the one who offered the role they chose. Twice changes nothing.

    Raises: OfferGoneError: nothing was changed.
    """
    current = _locked(offered)
    if current.answer == HandOver.Reply.ACCEPTED:
        return current
    if not is_open(current, now=now):
        raise OfferGoneError
    # Answered first: an open offer is withdrawn with the role of the one who made it.
    _answer(current, HandOver.Reply.ACCEPTED, now=now)
    members = Membership.objects.filter(partner=current.partner)
    both = (current.by, current.to)
    new_owner, own = members.get(user=current.to), members.get(user=current.by)
    people.change_role(membership=new_owner, role=Role.OWNER, by=current.to, now=now, informed=both)
    if current.afterwards:
        people.change_role(membership=own, role=current.afterwards, by=current.by, now=now, informed=both)
    else:
        people.remove(membership=own, by=current.by, now=now, informed=both)
    after = {"after": current.afterwards or "left"}
    record(current.partner, Deed.HAND_OVER_ACCEPTED, by=current.to, now=now, person=current.by, **after)
    _tell("hand_over_answered", current.by, current, now=now)
    return current


@transaction.atomic
def decline(*, offered: HandOver, now: dt.datetime) -> HandOver:
    """Decline an open offer; any other stays as it is."""
    current = _locked(offered)
    if current.answer == "":
        _answer(current, HandOver.Reply.DECLINED, now=now)
        record(current.partner, Deed.HAND_OVER_DECLINED, by=current.to, now=now, person=current.by)
        _tell("hand_over_answered", current.by, current, now=now)
    return current


@transaction.atomic
def withdraw(*, offered: HandOver, by: User, now: dt.datetime) -> HandOver:
    """Withdraw an open offer; any other stays as it is."""
    current = _locked(offered)
    if current.answer == "":
        _answer(current, HandOver.Reply.WITHDRAWN, now=now)
        record(current.partner, Deed.HAND_OVER_WITHDRAWN, by=by, now=now, person=current.to)
    return current


def _locked(offered: HandOver) -> HandOver:
    Partner.objects.select_for_update(no_key=True).get(pk=offered.partner_id)
    return HandOver.objects.select_related("partner", "by", "to").get(pk=offered.pk)


def _answer(offered: HandOver, answer: HandOver.Reply, *, now: dt.datetime) -> None:
    offered.answer, offered.answered_at = answer, now
    offered.save(update_fields=["answer", "answered_at"])


def _tell(code: str, reader: User, offered: HandOver, *, now: dt.datetime) -> None:
    page = reverse("partners:hand_over", args=[offered.partner_id, offered.pk])
    if code == "hand_over_answered":
        has_left = offered.answer == HandOver.Reply.ACCEPTED and not offered.afterwards
        page = reverse("home") if has_left else reverse("partners:company", args=[offered.partner_id])
    context = {
        "partner": str(offered.partner),
        "by": str(offered.by),
        "to": str(offered.to),
        "until": offered.expires_at,
        "accepted": offered.answer == HandOver.Reply.ACCEPTED,
        "link": settings.SITE_URL + page,
    }
    outbox.tell(code, people=[reader], context=context, key=f"{code}-{offered.pk}", now=now)
