"""The morning's summary: mails that were deferred until then and, for BDMs, what waits in their countries.

It is sent once a working day of the reader's country, from ``DIGEST_HOUR`` there; an empty one is not sent. One mail
each working morning is our answer to [too-many-mails].
"""

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.domain.desk import listing, pipeline
from onboarding.domain.desk.listing import Filters
from onboarding.models import PipelineEntry
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.geo.models import Country
from portal.notices import outbox, registry
from portal.notices.models import Digest, DigestLine
from portal.notices.registry import Choice
from portal.workdays import WorkCalendar

log = logging.getLogger(__name__)

KEPT = dt.timedelta(days=90)
SHOWN = 10
LINES_SHOWN = 50


def send(now: dt.datetime) -> int:
    """Write every summary whose morning has come. Return how many were written; a second run writes no more."""
    bdms = {bdm.user_id: bdm for bdm in Bdm.objects.prefetch_related("countries")}
    waiting = DigestLine.objects.filter(told_at=None).values("user")
    readers = User.objects.filter(Q(bdm__isnull=False) | Q(pk__in=waiting), is_active=True).order_by("pk")
    return sum(send_to(reader, bdms.get(reader.pk), now) for reader in readers)


def send_to(reader: User, bdm: Bdm | None, now: dt.datetime) -> bool:
    """Write one reader's summary, if their morning has come. Return False if there is none to write."""
    # An error in one reader's summary must not stop the others.
    try:
        return _send(reader, bdm, now)
    except (DatabaseError, LookupError, ValueError):
        log.exception("the summary of user %s failed", reader.pk)
        return False


def lines_over(now: dt.datetime) -> "QuerySet[DigestLine]":
    """Return the lines that were sent long ago, or whose reader has left."""
    return DigestLine.objects.filter(at__lt=now - KEPT)


def digests_over(now: dt.datetime) -> "QuerySet[Digest]":
    """Return the marks of summaries of long ago."""
    return Digest.objects.filter(day__lt=timezone.localdate(now - KEPT))


@transaction.atomic
def _send(reader: User, bdm: Bdm | None, now: dt.datetime) -> bool:
    calendar = _calendar(reader, bdm)
    day = calendar.day_of(now)
    morning = calendar.morning(day, settings.DIGEST_HOUR)
    if now < morning or not calendar.is_workday(day):
        return False
    digest = Digest(user=reader, day=day, done_at=now, was_sent=False)
    # The lock is the user's row: of two runs at one moment, the second finds the day done.
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=reader.pk)
    if Digest.objects.filter(user=reader, day=day).exists():
        return False
    lines = list(DigestLine.objects.filter(user=reader, told_at=None, at__lt=morning).order_by("at", "pk"))
    groups = _state(bdm, day, _last(reader, day, morning)) if bdm and _wants_state(reader) else []
    digest.was_sent = bool(lines or groups)
    digest.save()
    if digest.was_sent:
        _write(reader, bdm, day, lines, groups, now)
        DigestLine.objects.filter(pk__in=[line.pk for line in lines]).update(told_at=now)
    return digest.was_sent


def _write(
    reader: User,
    bdm: Bdm | None,
    day: dt.date,
    lines: Sequence[DigestLine],
    groups: list[dict[str, Any]],
    now: dt.datetime,
) -> None:
    context = {
        "day": day,
        "lines": lines[:LINES_SHOWN],
        "more": max(len(lines) - LINES_SHOWN, 0),
        "groups": groups,
        "link": settings.SITE_URL + reverse("onboarding:desk" if bdm else "onboarding:home"),
    }
    key = f"digest-{reader.pk}-{day}"
    code = "digest" if bdm else "summary"
    outbox.write(code, to=reader.email, language=reader.language, context=context, key=key, now=now)


def _calendar(reader: User, bdm: Bdm | None) -> WorkCalendar:
    """Return the calendar of the first country a BDM covers, or of the reader's company; else France's."""
    if bdm:
        countries = sorted(bdm.countries.all(), key=lambda country: country.code)
        country = countries[0] if countries else None
    else:
        country = Country.objects.filter(pk__in=reader.partners.values("country")).order_by("pk").first()
    return country.calendar if country else WorkCalendar("FR", settings.TIME_ZONE)


def _wants_state(reader: User) -> bool:
    return outbox.choices_of(registry.get("digest"), [reader])[reader.pk] != Choice.OFF


def _last(reader: User, day: dt.date, morning: dt.datetime) -> dt.datetime:
    """Return since when something is new: the last summary that was due, at most a week ago."""
    a_week_ago = morning - dt.timedelta(days=7)
    before = Digest.objects.filter(user=reader, day__lt=day, done_at__gt=a_week_ago).order_by("-day").first()
    return before.done_at if before else morning - dt.timedelta(days=1)


# The groups of a summary: a view, and whether the row says since when it is in its turn.
_GROUPS: tuple[tuple[str, Any, bool], ...] = (
    ("needs_me", _("Needs us, the most urgent first"), True),
    ("mine", _("Yours"), True),
    ("microsoft_late", _("Overdue at Microsoft"), True),
    ("at_risk", _("At risk"), True),
)


def _state(bdm: Bdm, day: dt.date, since: dt.datetime) -> list[dict[str, Any]]:
    """Return what waits in the BDM's countries, view by view, and what is new since the last summary."""
    scope, now = listing.scope_of(bdm, today=day), since
    numbers = pipeline.counts(scope.countries, owners=scope.owners)
    groups = []
    for view, title, shows_since in _GROUPS:
        if numbers.get(view):
            rows = listing.entries(bdm, Filters(view=view), scope=scope, now=now)
            groups.append(_group(title, rows.order_by("rank", "since", "pk"), numbers[view], shows_since))
    for title, moment, still in (
        (_("Submitted since the last summary"), "enrollment__submitted_at", {}),
        (_("Ready since the last summary"), "enrollment__ready_at", {"views__contains": ["ready"]}),
    ):
        rows = listing.entries(bdm, Filters(view="all"), scope=scope, now=now).filter(
            **{f"{moment}__gte": since}, **still
        )
        if number := rows.count():
            # In the order of the desk PostgreSQL would read every file of the view to find those of one day.
            groups.append(_group(title, rows.order_by(f"-{moment}", "pk"), number, shows_since=False))
    return groups


def _group(title: Any, rows: QuerySet[PipelineEntry], number: int, shows_since: bool) -> dict[str, Any]:
    shown = rows.select_related("enrollment__partner", "enrollment__country")[:SHOWN]
    files = [
        {
            "partner": str(row.enrollment.partner),
            "country": row.enrollment.country,
            "link": settings.SITE_URL + reverse("onboarding:desk_enrollment", args=[row.pk]),
            "since": row.since if shows_since else None,
            "why": [pipeline.LABELS[part] for part in row.parts],
        }
        for row in shown
    ]
    return {"title": title, "count": number, "files": files, "more": number - len(files)}
