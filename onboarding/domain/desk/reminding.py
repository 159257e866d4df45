"""Remind a partner of what is theirs to do, because a BDM wants it."""

import datetime as dt

from django.db import transaction

from onboarding.domain import history
from onboarding.domain.checks import locks
from onboarding.domain.mail import notifications
from onboarding.enums import BulkOutcome, EnrollmentState, Source, Turn
from onboarding.models import Check, Enrollment
from portal.accounts.models import User

REMINDED_LATELY = dt.timedelta(days=3)


@transaction.atomic
def remind(*, enrollment: Enrollment, by: User, key: str, now: dt.datetime) -> BulkOutcome:
    """Write to the partner's people and return what came of it. ``key`` makes it one mail each, however often it comes.

    Nobody is written to where nothing is theirs to do, or within three days of the last reminder.
    """
    locks.lock(enrollment.partner_id)
    checks = list(Check.objects.filter(enrollment=enrollment))
    own = [check for check in checks if check.turn == Turn.RESELLER]
    is_draft = enrollment.state == EnrollmentState.DRAFT and enrollment.set_aside_at is None
    if not own and not is_draft:
        return BulkOutcome.NOT_NOW
    if enrollment.events.filter(kind="reminded", at__gt=now - REMINDED_LATELY).exists():
        return BulkOutcome.LATELY
    if not notifications.reminded_by_bdm(enrollment, checks, now=now, key=key):
        return BulkOutcome.NOBODY
    history.add(enrollment, "reminded", at=now, actor=by, source=Source.BDM)
    return BulkOutcome.DONE
