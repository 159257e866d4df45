"""Doors into the domain. The due rows are the queue; Celery only knocks, and ``manage.py work`` does without it."""

import datetime as dt
import logging
import random
import time
from typing import Any

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from onboarding.connectors import dns, mailbox, partner_center
from onboarding.connectors.base import Connector, LaneRefusedError, PermanentError, TemporaryError
from onboarding.connectors.registers import recherche_entreprises
from onboarding.domain import looks, validation
from onboarding.domain.finding import Finding
from onboarding.enums import Kind
from onboarding.models import Check
from portal.work import claims
from portal.work.waits import back_off

log = logging.getLogger(__name__)

CONNECTORS: dict[tuple[str, str], Connector[Any]] = {
    ("partner_center", Kind.MPN_ID): partner_center.MpnProfile(),
    ("partner_center", Kind.LOCATION): partner_center.Location(),
    ("partner_center", Kind.AGREEMENT): partner_center.Agreement(),
    ("partner_center", Kind.RELATIONSHIP): partner_center.Relationship(),
    ("register", Kind.LEGAL_ENTITY): recherche_entreprises.RechercheEntreprises(),
    ("dns", Kind.DOMAIN): dns.DomainTxt(),
    ("mailbox", Kind.EMAIL): mailbox.Mailbox(),
}
LANES = tuple(sorted({lane for lane, _ in CONNECTORS}))
LANE_RESTS = dt.timedelta(hours=1)
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


@shared_task(name="onboarding.look_at_due_checks")
def look_at_due_checks() -> None:
    # With one claim at a time a lease need outlast only one slow answer.
    end = time.monotonic() + settings.WORK_BUDGET_SECONDS
    while look_once(until=end):
        pass


def look_once(*, until: float = float("inf")) -> int:
    """Claim and look at one row of each lane, none after ``until`` (monotonic); returns how many were claimed."""
    taken = 0
    for lane in LANES:
        if time.monotonic() > until:
            return 0
        for claim in claims.claim_due(Check, lane=lane, limit=1):
            taken += 1
            _look(claim)
    return taken


def _look(claim: claims.Claim) -> None:
    check = claims.held(claim).select_related("enrollment__partner", "enrollment__country").first()
    if check is None:
        return
    now = claims.database_now()
    if claim.attempt > settings.WORK_MAX_ATTEMPTS:
        log.error("check %s parked: no answer after %s claims", check.pk, settings.WORK_MAX_ATTEMPTS)
        validation.park(claim=claim, why="no answer after several claims", now=now)
        return
    try:
        finding = looks.own_answer(check, now=now) or _ask(check)
        if not validation.record(claim=claim, finding=finding, now=claims.database_now()):
            log.warning("check %s: a stale answer was dropped", check.pk)
    except TemporaryError as error:
        log.warning("check %s: %s", check.pk, error)
        claims.lane_failed(check.lane, now=claims.database_now())
        wait = back_off(check.errors + 1, base=60, cap=6 * 3600, rng=_RNG) * settings.WAITING_PACE
        claims.postpone(claim, until=max(now + wait, error.retry_at or now, claims.database_now()))
    except LaneRefusedError as error:
        # Every row of this lane would hear the same. The lane rests, the rows keep their turn.
        log.error("lane %s closed for an hour: %s", check.lane, error)
        claims.close_lane(check.lane, until=now + LANE_RESTS * min(settings.WAITING_PACE * 10, 1))
        claims.postpone(claim, until=claims.database_now())
    except PermanentError as error:
        log.error("check %s parked: %s", check.pk, error)
        validation.park(claim=claim, why=str(error), now=claims.database_now())
    except SoftTimeLimitExceeded:
        raise
    except (OperationalError, InterfaceError) as error:
        # Not the check's fault. Whoever lost a deadlock gives the row back; without a connection its lease does.
        log.warning("check %s: the database did not answer: %s", check.pk, error)
        if not connection.is_usable():
            raise
        claims.retry_after_bug(claim, until=now + back_off(claim.attempt, base=1, cap=60, rng=_RNG))
    except Exception:
        # A bug must not take the worker with it; the attempt counts, and the row is parked after a few.
        log.exception("check %s failed", check.pk)
        claims.retry_after_bug(claim, until=now + back_off(claim.attempt, base=1, cap=60, rng=_RNG))


def _ask(check: Check) -> Finding:
    now = claims.database_now()
    subject = looks.subject_for_look(check, now=now)
    finding = CONNECTORS[check.lane, Kind(check.kind)].look(subject, now=now)
    claims.lane_answered(check.lane)
    return finding
