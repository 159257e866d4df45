"""Reminders, escalations and resting drafts: rules on how many days a turn may last.

They never decide an enrollment.

An enrollment's clock is read when a rule may be due, or when a turn changed (a trigger on ``Check`` makes it due). It
is computed from the checks' history, without a counter, so nothing can be counted twice.

The numbers of days are ours, and administrators may change them. Source: [ms-suspension] (30 days after a rejection).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Max, Q

from onboarding.domain import history
from onboarding.domain.checks import locks
from onboarding.domain.clocks.elapsed_time import (
    HistoryEntry,
    Stopwatch,
    TurnPeriod,
    periods,
    stopwatch_of_microsoft,
    stopwatch_of_requests,
)
from onboarding.domain.mail import notifications
from onboarding.enums import Audience, Authority, CheckState, ClockOf, Effect, EnrollmentState, Source, Turn, Unit
from onboarding.models import Check, Clock, ClockRule, Enrollment, Escalation, Vetting
from onboarding.models.check import SETTLED_STATES
from portal.geo.models import Country
from portal.work import claims
from portal.workdays import WorkCalendar

QUEUE = "clocks"
PORTION = 2_000  # clocks made due in one transaction
PORTIONS = 200  # a run of the job


def _rule(code: str, clock: str, after: int, unit: str, audience: str, effect: str = Effect.TELL, **more: Any) -> Any:
    return {"clock": clock, "after": after, "unit": unit, "audience": audience, "effect": effect, "code": code, **more}


# The rules of a new deployment; from then on the administrator's rows count.
DEFAULT_RULES = (
    _rule("draft-3", ClockOf.DRAFT, 3, Unit.DAYS, Audience.RESELLER),
    _rule("draft-10", ClockOf.DRAFT, 10, Unit.DAYS, Audience.RESELLER),
    _rule("draft-30", ClockOf.DRAFT, 30, Unit.DAYS, Audience.RESELLER),
    _rule("draft-60", ClockOf.DRAFT, 60, Unit.DAYS, Audience.RESELLER, Effect.SET_ASIDE),
    _rule("reseller-5", ClockOf.RESELLER, 5, Unit.DAYS, Audience.RESELLER),
    _rule("reseller-15", ClockOf.RESELLER, 15, Unit.DAYS, Audience.RESELLER),
    _rule("reseller-30", ClockOf.RESELLER, 30, Unit.DAYS, Audience.RESELLER),
    # Microsoft suspends an account 30 days after a rejection.
    _rule("suspension-20", ClockOf.RESELLER, 20, Unit.DAYS, Audience.RESELLER, only_after_refusal=True),
    _rule("suspension-25", ClockOf.RESELLER, 25, Unit.DAYS, Audience.BDM, only_after_refusal=True),
    _rule("microsoft-5", ClockOf.MICROSOFT, 5, Unit.WORKDAYS, Audience.BDM),
    _rule("microsoft-10", ClockOf.MICROSOFT, 10, Unit.WORKDAYS, Audience.BDM),
    _rule("microsoft-20", ClockOf.MICROSOFT, 20, Unit.WORKDAYS, Audience.BDM, Effect.AT_RISK),
    _rule("microsoft-30-days", ClockOf.MICROSOFT, 30, Unit.DAYS, Audience.LEAD, Effect.AT_RISK),
    _rule("microsoft-60-days", ClockOf.MICROSOFT, 60, Unit.DAYS, Audience.LEAD, Effect.AT_RISK),
    _rule("microsoft-84-days", ClockOf.MICROSOFT, 84, Unit.DAYS, Audience.LEAD, Effect.LONG_TAIL),
    _rule("ingram-5", ClockOf.INGRAM, 5, Unit.WORKDAYS, Audience.BDM),
    _rule("ingram-10", ClockOf.INGRAM, 10, Unit.WORKDAYS, Audience.LEAD),
)


def make_default_rules() -> None:
    """Write the missing default rules. Numbers that an administrator changed stay."""
    ClockRule.objects.bulk_create([ClockRule(**rule) for rule in DEFAULT_RULES], ignore_conflicts=True)


def begin(enrollment: Enrollment, *, now: dt.datetime) -> None:
    """Write the clock of a new enrollment."""
    Clock.objects.create(enrollment=enrollment, queue=QUEUE, next_check_at=now)


def read_soon(enrollment: Enrollment, *, now: dt.datetime) -> None:
    Clock.objects.filter(enrollment=enrollment, parked_at=None).update(next_check_at=now, lease_until=None)


def read_again_after(rule: ClockRule, *, now: dt.datetime) -> None:
    """Make the clocks due on which a changed rule counts: the first ones now, the others by ``read_on``."""
    ClockRule.objects.filter(pk=rule.pk).update(reread_after=0)
    _read_next(rule.pk, now)


def read_again_without(rule: ClockRule, *, now: dt.datetime) -> None:
    """Make the clocks due on which a deleted rule of one country counted: the general one counts there again."""
    general = ClockRule.objects.filter(code=rule.code, country=None).first()
    if general is not None:
        read_again_after(general, now=now)


def read_on(now: dt.datetime) -> None:
    """Make the clocks due that changed rules still have to reach: ``PORTIONS`` of them, the next run the others."""
    left = PORTIONS
    for pk in ClockRule.objects.exclude(reread_after=None).order_by("pk").values_list("pk", flat=True):
        while left and _read_next(pk, now):
            left -= 1


def _read_next(rule_id: int, now: dt.datetime) -> bool:
    """Make one portion due. Return False after the last one."""
    with transaction.atomic():
        rule = ClockRule.objects.select_for_update().filter(pk=rule_id).exclude(reread_after=None).first()
        if rule is None:
            return False
        rows = Clock.objects.filter(pk__gt=rule.reread_after)
        rows = rows.filter(enrollment__country=rule.country_id) if rule.country_id else rows
        portion = list(rows.order_by("pk").values_list("pk", flat=True)[:PORTION])
        due = Clock.objects.filter(pk__in=portion, parked_at=None, lease_until=None)
        due.exclude(enrollment__state=EnrollmentState.READY).update(next_check_at=now)
        rule.reread_after = portion[-1] if len(portion) == PORTION else None
        rule.save(update_fields=["reread_after"])
        return rule.reread_after is not None


def read_again_if_calendar_changed(now: dt.datetime) -> None:
    """Count every open date again after a new version of the holidays. It causes no escalation; only dates move."""
    for country in Country.objects.all():
        rows = Clock.objects.filter(enrollment__country=country, next_check_at__gt=now, lease_until=None)
        rows.exclude(calendar=country.calendar.version).update(next_check_at=now)


# --- reading one clock -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Due:
    rule: ClockRule
    since: dt.datetime
    at: dt.datetime


@transaction.atomic
def read(*, claim: claims.Claim, now: dt.datetime) -> list[Escalation]:
    """Write the escalations due by ``now`` and set the clock to the next one. Return [] if the claim is stale."""
    partner = Enrollment.objects.filter(clock=claim.pk).values_list("partner_id", flat=True).first()
    locks.lock(partner)
    clock = claims.held(claim).select_related("enrollment__partner", "enrollment__country").first()
    if clock is None:
        return []
    enrollment, calendar = clock.enrollment, clock.enrollment.country.calendar
    checks = list(Check.objects.filter(enrollment=enrollment))
    turns = periods(_history(enrollment))
    _keep_vettings(enrollment, checks, turns, calendar)
    waiting = _waiting(enrollment, _clocks(enrollment, turns), _since_refusal(checks), calendar)
    escalated = set(Escalation.objects.filter(enrollment=enrollment).values_list("code", "since"))
    fresh = [due for due in waiting if (due.rule.code, due.since) not in escalated]
    over = [due for due in fresh if due.at <= now]
    escalations = _escalation(enrollment, checks, over, calendar, now)
    ahead = [due.at for due in fresh if due.at > now]
    claims.settle(
        claim,
        next_check_at=min(ahead, default=None),
        alarm=_alarm(waiting, now),
        calendar=calendar.version,
    )
    return escalations


def _history(enrollment: Enrollment) -> list[HistoryEntry]:
    # pghistory makes this model; only it has a row for every turn.
    model: Any = apps.get_model("onboarding", "CheckHistory")
    rows = model.objects.filter(enrollment_id=enrollment.pk).order_by("pgh_id")
    return [
        HistoryEntry(check, turn, reason, state, since or created)
        for check, turn, reason, state, since, created in rows.values_list(
            "pgh_obj_id", "turn", "reason", "state", "turn_since", "pgh_created_at"
        )
    ]


def _clocks(enrollment: Enrollment, turns: list[TurnPeriod]) -> dict[str, Stopwatch | None]:
    if enrollment.set_aside_at or enrollment.is_withdrawn:
        return {}
    draft = None
    if enrollment.state == EnrollmentState.DRAFT:
        idle_since = _last_progress(enrollment)
        draft = Stopwatch(idle_since, ((idle_since, None),))
    return {
        ClockOf.DRAFT: draft,
        ClockOf.RESELLER: stopwatch_of_requests(turns, Turn.RESELLER),
        ClockOf.MICROSOFT: stopwatch_of_microsoft(turns, after=enrollment.ready_at),
        ClockOf.INGRAM: stopwatch_of_requests(turns, Turn.INGRAM),
    }


def _since_refusal(checks: Iterable[Check]) -> Stopwatch | None:
    """Return the clock of Microsoft's 30 days, which runs while anybody acts. Source: [ms-suspension]."""
    refused = [check.refused_at for check in checks if check.refused_at and not check.enrollment.is_withdrawn]
    return Stopwatch(min(refused), ((min(refused), None),)) if refused else None


def _last_progress(enrollment: Enrollment) -> dt.datetime:
    typed = enrollment.drafts.aggregate(last=Max("saved_at"))["last"]
    return max(enrollment.progressed_at, typed) if typed else enrollment.progressed_at


def _waiting(
    enrollment: Enrollment,
    clocks: dict[str, Stopwatch | None],
    since_refusal: Stopwatch | None,
    calendar: WorkCalendar,
) -> list[Due]:
    """Return every rule whose clock runs, or stopped after its time, with its moment."""
    rules = _rules(enrollment.country_id)
    found = [due for rule in rules if (due := _due(rule, clocks, since_refusal, calendar))]
    # What the partner is getting has reminders of its own (``enrollment.preparations``).
    repeats = [due for due in found if due.rule.clock == ClockOf.DRAFT and due.rule.effect == Effect.TELL]
    if repeats and enrollment.preparations.filter(ended_at=None).exists():
        found = [due for due in found if due not in repeats]
    return sorted(found, key=lambda due: due.at)


def _due(
    rule: ClockRule, clocks: dict[str, Stopwatch | None], since_refusal: Stopwatch | None, calendar: WorkCalendar
) -> Due | None:
    clock = since_refusal if rule.only_after_refusal else clocks.get(rule.clock)
    if clock is None or not clock.is_running:
        return None
    # Reminders of the partner's turn say what to do; a draft's reminder would repeat it.
    if rule.clock == ClockOf.DRAFT and rule.effect == Effect.TELL and clocks[ClockOf.RESELLER]:
        return None
    at = clock.due_at(after=rule.after, unit=rule.unit, calendar=calendar)
    return Due(rule, clock.since, at) if at else None


def due_of(
    rule: ClockRule, enrollment: Enrollment, checks: Sequence[Check], entries: Sequence[HistoryEntry]
) -> Due | None:
    """Return when one rule, saved or not, falls on an enrollment; None while its clock does not run."""
    clocks = _clocks(enrollment, periods(list(entries)))
    return _due(rule, clocks, _since_refusal(checks), enrollment.country.calendar)


def _rules(country: str) -> Iterable[ClockRule]:
    """Return the general rules, replaced by the country's own where it has some."""
    rows = ClockRule.objects.filter(Q(country=None) | Q(country=country)).order_by("code", "country")
    by_code = {rule.code: rule for rule in sorted(rows, key=lambda rule: rule.country_id is not None)}
    return [rule for rule in by_code.values() if rule.active]


def _alarm(waiting: list[Due], now: dt.datetime) -> str:
    rung = [due.rule.effect for due in waiting if due.at <= now]
    return next((effect for effect in (Effect.LONG_TAIL, Effect.AT_RISK) if effect in rung), "")


def _escalation(
    enrollment: Enrollment, checks: list[Check], over: list[Due], calendar: WorkCalendar, now: dt.datetime
) -> list[Escalation]:
    """Return the new escalations, one for each rule ever.

    After a long pause of ours each audience hears only the last one.
    """
    last = {(due.rule.audience, due.rule.clock): due for due in over}
    escalations = []
    for due in over:
        escalation = Escalation(
            enrollment=enrollment, code=due.rule.code, clock=due.rule.clock, after=due.rule.after, unit=due.rule.unit,
            audience=due.rule.audience, effect=due.rule.effect, since=due.since, due_at=due.at, escalated_at=now,
            calendar=calendar.version,
        )  # fmt: skip
        if last[due.rule.audience, due.rule.clock] is due:
            escalation.told = notifications.escalated(escalation, checks, now=now)
        if due.rule.effect == Effect.SET_ASIDE:
            set_aside(enrollment, now=now)
        elif due.rule.audience == Audience.RESELLER and escalation.told:
            history.add(enrollment, "reminded", at=now, source=Source.API, clock=due.rule.clock, after=due.rule.after)
        escalations.append(escalation)
    return Escalation.objects.bulk_create(escalations)


def set_aside(enrollment: Enrollment, *, now: dt.datetime) -> None:
    """Set aside a draft that nobody continues. Any saved page takes it up again."""
    Enrollment.objects.filter(pk=enrollment.pk).update(set_aside_at=now)
    enrollment.set_aside_at = now
    history.add(enrollment, "set_aside", at=now, source=Source.API)


# --- how long Microsoft took -----------------------------------------------------------------------------------------


def _keep_vettings(
    enrollment: Enrollment, checks: Sequence[Check], turns: list[TurnPeriod], calendar: WorkCalendar
) -> None:
    """Write a row for each of the three reviews that has ended, with the working days of Microsoft's own turn."""
    ended = [
        check
        for check in checks
        if check.is_validation
        and check.authority == Authority.MICROSOFT
        and check.state in SETTLED_STATES
        and check.state != CheckState.WAIVED
    ]
    found = []
    for check in ended:
        own = [p for p in turns if p.check == check.pk and p.turn == Turn.MICROSOFT]
        if own and check.settled_at:
            each = [Stopwatch(p.start, ((p.start, p.end),)) for p in own]
            days = sum(one.spent(unit=Unit.WORKDAYS, calendar=calendar, now=check.settled_at) for one in each)
            found.append(
                Vetting(check_row=check, kind=check.kind, country=enrollment.country, workdays=days,
                        settled_at=check.settled_at, calendar=calendar.version)
            )  # fmt: skip
    Vetting.objects.bulk_create(found, ignore_conflicts=True)
