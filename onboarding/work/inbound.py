"""Messages of other systems: apply each, retry what is not known yet, give up after TRIES."""

import logging
import random

from celery.exceptions import SoftTimeLimitExceeded

from onboarding.domain.partner_center import inbound
from onboarding.models import Inbound
from portal.work import claims, pace
from portal.work.backoff import back_off
from portal.work.kinds import Rate, WorkKind

log = logging.getLogger(__name__)
TRIES = 5  # of a message that cannot be handled, before it is a dead letter
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


def handle(claim: claims.Claim, message: Inbound) -> None:
    now = claims.database_now()
    wait = pace.rest(back_off(max(claim.attempt, message.errors), base=60, cap=6 * 3600, rng=_RNG))
    try:
        result = inbound.handle(message, now=now)
    except inbound.NotKnownYetError as error:
        if message.errors >= TRIES:
            claims.park(claim, why=str(error), now=now)
        else:
            claims.postpone(claim, until=now + wait)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        log.exception("handling a message failed")
        if claim.attempt >= TRIES:
            claims.park(claim, why=f"{type(error).__name__}: {error}", now=now)
        else:
            claims.retry_after_bug(claim, until=now + wait)
    else:
        claims.settle(claim, next_check_at=None, handled_at=now, result=result)


KIND = WorkKind(
    name="inbound",
    model=Inbound,
    queues={inbound.QUEUE: Rate(50, 200)},
    task="onboarding.handle_inbound",
    do=handle,
    limit=20,
)
