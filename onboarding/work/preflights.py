"""Pre-flights: ask other systems about answers that were not submitted yet, while a person waits."""

import datetime as dt
import logging
from typing import Any

from onboarding.connectors.base import PermanentError, TemporaryError
from onboarding.domain.checks import connectors
from onboarding.domain.checks.finding import CANNOT_TELL
from onboarding.domain.enrollment import preflight
from onboarding.enums import Kind
from onboarding.models import Preflight
from onboarding.models.preflight import QUEUE
from portal.work import claims
from portal.work.kinds import Rate, WorkKind

log = logging.getLogger(__name__)
RETRY = dt.timedelta(seconds=3)


def ask(claim: claims.Claim, flight: Preflight) -> None:
    """Ask what is not known yet.

    A system that fails is asked again a few times within seconds, because a person waits.
    """
    found, waiting = dict(flight.found), False
    for name in preflight.LOOKS:
        subject = None if name in found else preflight.subject(name, flight.typed)
        if subject is None:
            continue
        known = _first_answer(name, subject, flight.typed, is_last=flight.errors + 1 >= preflight.TRIES)
        if known:
            found[name] = known
        waiting = waiting or (known is None and bool(preflight.queues(name, flight.typed)))
    now = claims.database_now()
    if waiting:
        claims.settle(claim, next_check_at=now + RETRY, errors=flight.errors + 1, found=found)
    else:
        claims.settle(claim, next_check_at=None, found=found, done_at=now)


def _first_answer(name: str, subject: Any, typed: dict[str, Any], *, is_last: bool) -> dict[str, Any] | None:
    """Return the answer of the first connector that can tell; None if one of them must be asked again."""
    kind = Kind.EMAIL if name == "mailbox" else Kind.LEGAL_ENTITY
    for queue in preflight.queues(name, typed):
        try:
            finding = connectors.RECORDS[queue].looks[kind].look(subject, now=claims.database_now())
        except TemporaryError as error:
            log.warning("no answer now: %s", error)
            return preflight.nobody_answered(queue) if is_last else None
        except PermanentError as error:
            log.error("no answer: %s", error)
            continue
        if finding.reason != CANNOT_TELL:
            return preflight.as_kept(finding, queue)
    return None


KIND = WorkKind(
    name="preflights",
    model=Preflight,
    queues={QUEUE: Rate(2, 10)},
    task="onboarding.look_at_due_preflights",
    do=ask,
    limit=2,
)
