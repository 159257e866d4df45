"""What a rule of the clocks would do, before it is saved. Nothing is written, and nobody is told."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from onboarding.domain.clocks import escalation
from onboarding.domain.clocks.elapsed_time import HistoryEntry
from onboarding.enums import ClockOf, EnrollmentState
from onboarding.models import Check, ClockRule, Enrollment, Escalation

MOST_TRIED = 500  # files, so that an administrator waits a second at most


@dataclass(frozen=True)
class Rehearsal:
    """How many files a rule would fall on at once, among those that were looked at."""

    files: int
    looked_at: int
    open_files: int


def rehearse(rule: ClockRule, *, now: dt.datetime) -> Rehearsal:
    """Try a rule on the open files it counts on, those without progress for longest first."""
    rows = _open_files(rule)
    tried = list(rows.select_related("country").order_by("progressed_at", "pk")[:MOST_TRIED])
    checks: dict[Any, list[Check]] = defaultdict(list)
    for check in Check.objects.filter(enrollment__in=tried):
        checks[check.enrollment_id].append(check)
    turns = _histories(tried)
    known = set(Escalation.objects.filter(enrollment__in=tried, code=rule.code).values_list("enrollment", "since"))
    files = 0
    for enrollment in tried:
        due = escalation.due_of(rule, enrollment, checks[enrollment.pk], turns[enrollment.pk])
        files += due is not None and due.at <= now and (enrollment.pk, due.since) not in known
    return Rehearsal(files, len(tried), len(tried) if len(tried) < MOST_TRIED else rows.count())


def _open_files(rule: ClockRule) -> QuerySet[Enrollment]:
    rows = Enrollment.objects.filter(set_aside_at=None).exclude(state=EnrollmentState.READY)
    if rule.clock == ClockOf.DRAFT:
        rows = rows.filter(state=EnrollmentState.DRAFT)
    if rule.country_id:
        return rows.filter(country=rule.country_id)
    own = ClockRule.objects.filter(code=rule.code).exclude(country=None).values_list("country", flat=True)
    return rows.exclude(country__in=list(own))


def _histories(tried: Sequence[Enrollment]) -> dict[Any, list[HistoryEntry]]:
    model: Any = apps.get_model("onboarding", "CheckHistory")
    rows = model.objects.filter(enrollment_id__in=[enrollment.pk for enrollment in tried]).order_by("pgh_id")
    found: dict[Any, list[HistoryEntry]] = defaultdict(list)
    for row in rows.values_list(
        "enrollment_id", "pgh_obj_id", "turn", "reason", "state", "turn_since", "pgh_created_at"
    ):
        enrollment, check, turn, reason, state, since, created = row
        found[enrollment].append(HistoryEntry(check, turn, reason, state, since or created))
    return found


def out_of_order(rule: ClockRule) -> list[str]:
    """Return the codes of active rules of this clock that a saved rule would change places with."""
    before = ClockRule.objects.filter(pk=rule.pk).first()
    if before is None:
        return []
    others = ClockRule.objects.filter(clock=rule.clock, unit=rule.unit, country=None, active=True)
    same = others.filter(only_after_refusal=rule.only_after_refusal).exclude(code=rule.code)
    return [other.code for other in same if (before.after < other.after) != (rule.after < other.after)]
