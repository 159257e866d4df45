"""One deed for many enrollments: assign, follow up, tag, remind. A worker does it row by row, each once.

What may be done is asked for each enrollment when its turn comes: since the page was shown, one may have moved, another
may not be the person's any more. Such rows are left as they are, and the report says why.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from onboarding.domain.desk import listing, reminding, work
from onboarding.domain.desk.listing import Filters, Scope
from onboarding.enums import BulkKind, BulkOutcome
from onboarding.models import BulkDeed, BulkRow, Enrollment, FileWork
from onboarding.models.bulk import QUEUE
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.work import claims

MOST = 50_000  # enrollments of one deed
PORTION = 200  # rows within one claim; each is a transaction of its own


def ask(
    *,
    key: uuid.UUID,
    kind: BulkKind,
    by: User,
    chosen: Collection[uuid.UUID],
    query: str,
    values: dict[str, Any],
    now: dt.datetime,
) -> BulkDeed:
    """Write a deed for the ``chosen`` enrollments, or for all of a view (``query``). Return the known one for a key."""
    with transaction.atomic():
        deed, is_new = BulkDeed.objects.get_or_create(
            pk=key,
            by=by,
            defaults={
                "kind": kind, "asked_at": now, "query": "" if chosen else query[:500], "values": values,
                "queue": QUEUE, "next_check_at": now,
            },
        )  # fmt: skip
        if is_new and chosen:
            _collect(deed, list(dict.fromkeys(chosen))[:MOST], now)
    return deed


def _collect(deed: BulkDeed, keys: Iterable[uuid.UUID], now: dt.datetime) -> None:
    known = Enrollment.objects.filter(pk__in=list(keys)).values_list("pk", flat=True)
    rows = BulkRow.objects.bulk_create([BulkRow(deed=deed, enrollment_id=pk) for pk in known], batch_size=5_000)
    deed.collected_at, deed.total = now, len(rows)
    deed.save(update_fields=["collected_at", "total"])


def collect(deed: BulkDeed, filters: Filters | None, *, now: dt.datetime) -> None:
    """Collect the enrollments of the deed's view, in its order, at most ``MOST``. None: the view is gone."""
    bdm = Bdm.objects.filter(user=deed.by_id).first()
    if bdm is None or filters is None:
        _collect(deed, [], now)
        return
    scope = listing.scope_of(bdm, today=timezone.localdate(now))
    with transaction.atomic():
        _collect(deed, listing.keys(bdm, filters, scope=scope, now=now, limit=MOST), now)


def go_on(*, claim: claims.Claim, deed: BulkDeed, now: dt.datetime) -> None:
    """Do the next portion of a collected deed, and settle the claim."""
    bdm = Bdm.objects.with_country_codes().filter(user=deed.by_id, user__is_active=True).select_related("user").first()
    scope = listing.scope_of(bdm, today=timezone.localdate(now)) if bdm else Scope([], ())
    for pk in list(deed.rows.filter(outcome="").order_by("pk").values_list("pk", flat=True)[:PORTION]):
        _do_one(pk, deed, scope, now)
    is_done = not deed.rows.filter(outcome="").exists()
    claims.settle(claim, next_check_at=None if is_done else now, done_at=now if is_done else None)


def numbers(deed: BulkDeed) -> dict[str, int]:
    """Return how many rows ended how, by outcome; rows that are still to do are not counted."""
    rows = deed.rows.exclude(outcome="").values_list("outcome").annotate(number=Count("pk")).order_by()
    return {str(outcome): number for outcome, number in rows}


@transaction.atomic
def _do_one(pk: int, deed: BulkDeed, scope: Scope, now: dt.datetime) -> None:
    row = BulkRow.objects.select_for_update(skip_locked=True).filter(pk=pk, outcome="").first()
    if row is None:
        return
    enrollment = Enrollment.objects.select_related("partner", "country").get(pk=row.enrollment_id)
    is_theirs = scope.countries is None or enrollment.country_id in scope.countries
    row.outcome = _DEEDS[BulkKind(deed.kind)](enrollment, deed, now) if is_theirs else BulkOutcome.NOT_YOURS
    row.save(update_fields=["outcome"])


def _assign(enrollment: Enrollment, deed: BulkDeed, now: dt.datetime) -> BulkOutcome:
    to = User.objects.filter(pk=deed.values["to"], is_active=True).first()
    if to is None:
        return BulkOutcome.CANNOT_OWN
    owner = FileWork.objects.filter(pk=enrollment.pk).values_list("owner", flat=True).first()
    if owner is not None and owner != to.pk and not deed.values.get("replace"):
        return BulkOutcome.OWNED
    try:
        done = work.assign(enrollment=enrollment, to=to, by=deed.by, now=now, owner_seen=owner)
    except work.TakenMeanwhileError:
        return BulkOutcome.OWNED
    except work.CannotSeeError:
        return BulkOutcome.CANNOT_OWN
    return BulkOutcome.DONE if done else BulkOutcome.SAME


def _follow_up(enrollment: Enrollment, deed: BulkDeed, now: dt.datetime) -> BulkOutcome:
    on = dt.date.fromisoformat(deed.values["on"]) if deed.values.get("on") else None
    try:
        done = work.follow_up(enrollment=enrollment, on=on, today=timezone.localdate(deed.asked_at))
    except (work.PastDayError, work.FarDayError):
        return BulkOutcome.NOT_NOW
    return BulkOutcome.DONE if done else BulkOutcome.SAME


def _tag(enrollment: Enrollment, deed: BulkDeed, now: dt.datetime) -> BulkOutcome:
    try:
        done = [work.add_tag(enrollment=enrollment, name=name) for name in deed.values["tags"]]
    except (work.TooManyTagsError, work.LongTagError):
        return BulkOutcome.TOO_MANY_TAGS
    return BulkOutcome.DONE if any(done) else BulkOutcome.SAME


def _remind(enrollment: Enrollment, deed: BulkDeed, now: dt.datetime) -> BulkOutcome:
    return reminding.remind(enrollment=enrollment, by=deed.by, key=f"bulk-{deed.pk}-{enrollment.pk}", now=now)


_DEEDS: dict[BulkKind, Callable[[Enrollment, BulkDeed, dt.datetime], BulkOutcome]] = {
    BulkKind.ASSIGN: _assign,
    BulkKind.FOLLOW_UP: _follow_up,
    BulkKind.TAG: _tag,
    BulkKind.REMIND: _remind,
}
