"""Doors into the domain. The due rows are the queue; Celery only knocks, and ``manage.py work`` does without it."""

import datetime as dt
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection
from structlog.contextvars import bound_contextvars

from onboarding.connectors import dns, dun_bradstreet, mailbox, marketplace, partner_center, scanner
from onboarding.connectors.base import (
    AccountRefusedError,
    Connector,
    Inquiry,
    PermanentError,
    QueueRefusedError,
    TemporaryError,
    inquiring,
)
from onboarding.connectors.registers import gleif, recherche_entreprises, vies
from onboarding.domain.checks import routing, transitions
from onboarding.domain.checks.finding import CANNOT_TELL, Finding
from onboarding.domain.checks.polling import next_night
from onboarding.domain.clocks import escalation
from onboarding.domain.enrollment import preflight
from onboarding.domain.partner_center import accounts, activity, inbound, insights, reseller_validation, resellers
from onboarding.domain.questions import country_formats
from onboarding.domain.requests import documents
from onboarding.enums import ImportState, Kind
from onboarding.models import (
    Check,
    Clock,
    Document,
    DutyKind,
    Inbound,
    InsightsFile,
    PartnerCenterAccount,
    PartnerCenterDuty,
    Preflight,
)
from onboarding.models.document import QUEUE as SCANNER
from onboarding.models.insights import QUEUE as INSIGHTS
from onboarding.models.preflight import QUEUE as PREFLIGHT
from portal.tables import subprocess_reader
from portal.tables.reading import Unreadable
from portal.work import claims, isolation, pace
from portal.work.backoff import back_off
from portal.work.wakeups import wake_workers

log = logging.getLogger(__name__)

CONNECTORS: dict[tuple[str, str], Connector[Any]] = {
    ("partner_center", Kind.MPN_ID): partner_center.MpnProfile(),
    ("partner_center", Kind.LOCATION): partner_center.Location(),
    ("partner_center", Kind.AGREEMENT): partner_center.Agreement(),
    ("partner_center", Kind.RELATIONSHIP): partner_center.Relationship(),
    ("recherche_entreprises", Kind.LEGAL_ENTITY): recherche_entreprises.RechercheEntreprises(),
    ("vies", Kind.LEGAL_ENTITY): vies.Vies(),
    ("gleif", Kind.LEGAL_ENTITY): gleif.Gleif(),
    ("dun_bradstreet", Kind.LEGAL_ENTITY): dun_bradstreet.DunBradstreet(),
    ("marketplace", Kind.MARKETPLACE): marketplace.MarketplaceAccount(),
    ("dns", Kind.DOMAIN): dns.DomainTxt(),
    ("mailbox", Kind.EMAIL): mailbox.Mailbox(),
}
QUEUES = tuple(sorted({queue for queue, _ in CONNECTORS}))
QUEUE_RESTS = dt.timedelta(hours=1)
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


@shared_task(name="onboarding.look_at_due_checks")
def look_at_due_checks() -> None:
    # With one claim at a time a lease need outlast only one slow answer.
    end = time.monotonic() + settings.WORK_BUDGET_SECONDS
    while look_once(until=end):
        pass
    if time.monotonic() > end:
        # There may be more: whoever is free goes on, and whoever waits behind us has his turn.
        wake_workers(("onboarding.look_at_due_checks",))


def _do_until_budget(once: Callable[[], int]) -> None:
    end = time.monotonic() + settings.WORK_BUDGET_SECONDS
    while time.monotonic() < end and once():
        pass


@shared_task(name="onboarding.read_due_clocks")
def read_due_clocks() -> None:
    _do_until_budget(read_clocks_once)


@shared_task(name="onboarding.handle_inbound")
def handle_inbound() -> None:
    _do_until_budget(handle_inbound_once)


TRIES = 5  # of a message that cannot be handled, before it is a dead letter


def handle_inbound_once(*, limit: int = 20) -> int:
    """Claim and handle up to ``limit`` messages of other systems; returns how many were claimed."""
    due = claims.claim_due(Inbound, queue=inbound.QUEUE, limit=limit)
    for claim in due:
        with bound_contextvars(inbound=claim.pk, claim=claim.number, attempt=claim.attempt, queue=inbound.QUEUE):
            _handle(claim)
    return len(due)


def _handle(claim: claims.Claim) -> None:
    message = claims.held(claim).first()
    if message is None:
        return
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


def read_clocks_once(*, limit: int = 20) -> int:
    """Claim and read up to ``limit`` clocks; returns how many were claimed."""
    due = claims.claim_due(Clock, queue=escalation.QUEUE, limit=limit)
    for claim in due:
        now = claims.database_now()
        if isolation.exceeded_attempts(claim):
            claims.park(claim, why=isolation.EXCEEDED_ATTEMPTS, now=now)
            continue
        with isolation.isolate_failure(claim):
            escalation.read(claim=claim, now=now)
    return len(due)


@shared_task(name="onboarding.look_at_due_preflights")
def look_at_due_preflights() -> None:
    _do_until_budget(preflight_once)


def preflight_once(*, limit: int = 2) -> int:
    """Claim and fly up to ``limit`` pre-flights; returns how many were claimed."""
    due = claims.claim_due(Preflight, queue=PREFLIGHT, limit=limit)
    for claim in due:
        if isolation.exceeded_attempts(claim):
            claims.park(claim, why=isolation.EXCEEDED_ATTEMPTS, now=claims.database_now())
            continue
        with isolation.isolate_failure(claim):
            _fly(claim)
    return len(due)


def _fly(claim: claims.Claim) -> None:
    """Ask what is not known yet; who does not answer is asked again a few times, in seconds: a person waits."""
    flight = claims.held(claim).first()
    if flight is None:
        return
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
        claims.settle(claim, next_check_at=now + PREFLIGHT_RETRY, errors=flight.errors + 1, found=found)
    else:
        claims.settle(claim, next_check_at=None, found=found, done_at=now)


PREFLIGHT_RETRY = dt.timedelta(seconds=3)


def _first_answer(name: str, subject: Any, typed: dict[str, Any], *, is_last: bool) -> dict[str, Any] | None:
    """Of the connectors in their order, the first that can tell; None if one of them must be asked again."""
    kind = Kind.EMAIL if name == "mailbox" else Kind.LEGAL_ENTITY
    for queue in preflight.queues(name, typed):
        try:
            finding = CONNECTORS[queue, kind].look(subject, now=claims.database_now())
        except TemporaryError as error:
            log.warning("no answer now: %s", error)
            return preflight.nobody_answered(queue) if is_last else None
        except PermanentError as error:
            log.error("no answer: %s", error)
            continue
        if finding.reason != CANNOT_TELL:
            return preflight.as_kept(finding, queue)
    return None


@shared_task(name="onboarding.scan_due_documents")
def scan_due_documents() -> None:
    _do_until_budget(scan_once)


def scan_once(*, limit: int = 2) -> int:
    """Claim and scan up to ``limit`` documents; returns how many were claimed."""
    due = claims.claim_due(Document, queue=SCANNER, limit=limit)
    for claim in due:
        with bound_contextvars(document=str(claim.pk), claim=claim.number, attempt=claim.attempt, queue=SCANNER):
            if isolation.exceeded_attempts(claim):
                claims.park(claim, why=isolation.EXCEEDED_ATTEMPTS, now=claims.database_now())
                continue
            with isolation.isolate_failure(claim):
                _scan(claim)
    return len(due)


def _scan(claim: claims.Claim) -> None:
    document = claims.held(claim).first()
    if document is None:
        return
    try:
        with document.file.open("rb") as content:
            state, says = scanner.scan(content.chunks())
    except TemporaryError as error:
        log.warning("no answer now: %s", error)
        now = claims.database_now()
        claims.queue_failed(SCANNER, now=now)
        wait = pace.interval(back_off(document.errors + 1, base=60, cap=3600, rng=_RNG))
        claims.postpone(claim, until=now + wait)
    except (PermanentError, FileNotFoundError) as error:
        log.error("parked: %s", error)
        claims.park(claim, why=str(error), now=claims.database_now())
    else:
        claims.queue_answered(SCANNER)
        documents.scanned(claim=claim, state=state, says=says, now=claims.database_now())


READ_SOFT_LIMIT, READ_HARD_LIMIT = 220, 230  # seconds; the lease outlasts them


@shared_task(name="onboarding.read_insights", soft_time_limit=READ_SOFT_LIMIT, time_limit=READ_HARD_LIMIT)
def read_insights() -> None:
    read_insights_once()


def read_insights_once() -> int:
    """Claim one file and look at it or import it; returns how many were claimed."""
    due = claims.claim_due(InsightsFile, queue=INSIGHTS, limit=1, lease_seconds=settings.FILE_LEASE_SECONDS)
    for claim in due:
        file = claims.held(claim).first()
        if file is None:
            continue
        if isolation.exceeded_attempts(claim):
            claims.park(claim, why=isolation.EXCEEDED_ATTEMPTS, now=claims.database_now())
            continue
        with isolation.isolate_failure(claim):
            _read_insights(claim, file)
    return len(due)


def _read_insights(claim: claims.Claim, file: InsightsFile) -> None:
    content = bytes(file.content or b"")
    try:
        if file.state == ImportState.LOOKING:
            insights.looked(claim=claim, file=file, sheets=subprocess_reader.read(content, file.name))
            return
        rows = subprocess_reader.read(content, file.name, sheet=file.mapping["sheet"])[0].rows
    except Unreadable as refusal:
        insights.refuse(claim=claim, reason=refusal.reason, now=claims.database_now())
        return
    if not insights.bring_in(claim=claim, file=file, rows=rows, now=claims.database_now):
        log.warning("insights file %s: another worker goes on with it", file.pk)


def look_once(*, until: float = float("inf")) -> int:
    """Look at what is due in each queue; returns how many rows. Begins no queue after ``until`` (monotonic)."""
    taken = 0
    for queue in QUEUES:
        if time.monotonic() > until:
            return 0
        taken += _look_at(queue)
    return taken


# Answers that come within this time of each other are written together; a slow system's are written one by one.
TOGETHER_SECONDS = 0.02
MOST_TOGETHER = 100
_sizes: dict[str, int] = {}  # of this process, by queue
Moment = Callable[[], dt.datetime]
Answer = tuple[claims.Claim, Finding]


def _look_at(queue: str) -> int:
    """Claim as many as this queue answers in ``TOGETHER_SECONDS``, by its last answers; one at first."""
    due = claims.claim_due(Check, queue=queue, limit=_sizes.get(queue, 1))
    # Who was claimed before and never answered for is looked at alone: should he kill us, nobody else is hurt.
    due = _first_alone(due) if any(claim.attempt > 1 for claim in due) else due
    if not due:
        return 0
    clock, rows = claims.steady_clock(), routing.with_enrollment(due)
    answers: list[Answer] = []
    looked, start = 0, time.monotonic()
    for looked, claim in enumerate(due, start=1):
        answers += _look(claim, rows.get(claim.pk), clock)
        if time.monotonic() - start > TOGETHER_SECONDS:
            claims.release(due[looked:])
            break
    each = (time.monotonic() - start) / looked
    _sizes[queue] = max(1, min(MOST_TOGETHER, 2 * looked, int(TOGETHER_SECONDS / each)))
    _record(answers, rows, clock)
    return looked


def _first_alone(due: list[claims.Claim]) -> list[claims.Claim]:
    first = next(claim for claim in due if claim.attempt > 1)
    claims.release([claim for claim in due if claim is not first])
    return [first]


def _look(claim: claims.Claim, check: Check | None, clock: Moment) -> list[Answer]:
    """What was seen, if anything was."""
    if check is None:
        return []
    if isolation.exceeded_attempts(claim):
        transitions.park(claim=claim, why=isolation.EXCEEDED_ATTEMPTS, now=clock())
        return []
    with _trouble(claim, check, clock):
        return [(claim, routing.answer_locally(check, now=clock()) or _ask(check, clock()))]
    return []


def _ask(check: Check, now: dt.datetime) -> Finding:
    return CONNECTORS[check.queue, Kind(check.kind)].look(routing.subject_for_look(check, now=now), now=now)


def _record(answers: list[Answer], rows: dict[int, Check], clock: Moment) -> None:
    if not answers:
        return
    try:
        claims.queue_answered(answers[0][0].queue)
        return _say_if_stale(answers, transitions.record_all(answers, now=clock()))
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        log.exception("writing %s answers together failed; they are written one by one", len(answers))
    # What was heard outlives the connection that was to carry it. Were it written after all, the fence would say so.
    if not connection.is_usable():
        connection.close()
    for claim, finding in answers:
        with _trouble(claim, rows[claim.pk], clock):
            _say_if_stale([(claim, finding)], transitions.record_all([(claim, finding)], now=clock()))


def _say_if_stale(answers: list[Answer], written: set[claims.Claim]) -> None:
    for claim, _finding in answers:
        if claim not in written:
            log.warning("check %s: a stale answer was dropped", claim.pk)


@contextmanager
def _trouble(claim: claims.Claim, check: Check, clock: Moment) -> Iterator[None]:
    """What a connector may fail with, and whatever else goes wrong with one check, is that check's alone."""
    file = {"enrollment": str(check.enrollment_id), "kind": check.kind, "authority": check.authority}
    with bound_contextvars(**file), isolation.isolate_failure(claim), inquiring(claim) as question:
        try:
            yield
        except TemporaryError as error:
            log.warning("no answer now: %s", error)
            now = clock()
            claims.queue_failed(check.queue, now=now)
            wait = pace.interval(back_off(check.errors + 1, base=60, cap=6 * 3600, rng=_RNG))
            claims.postpone(claim, until=max(now + wait, error.retry_at or now), was_answered=question.was_answered)
        except AccountRefusedError as error:
            # Another region's rows are asked with another account: the queue goes on.
            log.error("an account rests: %s", error)
            claims.postpone(claim, until=error.rests_until, was_answered=question.was_answered)
        except QueueRefusedError as error:
            # Every row of this queue would hear the same. The queue rests, the rows keep their turn.
            log.error("queue %s closed for an hour: %s", check.queue, error)
            claims.close_queue(check.queue, until=clock() + pace.rest(QUEUE_RESTS))
            claims.postpone(claim, until=clock(), was_answered=question.was_answered)
        except PermanentError as error:
            log.error("parked: %s", error)
            transitions.park(claim=claim, why=str(error), now=clock())


# --- what is done for each account of Partner Center again and again --------------------------------------------------

DUTY_LEASE_SECONDS = 600  # the reseller list may be long, and the locations many


@shared_task(
    name="onboarding.do_due_duties",
    soft_time_limit=DUTY_LEASE_SECONDS * 5 / 6,
    time_limit=DUTY_LEASE_SECONDS * 11 / 12,
)
def do_due_duties() -> None:
    _do_until_budget(do_duties_once)


def do_duties_once() -> int:
    """Claim and do one duty; returns how many were claimed."""
    due = claims.claim_due(PartnerCenterDuty, queue=accounts.QUEUE, limit=1, lease_seconds=DUTY_LEASE_SECONDS)
    for claim in due:
        duty = claims.held(claim).select_related("account").first()
        if duty is None:
            continue
        if isolation.exceeded_attempts(claim):
            claims.park(claim, why=isolation.EXCEEDED_ATTEMPTS, now=claims.database_now())
            continue
        with (
            bound_contextvars(duty=duty.kind, region=duty.account.region),
            isolation.isolate_failure(claim, cap=600),
            inquiring(claim) as question,
        ):
            _do_duty(claim, duty, question)
    return len(due)


def _do_duty(claim: claims.Claim, duty: PartnerCenterDuty, question: Inquiry) -> None:
    now = claims.database_now()
    try:
        result, again_at = DUTIES[DutyKind(duty.kind)](duty, now)
    except TemporaryError as error:
        log.warning("no answer now: %s", error)
        wait = pace.interval(back_off(duty.errors + 1, base=60, cap=6 * 3600, rng=_RNG))
        claims.postpone(claim, until=max(now + wait, error.retry_at or now), was_answered=question.was_answered)
    except partner_center.ActivityClosedError as error:
        log.warning("the activity log is closed to us: %s", error)
        claims.settle(claim, next_check_at=None, done_at=now, off_why=str(error)[:200])
    except (AccountRefusedError, QueueRefusedError) as error:
        # It is written on the account, and the leads were told.
        log.error("the sign-in is refused: %s", error)
        claims.postpone(claim, until=now + pace.rest(accounts.RESTS), was_answered=question.was_answered)
    except PermanentError as error:
        log.error("parked: %s", error)
        claims.park(claim, why=str(error), now=now)
    else:
        claims.settle(claim, next_check_at=again_at, done_at=now, result=result[:200])


def _renew(duty: PartnerCenterDuty, now: dt.datetime) -> tuple[str, dt.datetime]:
    partner_center.renew(duty.account.region, now=now)
    return "renewed", now + accounts.every(DutyKind.RENEW)


def _read_resellers(duty: PartnerCenterDuty, now: dt.datetime) -> tuple[str, dt.datetime]:
    account = duty.account
    seen = partner_center.read_resellers(account.region, now=now)
    difference = resellers.take_list(account=account.pk, seen=seen, now=now)
    if difference.doubted:
        log.error("the reseller list is much shorter than before: kept as it was")
    return str(difference), resellers.next_reading(difference, now=now)


def _read_activity(duty: PartnerCenterDuty, now: dt.datetime) -> tuple[str, dt.datetime]:
    account = duty.account
    since = (account.activity_read_until or now - activity.FIRST_READING).astimezone(dt.UTC).date()
    until = now.astimezone(dt.UTC).date()
    records = partner_center.read_activity(account.region, since=min(since, until), until=until, now=now)
    new = activity.take(account=account, records=records, now=now)
    return f"read {len(records)} new {new}", now + accounts.every(DutyKind.ACTIVITY)


def _validate_resellers(duty: PartnerCenterDuty, now: dt.datetime) -> tuple[str, dt.datetime]:
    account = duty.account
    others = PartnerCenterAccount.objects.exclude(region="").values_list("region", flat=True)
    asked = refused = 0
    # A round that was broken off goes on with whoever was not asked since the last whole one.
    wanted = reseller_validation.batches(
        region=account.region, others=set(others), since=duty.done_at, today=now.date()
    )
    for batch in wanted:
        verdicts = partner_center.validate_resellers(batch, account.region, now=now)
        refused += reseller_validation.apply_results(verdicts, now=now)
        asked += len(batch)
    night = next_night(now=now, zone=settings.TIME_ZONE, rng=_RNG)
    again_at = pace.night(night, now=now, spread=_RNG.uniform(0.9, 1.1))
    return f"asked {asked} refused {refused}", again_at


def _read_country_rules(duty: PartnerCenterDuty, now: dt.datetime) -> tuple[str, dt.datetime]:
    account = duty.account
    today = now.date()
    countries = reseller_validation.countries_of(account.region, today=today) if account.region else None
    read = 0
    for country in country_formats.due(countries=countries, today=today):
        rules = partner_center.read_country_rules(country, account.region, now=now)
        country_formats.keep(country=country, rules=rules or {}, today=today)
        read += 1
    return f"read {read}", now + accounts.every(DutyKind.COUNTRY_RULES)


DUTIES: dict[DutyKind, Callable[[PartnerCenterDuty, dt.datetime], tuple[str, dt.datetime]]] = {
    DutyKind.RENEW: _renew,
    DutyKind.RESELLERS: _read_resellers,
    DutyKind.ACTIVITY: _read_activity,
    DutyKind.STANDINGS: _validate_resellers,
    DutyKind.COUNTRY_RULES: _read_country_rules,
}
