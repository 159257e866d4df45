"""Requests to a partner: opened when it becomes their turn, answered once, closed with an outcome.

The loop is ours: a reason reopens fields, the partner answers with evidence, the BDM sees the difference.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, QuerySet, Value, When

from onboarding.domain.kinds.registry import KINDS
from onboarding.domain.questions import requirements
from onboarding.domain.reasons.catalogue import BDM_ASKS, REASONS
from onboarding.domain.reasons.remediation import Remedy, pages_of
from onboarding.enums import Authority, CheckState, Ending, Source
from onboarding.models import Check, Enrollment, Event, PartnerRequest
from onboarding.phases import PHASES, Phase
from portal.accounts.models import User


@dataclass(frozen=True)
class Moved:
    """A check whose state or reason has changed, with the source of the change."""

    check: Check
    source: str
    actor: User | None = None


@dataclass(frozen=True)
class Change:
    """One answer as it was when asked for, and as given; equal where the partner left it."""

    page: str
    name: str
    before: Any
    after: Any

    @property
    def is_changed(self) -> bool:
        return bool(self.before != self.after)


def remedy_of(reason: str, kind: str) -> Remedy:
    """Return what is reopened and asked for by this reason on a check of this kind."""
    if reason == BDM_ASKS:
        # A BDM's own text names no fields: then those that the check depends on are reopened.
        return Remedy(KINDS[kind].answers, REASONS[reason].remedy.documents)
    return REASONS[reason].remedy


def has_page(check: Check) -> bool:
    """Return True when the request has its own answer page: it needs documents, or a person's review."""
    remedy = remedy_of(check.reason, check.kind)
    is_microsofts = check.is_validation and check.authority == Authority.MICROSOFT
    is_for_a_person = bool(remedy.documents) or remedy.is_a_question or is_microsofts
    return remedy.is_asked_for and (is_for_a_person or check.source == Source.BDM)


def follow(moves: Sequence[Moved], *, now: dt.datetime) -> None:
    """Open and close the requests of each move. Call it in the transaction of the moves."""
    ends: dict[str, list[Check]] = {}
    for move in moves:
        ends.setdefault(_ending(move.check), []).append(move.check)
    ends.pop("", None)
    for ending, checks in ends.items():
        close(checks, ending, now=now)
    asked = [move for move in moves if move.check.state == CheckState.ACTION_NEEDED]
    PartnerRequest.objects.bulk_create(
        _partner_request(move, now) for move in asked if remedy_of(move.check.reason, move.check.kind).is_asked_for
    )


def _ending(check: Check) -> str:
    """Return how an open request ends when its check is in this state; '' while it stays open."""
    if check.phase in (Phase.RESUBMIT, Phase.WITH_MICROSOFT):
        return Ending.ACCEPTED
    return _OUTCOMES.get(CheckState(check.state), "")


_OUTCOMES: dict[str, str] = {
    CheckState.PASSED: Ending.HELD,
    CheckState.WAIVED: Ending.HELD,
    CheckState.REFUSED: Ending.REFUSED,
    CheckState.ACTION_NEEDED: Ending.ASKED_AGAIN,
}


def close(checks: Sequence[Check], ending: str, *, now: dt.datetime) -> None:
    """Close the open requests of these checks."""
    rows = PartnerRequest.objects.filter(check_row__in=checks, closed_at=None)
    if ending == Ending.ASKED_AGAIN:
        # A request without an answer was not asked again, but replaced.
        told = Case(When(answered_at=None, then=Value(Ending.REPLACED)), default=Value(ending))
        rows.update(closed_at=now, outcome=told)
    else:
        rows.update(closed_at=now, outcome=ending)


def _partner_request(move: Moved, now: dt.datetime) -> PartnerRequest:
    check = move.check
    return PartnerRequest(
        check_row=check,
        reason=check.reason,
        note=check.note,
        source=move.source,
        asked_at=now,
        asked_by=move.actor if move.source == Source.BDM else None,
        before=snapshot(check.enrollment, remedy_of(check.reason, check.kind)),
    )


def snapshot(enrollment: Enrollment, remedy: Remedy) -> dict[str, Any]:
    """Return the reopened answers, as they are now, in JSON."""
    return {
        name: _plain(requirements.value(enrollment, page, name))
        for page, names in pages_of(remedy.fields)
        for name in names
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def open_on(check: Check) -> PartnerRequest | None:
    """Return the request on this check that is not closed yet."""
    return check.requests.filter(closed_at=None).first()


def answered(check: Check, *, by: User, now: dt.datetime, answer: str = "") -> None:
    """Record that the partner answered the open request, by new answers or a sentence. They may add to it.

    A change of the reopened answers on the wizard's own page is an answer too, with an equal result.
    """
    partner_request = open_on(check)
    if partner_request is None:
        return
    if partner_request.answered_at is None:
        partner_request.answered_at, partner_request.answered_by = now, by
    partner_request.answer = answer or partner_request.answer
    partner_request.after = snapshot(check.enrollment, remedy_of(partner_request.reason, check.kind))
    partner_request.save(update_fields=["answered_at", "answered_by", "answer", "after"])


def changes(partner_request: PartnerRequest) -> list[Change]:
    """Return the changes field by field; [] until the request is answered."""
    if partner_request.answered_at is None:
        return []
    return [
        Change(page.slug, name, partner_request.before.get(name), partner_request.after.get(name))
        for page, names in pages_of(tuple(partner_request.before))
        for name in names
    ]


def of_enrollment(enrollment: Enrollment) -> QuerySet[PartnerRequest]:
    """Return all requests of an enrollment, the newest first, with who asked and who answered."""
    rows = PartnerRequest.objects.filter(check_row__enrollment=enrollment)
    return rows.select_related("asked_by", "answered_by").order_by("-asked_at")


TOLD_OF_TRIES = ("check_action_needed", "check_waiting", "sent_again", "sent_unseen")


def tries(check: Check, events: Iterable[Event]) -> int:
    """Return how often this went to Microsoft: the first time, and each time after a refusal, by any source.

    ``events`` are the enrollment's of these kinds, the oldest first.
    """
    count, is_refused = 1, False
    for event in events:
        if (event.check_kind, event.check_authority) != (check.kind, check.authority):
            continue
        reason = event.data.get("reason", "")
        if event.kind == "check_action_needed":
            is_refused = is_refused or reason not in (*PHASES[Phase.RESUBMIT].reasons, BDM_ASKS)
        elif event.kind != "check_waiting" or (is_refused and reason in PHASES[Phase.WITH_MICROSOFT].reasons):
            count, is_refused = count + 1, False
    return count
