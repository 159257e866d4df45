"""Let an enrollment wait for something that the partner is getting, remind them, and go on once they have it."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from onboarding.domain import history
from onboarding.domain.checks import locks
from onboarding.domain.mail import notifications
from onboarding.domain.questions.preparations import PREPARATIONS
from onboarding.enums import EnrollmentState
from onboarding.models import Enrollment, Preparation
from portal.accounts.models import User
from portal.work import isolation

MOST_REMINDERS = 3
LATEST = dt.timedelta(days=90)  # of a reminder that the partner chooses
BATCH = 200


@transaction.atomic
def begin(
    *, enrollment: Enrollment, code: str, by: User, now: dt.datetime, remind_on: dt.date | None = None
) -> Preparation:
    """Return the open preparation, with its reminder on ``remind_on`` or after the usual days.

    A second call changes the day of the reminder only.
    """
    locks.lock(enrollment.partner_id)
    usual = timezone.localdate(now) + dt.timedelta(days=PREPARATIONS[code].remind_after)
    row = Preparation.objects.filter(enrollment=enrollment, code=code, ended_at=None).first()
    if row is None:
        row = Preparation.objects.create(
            enrollment=enrollment, code=code, since=now, by=by, remind_on=remind_on or usual
        )
        history.add(enrollment, "preparing", at=now, actor=by, preparation=code)
        Enrollment.objects.filter(pk=enrollment.pk).update(last_event_at=now, progressed_at=now)
    elif remind_on and remind_on != row.remind_on:
        row.remind_on = remind_on
        row.save(update_fields=["remind_on"])
    return row


@transaction.atomic
def end(*, enrollment: Enrollment, code: str, by: User, now: dt.datetime) -> bool:
    """End an open preparation, because the partner has it. Return False if there is none."""
    locks.lock(enrollment.partner_id)
    return _end(enrollment, [code], by=by, now=now)


def answered(enrollment: Enrollment, slug: str, *, by: User, now: dt.datetime) -> None:
    """End what a saved page shows that the partner has. Call it under the company's lock."""
    codes = [
        code
        for code, spec in PREPARATIONS.items()
        if spec.page == slug and (spec.holds_up or (code == "duns" and enrollment.partner.duns))
    ]
    if codes:
        _end(enrollment, codes, by=by, now=now)


def _end(enrollment: Enrollment, codes: list[str], *, by: User, now: dt.datetime) -> bool:
    open_ = Preparation.objects.filter(enrollment=enrollment, code__in=codes, ended_at=None)
    ended = list(open_.values_list("code", flat=True))
    if ended:
        open_.update(ended_at=now)
        for code in ended:
            history.add(enrollment, "prepared", at=now, actor=by, preparation=code)
    return bool(ended)


def remind(now: dt.datetime) -> int:
    """Remind the people of every enrollment whose day has come, three times at most. Return how many were reminded."""
    today = timezone.localdate(now)
    due = Preparation.objects.filter(ended_at=None, remind_on__lte=today)
    keys = list(due.order_by("remind_on", "pk").values_list("pk", flat=True)[:BATCH])
    return isolation.each(keys, lambda key: _remind(key, today=today, now=now), what="preparation")


@transaction.atomic
def _remind(key: int, *, today: dt.date, now: dt.datetime) -> bool:
    rows = Preparation.objects.select_related("enrollment__partner", "enrollment__country")
    row = rows.select_for_update(of=("self",), skip_locked=True).filter(pk=key, ended_at=None).first()
    if row is None or row.remind_on is None or row.remind_on > today:
        return False
    row.reminders += 1
    days = dt.timedelta(days=PREPARATIONS[row.code].remind_after)
    row.remind_on = today + days if row.reminders < MOST_REMINDERS else None
    row.save(update_fields=["reminders", "remind_on"])
    if row.enrollment.state == EnrollmentState.WITHDRAWN or row.enrollment.set_aside_at:
        return False
    notifications.preparing(row, now=now)
    return True
