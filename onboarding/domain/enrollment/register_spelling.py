"""Answer the company's page with the register's spelling: what would change, taking it over, and taking it back."""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from onboarding.domain import history
from onboarding.domain.checks import routing
from onboarding.domain.enrollment import lifecycle
from onboarding.domain.questions import requirements
from onboarding.domain.questions.steps import PAGES
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment, Event
from portal.accounts.models import User

PAGE = "company"
# Kinds of events.
TAKEN, BACK = "spelling_taken_over", "spelling_taken_back"


class NothingOfferedError(Exception):
    """The register's answer offers no spelling now: it is taken over already, or another check has begun."""


class ChangedSinceError(Exception):
    """The answers or the register's spelling are no longer the ones that were shown."""


@dataclass(frozen=True)
class SpellingChange:
    """One answer of the company's page, as typed and as the register has it."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class TakenOver:
    """What was changed, so that it can be taken back: the answers before and after."""

    before: dict[str, str]
    after: dict[str, str]


def changes(enrollment: Enrollment) -> list[SpellingChange]:
    """Return the answers that the register spells otherwise; [] where its answer offers no spelling."""
    check = routing.checks_of(enrollment)[Kind.LEGAL_ENTITY, Authority.PORTAL]
    spelling = {} if check.is_settled else check.evidence.get("take_over") or {}
    current = requirements.answers(enrollment, PAGES[PAGE])
    return [SpellingChange(name, current[name], text) for name, text in spelling.items() if text != current[name]]


def basis(offered: list[SpellingChange]) -> str:
    """Return a short digest of what is shown before it is taken over. The form sends it back."""
    shown = [[change.name, change.before, change.after] for change in offered]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]


def take_over(*, enrollment: Enrollment, basis_seen: str, by: User, now: dt.datetime) -> TakenOver:
    """Store the register's spelling, and return what was changed.

    Raises: NothingOfferedError, ChangedSinceError, AnswersRefused, PageLockedError.
    """
    offered = changes(enrollment)
    if not offered:
        raise NothingOfferedError
    if basis(offered) != basis_seen:
        raise ChangedSinceError
    taken = TakenOver({c.name: c.before for c in offered}, {c.name: c.after for c in offered})
    with transaction.atomic():
        _fill(enrollment, taken.after, by=by, now=now)
        history.add(enrollment, TAKEN, at=now, actor=by, before=taken.before, after=taken.after)
    return taken


def taken_over(enrollment: Enrollment, newest: Sequence[Event] | None = None) -> TakenOver | None:
    """Return what was taken over last, on any device and by any member; None once it is taken back or changed.

    ``newest``: events that a page has read already, newest first; the answer then is about those.
    """
    events = enrollment.events.filter(kind__in=[TAKEN, BACK]).order_by("-at", "-id")[:1] if newest is None else newest
    last = next((event for event in events if event.kind in (TAKEN, BACK)), None)
    if last is None or last.kind == BACK:
        return None
    taken = TakenOver(last.data["before"], last.data["after"])
    current = requirements.answers(enrollment, PAGES[PAGE])
    return taken if all(current[name] == text for name, text in taken.after.items()) else None


def take_back(*, enrollment: Enrollment, by: User, now: dt.datetime) -> None:
    """Store the answers that were there before the register's spelling.

    Raises: NothingOfferedError (nothing was taken over, or somebody has changed it since), ChangedSinceError,
    AnswersRefused, PageLockedError.
    """
    taken = taken_over(enrollment)
    if taken is None:
        raise NothingOfferedError
    with transaction.atomic():
        _fill(enrollment, taken.before, by=by, now=now)
        history.add(enrollment, BACK, at=now, actor=by)


def _fill(enrollment: Enrollment, answers: dict[str, str], *, by: User, now: dt.datetime) -> None:
    current = requirements.answers(enrollment, PAGES[PAGE])
    seen = lifecycle.basis(enrollment, PAGE)
    try:
        lifecycle.fill_page(
            enrollment=enrollment, slug=PAGE, answers={**current, **answers}, basis_seen=seen, by=by, now=now
        )
    except lifecycle.ChangedMeanwhileError as changed:
        raise ChangedSinceError from changed
