"""The duties that are repeated for each of the provider's accounts in Partner Center."""

import datetime as dt
import logging
import random
from collections.abc import Callable

from django.conf import settings
from django.utils import timezone

from onboarding.connectors import partner_center_lists
from onboarding.connectors.base import (
    AccountRefusedError,
    Inquiry,
    PermanentError,
    QueueRefusedError,
    TemporaryError,
    inquiring,
)
from onboarding.domain.checks.polling import next_night
from onboarding.domain.partner_center import accounts, activity, reseller_validation, resellers
from onboarding.domain.questions import country_formats
from onboarding.models import DutyKind, PartnerCenterAccount, PartnerCenterDuty
from portal.work import claims, pace
from portal.work.backoff import back_off
from portal.work.kinds import Rate, TimeLimits, WorkKind

log = logging.getLogger(__name__)
LEASE_SECONDS = 600  # the reseller list may be long, and the locations many
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)


def do(claim: claims.Claim, duty: PartnerCenterDuty) -> None:
    with inquiring(claim) as question:
        _do(claim, duty, question)


def _do(claim: claims.Claim, duty: PartnerCenterDuty, question: Inquiry) -> None:
    now = claims.database_now()
    try:
        result, again_at = DUTIES[DutyKind(duty.kind)](duty, now)
    except TemporaryError as error:
        log.warning("no answer now: %s", error)
        wait = pace.interval(back_off(duty.errors + 1, base=60, cap=6 * 3600, rng=_RNG))
        claims.postpone(claim, until=max(now + wait, error.retry_at or now), was_answered=question.was_answered)
    except partner_center_lists.ActivityClosedError as error:
        log.warning("the activity log is closed to us: %s", error)
        claims.settle(claim, next_check_at=None, done_at=now, off_why=str(error)[:200])
    except (AccountRefusedError, QueueRefusedError) as error:
        # The account shows it, and the leads have been notified.
        log.error("the sign-in is refused: %s", error)
        claims.postpone(claim, until=now + pace.rest(accounts.RESTS), was_answered=question.was_answered)
    except PermanentError as error:
        log.error("parked: %s", error)
        claims.park(claim, why=str(error), now=now)
    else:
        claims.settle(claim, next_check_at=again_at, done_at=now, result=result[:200])


def _renew(duty: PartnerCenterDuty, now: dt.datetime) -> tuple[str, dt.datetime]:
    partner_center_lists.renew(duty.account.region, now=now)
    return "renewed", now + accounts.every(DutyKind.RENEW)


def _read_resellers(duty: PartnerCenterDuty, now: dt.datetime) -> tuple[str, dt.datetime]:
    account = duty.account
    seen = partner_center_lists.read_resellers(account.region, now=now)
    difference = resellers.take_list(account=account.pk, seen=seen, now=now)
    if difference.doubted:
        log.error("the reseller list is much shorter than before: kept as it was")
    return str(difference), resellers.next_reading(difference, now=now)


def _read_activity(duty: PartnerCenterDuty, now: dt.datetime) -> tuple[str, dt.datetime]:
    account = duty.account
    since = (account.activity_read_until or now - activity.FIRST_READING).astimezone(dt.UTC).date()
    until = now.astimezone(dt.UTC).date()
    records = partner_center_lists.read_activity(account.region, since=min(since, until), until=until, now=now)
    new = activity.take(account=account, records=records, now=now)
    return f"read {len(records)} new {new}", now + accounts.every(DutyKind.ACTIVITY)


def _validate_resellers(duty: PartnerCenterDuty, now: dt.datetime) -> tuple[str, dt.datetime]:
    account = duty.account
    others = PartnerCenterAccount.objects.exclude(region="").values_list("region", flat=True)
    asked = refused = 0
    # A round that was interrupted continues with the locations not asked since the last complete one.
    wanted = reseller_validation.batches(
        region=account.region, others=set(others), since=duty.done_at, today=timezone.localdate(now)
    )
    for batch in wanted:
        verdicts = partner_center_lists.validate_resellers(batch, account.region, now=now)
        refused += reseller_validation.apply_results(verdicts, now=now)
        asked += len(batch)
    night = next_night(now=now, zone=settings.TIME_ZONE, rng=_RNG)
    again_at = pace.night(night, now=now, spread=_RNG.uniform(0.9, 1.1))
    return f"asked {asked} refused {refused}", again_at


def _read_country_rules(duty: PartnerCenterDuty, now: dt.datetime) -> tuple[str, dt.datetime]:
    account = duty.account
    today = timezone.localdate(now)
    countries = reseller_validation.countries_of(account.region, today=today) if account.region else None
    read = 0
    for country in country_formats.due(countries=countries, today=today):
        rules = partner_center_lists.read_country_rules(country, account.region, now=now)
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


KIND = WorkKind(
    name="duties",
    model=PartnerCenterDuty,
    queues={accounts.QUEUE: Rate(1, 10)},
    task="onboarding.do_due_duties",
    do=do,
    lease_seconds=LEASE_SECONDS,
    select=lambda rows: rows.select_related("account"),
    log_context=lambda duty: {"duty": duty.kind, "region": duty.account.region},
    longest_back_off=600,
    ticks=6,
    time_limits=TimeLimits(soft=LEASE_SECONDS * 5 / 6, hard=LEASE_SECONDS * 11 / 12),
    unwoken_because="Duties are due by the hour; one that an administrator wants done waits for the loop's next turn.",
)
