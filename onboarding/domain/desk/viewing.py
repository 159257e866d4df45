"""See the portal as a person of a partner does: read only, for an hour, with a reason that the company's owners see.

Who may: leads and administrators anybody of a partner, a BDM those whose companies are all in countries they cover.
Nobody may see the portal as a person of Ingram Micro.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from onboarding.domain.desk import listing
from onboarding.models import Enrollment
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.partners.models import Membership, Partner, PartnerView

LONGEST = dt.timedelta(hours=1)
IN_SESSION = "viewing_as"  # where a session has the key of its look


class MayNotViewError(Exception):
    """The person may not look with this other person's eyes, or no longer may."""


def whom(viewer: User, user_id: int, *, today: dt.date) -> User:
    """Return the person whose pages ``viewer`` may see. Raises: MayNotViewError."""
    found = _people(_countries(viewer, today)).filter(pk=user_id).exclude(pk=viewer.pk).first()
    if found is None:
        raise MayNotViewError
    return found


def may_be_seen(countries: Sequence[str] | None) -> Exists:
    """Return an annotation of memberships: may somebody with these countries (None: all) see the person's pages?"""
    return Exists(_people(countries).filter(pk=OuterRef("user")))


def _countries(viewer: User, today: dt.date) -> Sequence[str] | None:
    """Return the countries of the viewer; None means all. Raises: MayNotViewError: they have none."""
    if viewer.is_active and viewer.is_superuser:
        return None
    bdm = Bdm.objects.filter(user=viewer.pk, user__is_active=True).first()
    if bdm is None:
        raise MayNotViewError
    return listing.scope_of(bdm, today=today).countries


def _people(countries: Sequence[str] | None) -> QuerySet[User]:
    """Return people of partners all of whose companies are in these countries, because their pages show them all.

    A company is where its enrollments are, or, without any, where its registered office is.
    """
    belongs = Membership.objects.filter(user=OuterRef("pk"))
    people = User.objects.filter(Exists(belongs), is_active=True, is_staff=False, is_superuser=False, bdm=None)
    if countries is None:
        return people
    files = Enrollment.objects.filter(partner__memberships__user=OuterRef("pk")).exclude(country__in=countries)
    without = Partner.objects.filter(memberships__user=OuterRef("pk"), enrollments=None)
    return people.exclude(Exists(files)).exclude(Exists(without.exclude(country__in=countries)))


@transaction.atomic
def begin(*, viewer: User, user_id: int, reason: str, now: dt.datetime) -> PartnerView:
    """Return a new look, which ends within an hour; an earlier one of the viewer ends now.

    Raises: MayNotViewError.
    """
    other = whom(viewer, user_id, today=timezone.localdate(now))
    User.objects.select_for_update(no_key=True).get(pk=viewer.pk)
    PartnerView.objects.filter(viewer=viewer, ended_at=None).update(ended_at=now)
    companies = list(Membership.objects.filter(user=other).values_list("partner_id", flat=True))
    return PartnerView.objects.create(
        viewer=viewer, seen_as=other, companies=companies, reason=reason, started_at=now, expires_at=now + LONGEST
    )


def current(*, viewer: User, pk: int, now: dt.datetime) -> PartnerView:
    """Return the look that goes on. Raises: MayNotViewError: it has ended, or the viewer may not look any more."""
    rows = PartnerView.objects.select_related("seen_as").filter(pk=pk, viewer=viewer, ended_at=None, expires_at__gt=now)
    found = rows.first()
    if found is None:
        raise MayNotViewError
    whom(viewer, found.seen_as_id, today=timezone.localdate(now))
    return found


def count_page(view: PartnerView) -> None:
    PartnerView.objects.filter(pk=view.pk).update(pages=F("pages") + 1)


def end(*, viewer: User, pk: int, now: dt.datetime) -> None:
    """End a look; one whose hour is over ended then. Twice changes nothing."""
    view = PartnerView.objects.filter(pk=pk, viewer=viewer, ended_at=None).first()
    if view is not None:
        PartnerView.objects.filter(pk=pk, ended_at=None).update(ended_at=min(now, view.expires_at))
