"""Resolve conflicting reports on one check. The result does not depend on their order.

Each source's newest report counts. api > import > bdm > reseller > inferred; a weaker source counts only where the
stronger has not settled the check, and is newer. The export's "pending" is about all checks together: it takes back
nothing that a source reports of one of them. Source: [ms-verification] (one status over all checks); the order is ours.
"""

import datetime as dt
import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from onboarding.enums import CheckState, Source
from onboarding.models import Check, SourceReport
from onboarding.models.check import SETTLED_STATES
from onboarding.phases import OUR_OWN, PHASES, Phase


class ReportOutcome(enum.Enum):
    """The result of a report. All but the last two are accepted: the check then shows what the report says."""

    MOVED = "moved"
    SAME = "same"
    KEPT = "kept"  # something newer or stronger is known
    CONTRADICTS = "contradicts"  # newer, but a stronger source settled it otherwise: flagged

    @property
    def is_taken(self) -> bool:
        return self in (ReportOutcome.MOVED, ReportOutcome.SAME)


@dataclass(frozen=True)
class ReportedState:
    """One source's report: the state was so since ``seen_at`` (at the latest)."""

    source: Source
    state: CheckState
    seen_at: dt.datetime
    reason: str = ""
    evidence: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED_STATES

    @property
    def is_of_all_checks(self) -> bool:
        return self.source == Source.IMPORT and self.state == CheckState.IN_PROGRESS

    @property
    def age(self) -> tuple[dt.datetime, int, str]:
        """Return the sort key of reports: of two from one moment the further state counts."""
        return (self.seen_at, _FURTHER.index(self.state), self.reason)

    def says_as(self, other: "ReportedState | Check") -> bool:
        return (self.state, self.reason) == (other.state, other.reason)


_FURTHER = (
    CheckState.NOT_STARTED,
    CheckState.IN_PROGRESS,
    CheckState.ACTION_NEEDED,
    CheckState.WAIVED,
    CheckState.PASSED,
    CheckState.REFUSED,
)
ReportsBySource = dict[str, ReportedState]


def vetting_state(says: str, kind: str) -> tuple[CheckState, str]:
    """Return the state and the reason that "pending", "authorized" or "rejected" means for a validation of Microsoft's.

    Raises: KeyError: it is none of the three.
    """
    return {
        "pending": (CheckState.IN_PROGRESS, PHASES[Phase.WITH_MICROSOFT].reasons[0]),
        "authorized": (CheckState.PASSED, ""),
        "rejected": (CheckState.ACTION_NEEDED, f"microsoft_refused_{kind}"),
    }[says]


@dataclass(frozen=True)
class Resolution:
    """A resolution. ``holds`` is what the check now shows; None leaves it unchanged."""

    outcome: ReportOutcome
    holds: ReportedState | None = None
    is_news: bool = True  # this source did not report it before: worth a line in the history


def reports_of(checks: Iterable[Check]) -> dict[int, ReportsBySource]:
    """Return the reports on each check, by its key, with one query."""
    rows = {check.pk: check for check in checks}
    found: dict[int, ReportsBySource] = {pk: {} for pk in rows}
    for word in SourceReport.objects.filter(check_row__in=rows):
        if word.subject_key in ("", rows[word.check_row_id].subject_key):
            found[word.check_row_id][word.source] = ReportedState(
                Source(word.source), CheckState(word.state), word.seen_at, word.reason, word.evidence
            )
    for check in rows.values():
        current = _current(check)
        own = found[check.pk].get(check.source)
        if current and (own is None or current.seen_at >= own.seen_at):
            found[check.pk][check.source] = current
    return found


def _current(check: Check) -> ReportedState | None:
    """Return the check's state as a report, if it comes from a worker or a BDM, whose reports have no rows."""
    is_said = bool(check.source) and check.seen_at is not None and check.phase not in OUR_OWN
    if not is_said or (check.source == Source.RESELLER and check.state == CheckState.IN_PROGRESS):
        return None
    if check.state == CheckState.NOT_STARTED:
        return None
    assert check.seen_at is not None
    return ReportedState(Source(check.source), CheckState(check.state), check.seen_at, check.reason, check.evidence)


def strongest(known: Iterable[ReportedState]) -> ReportedState | None:
    """Return the report that counts."""
    best: ReportedState | None = None
    for word in sorted(known, key=_rank, reverse=True):
        if best is None or (not best.is_settled and word.seen_at > best.seen_at and not word.is_of_all_checks):
            best = word
    return best


def _rank(word: ReportedState) -> float:
    return Source.INFERRED.weight + 0.5 if word.is_of_all_checks else word.source.weight


def resolve(check: Check, fact: ReportedState, known: ReportsBySource) -> Resolution:
    """Add the report to what is ``known``, and return what follows for the check."""
    before, own = strongest(known.values()), known.get(fact.source)
    is_news = own is None or not fact.says_as(own) or timezone.localdate(fact.seen_at) > timezone.localdate(own.seen_at)
    if own and fact.age <= own.age and fact.source not in _PEOPLE:
        return Resolution(
            ReportOutcome.SAME if fact.says_as(own) and fact.says_as(check) else ReportOutcome.KEPT, is_news=is_news
        )
    known[fact.source] = fact
    after = strongest(known.values())
    assert after is not None
    if check.state in (CheckState.REFUSED, CheckState.WAIVED):
        return _against_a_person(check, fact, is_news=is_news)
    if after == before:
        return _not_heard(check, fact, after, is_news=is_news)
    waits = after.is_of_all_checks and check.state == CheckState.IN_PROGRESS
    if after.says_as(check) or waits:
        # A stronger or later source reports what is shown already.
        return Resolution(ReportOutcome.SAME, None if waits else after, is_news=False)
    return Resolution(ReportOutcome.MOVED if after is fact else ReportOutcome.KEPT, after)


# They report on our own pages, one thing after the other: the last one corrects the others.
_PEOPLE = (Source.RESELLER, Source.BDM)


def _against_a_person(check: Check, fact: ReportedState, *, is_news: bool) -> Resolution:
    """Return the resolution against a BDM's waiver or final refusal, which no system takes back."""
    agrees = {
        CheckState.REFUSED: (CheckState.ACTION_NEEDED, CheckState.REFUSED),
        CheckState.WAIVED: (CheckState.PASSED, CheckState.WAIVED),
    }[CheckState(check.state)]
    if fact.state in agrees:
        return Resolution(ReportOutcome.SAME, is_news=False)
    is_flagged = check.state == CheckState.REFUSED
    return Resolution(ReportOutcome.CONTRADICTS if is_flagged else ReportOutcome.KEPT, is_news=is_news)


def _not_heard(check: Check, fact: ReportedState, holds: ReportedState, *, is_news: bool) -> Resolution:
    if fact.state == check.state or fact.is_of_all_checks:
        return Resolution(ReportOutcome.SAME if fact.state == check.state else ReportOutcome.KEPT, is_news=False)
    # Some know only the day: what was seen on one day may be newer.
    is_newer = timezone.localdate(fact.seen_at) >= timezone.localdate(holds.seen_at)
    return Resolution(
        ReportOutcome.CONTRADICTS if holds.is_settled and is_newer else ReportOutcome.KEPT, is_news=is_news
    )


def clears_contradiction(check: Check, fact: ReportedState, known: ReportsBySource) -> bool:
    """Return True when a report ends an earlier contradiction: it passed since, and no newer report says otherwise."""
    if not check.is_validation or check.contradicted_at is None or fact.seen_at <= check.contradicted_at:
        return False
    newer = [word for word in known.values() if word.seen_at >= check.contradicted_at]
    return check.state == CheckState.PASSED and all(word.state == CheckState.PASSED for word in newer)


def save_reports(check_facts: Iterable[tuple[Check, ReportedState]]) -> None:
    """Write the newest reports of sources, in one statement."""
    last = {(check.pk, fact.source): (check, fact) for check, fact in check_facts}
    rows = [
        SourceReport(
            check_row=check, source=fact.source, state=fact.state, reason=fact.reason, seen_at=fact.seen_at,
            subject_key=check.subject_key, evidence=fact.evidence,
        )
        for check, fact in last.values()
    ]  # fmt: skip
    SourceReport.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["check_row", "source"],
        update_fields=["state", "reason", "seen_at", "subject_key", "evidence"],
    )  # fmt: skip
