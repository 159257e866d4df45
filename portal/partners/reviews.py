"""Once a year the owners look through who belongs to their company, and in which role.

People change jobs, and nobody thinks of their account. A review asks; it takes no right away by itself.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Q
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse

from portal.accounts.models import User
from portal.notices import outbox
from portal.partners import people
from portal.partners.events import record
from portal.partners.models import Deed, Membership, MembersReview, Partner, Role
from portal.work import isolation

EVERY = dt.timedelta(days=365)
REMINDED_AFTER = dt.timedelta(days=30)
GONE = ""  # the decision about a person who no longer belongs to the company


def ask_due(now: dt.datetime) -> int:
    """Ask the owners of every company whose last review, or registration, was a year ago; remind once.

    Companies of one person are not asked. Return how many reviews were opened. A second run asks nobody twice.
    """
    unanswered = MembersReview.objects.filter(done_at=None, reminded_at=None, asked_at__lte=now - REMINDED_AFTER)
    last = Greatest("created_at", Coalesce(Max("reviews__done_at"), "created_at"))
    due = (
        Partner.objects.annotate(last=last, number=Count("memberships", distinct=True))
        .filter(~Exists(MembersReview.objects.filter(partner=OuterRef("pk"), done_at=None)))
        .filter(last__lte=now - EVERY, number__gt=1)
        .filter(Exists(Membership.objects.filter(partner=OuterRef("pk"), role=Role.OWNER, user__is_active=True)))
    )
    deeds: dict[tuple[str, Any], Callable[[Any, dt.datetime], int]] = {}
    deeds |= {("remind", pk): _remind for pk in unanswered.order_by("pk").values_list("pk", flat=True)}
    deeds |= {("ask", pk): _ask for pk in due.order_by("pk").values_list("pk", flat=True)}
    return isolation.each(deeds, lambda deed: deeds[deed](deed[1], now), what="review of members")


def open_of(partner: Partner) -> MembersReview | None:
    return partner.reviews.filter(done_at=None).first()


@transaction.atomic
def _ask(pk: uuid.UUID, now: dt.datetime) -> int:
    partner = Partner.objects.select_for_update(no_key=True).get(pk=pk)
    if open_of(partner):
        return 0
    _tell(MembersReview.objects.create(partner=partner, asked_at=now), now, reminder=False)
    return 1


@transaction.atomic
def _remind(pk: int, now: dt.datetime) -> int:
    rows = MembersReview.objects.filter(pk=pk, done_at=None, reminded_at=None)
    if rows.update(reminded_at=now):
        _tell(MembersReview.objects.select_related("partner").get(pk=pk), now, reminder=True)
    return 0


def _tell(row: MembersReview, now: dt.datetime, *, reminder: bool) -> None:
    context = {
        "partner": str(row.partner),
        "number": Membership.objects.filter(partner=row.partner_id).count(),
        "reminder": reminder,
        "link": settings.SITE_URL + reverse("partners:review", args=[row.partner_id]),
    }
    key = f"review-{row.pk}-{int(reminder)}"
    outbox.tell("members_review", people=people.owners(row.partner), context=context, key=key, now=now)


@transaction.atomic
def finish(*, partner: Partner, decisions: Mapping[int, str], by: User, now: dt.datetime) -> int:
    """Give each member (by the membership's key) the role that the owner decided, or remove them (``GONE``).

    Return how many changed. It counts as this year's review even before one was asked for. Sent twice, the second one
    changes nothing; who joined meanwhile is left alone.

    Raises: people.LastOwnerError: nothing was changed.
    """
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    rows = list(Membership.objects.filter(partner=partner, pk__in=list(decisions)).select_related("user", "partner"))
    # New owners first, so that a company may exchange its owners in one review.
    rows.sort(key=lambda row: (decisions[row.pk] != Role.OWNER, row.user_id == by.pk))
    changed = sum(_decide(row, decisions[row.pk], by, now) for row in rows)
    if not Membership.objects.filter(partner=partner, role=Role.OWNER).exists():
        # Leaving an empty company behind has its own page, which says what follows.
        raise people.LastOwnerError
    if _is_repeated(partner, by, now) and not changed:
        return 0
    open_ = MembersReview.objects.filter(partner=partner, done_at=None)
    if not open_.update(done_at=now, done_by=by):
        MembersReview.objects.create(partner=partner, asked_at=now, done_at=now, done_by=by)
    record(partner, Deed.REVIEWED, by=by, now=now, changed=changed)
    return changed


def _decide(row: Membership, decision: str, by: User, now: dt.datetime) -> bool:
    if decision == GONE:
        return people.remove(membership=row, by=by, now=now)
    return people.change_role(membership=row, role=decision, by=by, now=now)


def _is_repeated(partner: Partner, by: User, now: dt.datetime) -> bool:
    just_now = Q(done_at__gt=now - dt.timedelta(minutes=1), done_by=by)
    return not open_of(partner) and partner.reviews.filter(just_now).exists()
