"""What a BDM does with an enrollment: confirm what no system can check, ask for action, waive, requeue."""

import datetime as dt
from typing import Any

from django.db import transaction

from onboarding.domain import history
from onboarding.domain.checks import challenges, locks, requeueing, starting, transitions, writer
from onboarding.domain.desk import work
from onboarding.domain.kinds.registry import KINDS
from onboarding.domain.reasons.catalogue import BDM_ASKS, raisable
from onboarding.domain.requests import tracking
from onboarding.enums import Authority, CheckState, Ending, Kind, Source
from onboarding.models import Check
from onboarding.phases import Phase
from portal.accounts.models import User


def decisions_for(check: Check) -> list[str]:
    """Return what a BDM may decide on this check.

    A signature and an authorisation cannot be waived. Only Microsoft refuses for good, which ends the enrollment. Only
    a parked check is taken up again. What was waived before it started stays waived.
    """
    may_waive = KINDS[check.kind].may_be_waived
    may_refuse = check.authority == Authority.MICROSOFT
    fitting = {
        CheckState.NOT_STARTED: [("waive", may_waive)],
        CheckState.PASSED: [("ask", True), ("refuse", may_refuse)],
        CheckState.IN_PROGRESS: _ALWAYS,
        CheckState.ACTION_NEEDED: _ALWAYS,
    }
    decisions = fitting.get(CheckState(check.state), [])
    if decisions is _ALWAYS:
        decisions = [
            ("send", may_be_sent(check)),
            ("leave", check.phase == Phase.BDM_REVIEWS_RESUBMISSION),
            *_ALWAYS,
            ("waive", may_waive),
            ("refuse", may_refuse),
            ("requeue", check.parked_at is not None),
        ]
    return [decision for decision, fits in decisions if fits]


def may_be_sent(check: Check) -> bool:
    """Return whether the partner's answer to Microsoft's refusal waits for the BDM's review.

    Microsoft counts tries and ends the verification after too many, so a BDM reviews before the next one.
    """
    is_microsofts = check.is_validation and check.authority == Authority.MICROSOFT
    return is_microsofts and check.phase == Phase.BDM_REVIEWS_ANSWER


_ALWAYS: list[tuple[str, bool]] = [("confirm", True), ("ask", True)]


def reasons_for(check: Check) -> list[str]:
    """Return what a BDM may ask for on this check: reasons whose turn is the reseller's."""
    return raisable(check.kind, check.authority)


class MovedMeanwhileError(Exception):
    """The check has changed since the person saw it."""


class NotOpenError(Exception):
    """The check has not started or is settled: there is nothing to decide."""


class NoteNeededError(Exception):
    """This decision needs a sentence that the partner or an auditor can read."""


class SecondPersonNeededError(Exception):
    """A second confirmation must come from another person."""


def basis(check: Check) -> str:
    """Return a short form of the check's state.

    A form sends it back, which shows whether the check changed meanwhile.

    An overtaken form decides nothing: it is shown again (409) with what was typed and what changed.
    """
    stands = (check.state, check.reason, check.note, check.confirmed_by_id, check.subject_key, check.parked_at)
    return starting.digest(stands)[:16]


# Each function takes the ``basis`` of the page on which the person decided, if there was one, and raises
# MovedMeanwhileError when the check has changed since.


@transaction.atomic
def confirm(*, check: Check, by: User, now: dt.datetime, note: str = "", basis_seen: str = "") -> bool:
    """Confirm the check after a review. The authorisation needs two people: return False after the first one.

    Raises: NotOpenError, SecondPersonNeededError.
    """
    check = _open(check, basis_seen=basis_seen)
    if KINDS[check.kind].needs_two_people and check.confirmed_by_id is None:
        # A worker's next finding would take the first confirmation back, so none looks until a second person decides.
        seconds: dict[str, Any] = {"confirmed_by": by, "note": note, "next_check_at": None, **writer.new_claim()}
        writer.write(check, phase=Phase.BDM_SECONDS, source=Source.BDM, now=now, seen_at=now, **seconds)
        tracking.close([check], Ending.HELD, now=now)
        history.add(check.enrollment, "check_seconded", at=now, actor=by, source=Source.BDM, check=check)
        work.take_if_nobodys(enrollment=check.enrollment, by=by, now=now)
        return False
    if KINDS[check.kind].needs_two_people and check.confirmed_by_id == by.pk:
        raise SecondPersonNeededError
    _decide(check, Phase.PASSED, by=by, now=now, note=note)
    return True


@transaction.atomic
def ask(*, check: Check, note: str, by: User, now: dt.datetime, reason: str = BDM_ASKS, basis_seen: str = "") -> None:
    """Ask the reseller to act, with a sentence for them.

    A passed check is open again, and no worker checks meanwhile.

    Raises: NotOpenError, NoteNeededError.
    """
    check = _open(check, CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED, CheckState.PASSED, basis_seen=basis_seen)
    if not note.strip():
        raise NoteNeededError
    if check.kind == Kind.EMAIL and check.authority == Authority.PORTAL:
        challenges.void_mailbox_challenge(check, now=now)
    _decide(check, Phase.PARTNER_ACTS, by=by, now=now, note=note, reason=reason)


@transaction.atomic
def send(*, check: Check, by: User, now: dt.datetime, note: str = "", basis_seen: str = "") -> None:
    """Accept the partner's answer, so that they send it to Microsoft again, which is another try.

    Raises: NotOpenError.
    """
    check = _open(check, CheckState.IN_PROGRESS, basis_seen=basis_seen)
    if not may_be_sent(check):
        raise NotOpenError
    _decide(check, Phase.RESUBMIT, by=by, now=now, note=note)


@transaction.atomic
def leave(*, check: Check, by: User, now: dt.datetime, note: str = "", basis_seen: str = "") -> None:
    """Leave it with Microsoft, after the partner sent it there without asking.

    Raises: NotOpenError.
    """
    check = _open(check, CheckState.IN_PROGRESS, basis_seen=basis_seen)
    if "leave" not in decisions_for(check):
        raise NotOpenError
    _decide(check, Phase.WITH_MICROSOFT, by=by, now=now, note=note)


@transaction.atomic
def refuse(*, check: Check, note: str, by: User, now: dt.datetime, basis_seen: str = "") -> None:
    """Record that Microsoft refused for good: no further attempt is possible on this enrollment.

    Raises: NotOpenError, NoteNeededError.
    """
    check = _open(check, CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED, CheckState.PASSED, basis_seen=basis_seen)
    if "refuse" not in decisions_for(check):
        raise NotOpenError
    if not note.strip():
        raise NoteNeededError
    _decide(check, Phase.REFUSED, by=by, now=now, note=note)


@transaction.atomic
def waive(*, check: Check, note: str, by: User, now: dt.datetime, basis_seen: str = "") -> None:
    """Waive the check, for a reason that is stored.

    Raises: NotOpenError, NoteNeededError.
    """
    states = (CheckState.NOT_STARTED, CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED)
    check = _open(check, *states, basis_seen=basis_seen)
    if "waive" not in decisions_for(check):
        raise NotOpenError
    if not note.strip():
        raise NoteNeededError
    _decide(check, Phase.WAIVED, by=by, now=now, note=note)


def requeue(*, check: Check, why: str, by: User, now: dt.datetime) -> bool:
    """Return a parked check to the workers. Return False if it was not parked.

    Raises: NoteNeededError.
    """
    if not why.strip():
        raise NoteNeededError
    return requeueing.unpark(check=check, by=by, why=why, now=now)


def _open(check: Check, *states: CheckState, basis_seen: str) -> Check:
    """Return the present check, if it is in one of ``states``. Raises: MovedMeanwhileError, NotOpenError."""
    current = locks.locked(check)
    if basis_seen and basis_seen != basis(current):
        raise MovedMeanwhileError
    if current.state not in (states or (CheckState.IN_PROGRESS, CheckState.ACTION_NEEDED)):
        raise NotOpenError
    return current


def _decide(check: Check, phase: Phase, *, by: User, now: dt.datetime, note: str, reason: str = "") -> None:
    transitions.move(
        check,
        phase=phase,
        reason=reason,
        source=Source.BDM,
        now=now,
        actor=by,
        note=note,
        confirmed_by=by if phase == Phase.PASSED else None,
        contradicted_at=None,
        next_check_at=None,
        **writer.new_claim(),
    )
    work.take_if_nobodys(enrollment=check.enrollment, by=by, now=now)
