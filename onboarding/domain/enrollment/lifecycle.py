"""What a reseller does with an enrollment: start it, save a draft, fill a page, submit."""

import copy
import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from onboarding.domain import history
from onboarding.domain.checks import locks, routing, starting, transitions
from onboarding.domain.clocks import escalation
from onboarding.domain.enrollment import preparations
from onboarding.domain.questions import requirements
from onboarding.domain.questions.requirements import AnswersRefused
from onboarding.domain.questions.steps import BLOCKING, PAGES, STEP_OF_PAGE, STEPS, StepSpec
from onboarding.enums import CheckState, EnrollmentState, Step, StepStatus
from onboarding.models import Check, Draft, Enrollment, Event
from onboarding.models.enrollment import GRACE
from portal.accounts.models import User
from portal.notices import suppression
from portal.partners.models import Partner


class AlreadyEnrolledError(Exception):
    """The partner already has this ``enrollment`` for the country."""

    def __init__(self, enrollment: Enrollment) -> None:
        super().__init__(str(enrollment.pk))
        self.enrollment = enrollment


class PageLockedError(Exception):
    """A step before this page is not finished yet."""


class ChangedMeanwhileError(Exception):
    """Somebody saved other answers on this page since it was shown; ``now`` has them."""

    def __init__(self, now: dict[str, Any]) -> None:
        super().__init__()
        self.now = now


# --- state of the steps
# ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StepState:
    spec: StepSpec
    status: StepStatus
    answered: bool


def step_states(enrollment: Enrollment, checks: routing.Checks) -> list[StepState]:
    """Return the state of each step; the first unfinished one limits what may be opened. Makes no query."""
    states: list[StepState] = []
    for spec in STEPS:
        answered = all(requirements.is_answered(enrollment, page) for page in spec.pages)
        states.append(StepState(spec, _status(enrollment, checks, spec, answered, states), answered))
    return states


def _status(
    enrollment: Enrollment, checks: routing.Checks, spec: StepSpec, answered: bool, before: list[StepState]
) -> StepStatus:
    deciding = [checks[pair] for pair in spec.decided_by]
    if all(check.holds for check in deciding):
        return StepStatus.DONE
    if any(check.state == CheckState.REFUSED for check in (*deciding, *_validations_of(checks, spec))):
        return StepStatus.REFUSED
    if _is_locked(enrollment, checks, spec, before):
        return StepStatus.LOCKED
    if any(check.state == CheckState.ACTION_NEEDED for check in deciding):
        return StepStatus.ACTION_NEEDED
    if any(check.state == CheckState.ACTION_NEEDED for check in _validations_of(checks, spec)):
        return StepStatus.ACTION_NEEDED
    return StepStatus.WAITING if answered else StepStatus.TO_DO


def _is_locked(enrollment: Enrollment, checks: routing.Checks, spec: StepSpec, before: list[StepState]) -> bool:
    if any(checks[pair].state == CheckState.ACTION_NEEDED for pair in BLOCKING if _comes_before(pair, spec)):
        return True
    done = {state.spec.code for state in before if state.status == StepStatus.DONE}
    if not set(spec.opens_after_done) <= done:
        return True
    # For step 4, step 3 counts as finished once the enrollment is submitted: the days of Microsoft's review are used
    # for it.
    return not all(
        state.answered or (state.spec.code == Step.INDIRECT_RESELLER and enrollment.state != EnrollmentState.DRAFT)
        for state in before
    )


def _comes_before(pair: routing.Pair, spec: StepSpec) -> bool:
    return any(pair in other.decided_by for other in STEPS if other.number < spec.number)


def _validations_of(checks: routing.Checks, spec: StepSpec) -> list[Check]:
    """Return the three validations for step 3, to which they belong."""
    return [c for c in checks.values() if c.is_validation] if spec.code == Step.INDIRECT_RESELLER else []


def may_open(enrollment: Enrollment, checks: routing.Checks, slug: str) -> bool:
    """Return whether the page may be shown and filled now."""
    if enrollment.is_withdrawn:
        return False
    spec = STEP_OF_PAGE[slug]
    state = next(state for state in step_states(enrollment, checks) if state.spec is spec)
    if state.status == StepStatus.LOCKED:
        return False
    pages = [page.slug for page in spec.pages]
    earlier = [PAGES[other] for other in pages[: pages.index(slug)]]
    if PAGES[slug].after_submission:
        return enrollment.state != EnrollmentState.DRAFT
    return all(requirements.is_answered(enrollment, page) for page in earlier)


# --- actions
# -----------------------------------------------------------------------------------------------------------


def start(*, partner: Partner, country: str, by: User, now: dt.datetime) -> Enrollment:
    """Return a new enrollment of ``partner`` for ``country`` (ISO 3166-1 alpha-2).

    Raises: AlreadyEnrolledError.
    """
    try:
        with transaction.atomic():
            locks.lock(partner.pk)
            given_up = withdrawn_lately(partner, country, now=now)
            if given_up:
                raise AlreadyEnrolledError(given_up)
            enrollment = Enrollment.objects.create(
                partner=partner, country_id=country, created_by=by, created_at=now, last_event_at=now, progressed_at=now
            )
            starting.create_checks(enrollment)
            escalation.begin(enrollment, now=now)
            history.add(enrollment, "started", at=now, actor=by)
            return enrollment
    except IntegrityError as twice:
        in_force = Enrollment.objects.exclude(state=EnrollmentState.WITHDRAWN)
        there = in_force.filter(partner=partner, country_id=country).first()
        if there is None:
            raise
        raise AlreadyEnrolledError(there) from twice


def withdrawn_lately(partner: Partner, country: str, *, now: dt.datetime) -> Enrollment | None:
    """Return the partner's withdrawn enrollment of the country that can still be taken back."""
    rows = Enrollment.objects.filter(partner=partner, country_id=country, state=EnrollmentState.WITHDRAWN)
    return rows.filter(withdrawn_at__gt=now - GRACE).order_by("-withdrawn_at").first()


def basis(enrollment: Enrollment, slug: str) -> str:
    """Return a short digest of a page's answers. The form sends it back, which shows a change meanwhile."""
    current = requirements.answers(enrollment, PAGES[slug])
    return hashlib.sha256(json.dumps(current, default=str, sort_keys=True).encode()).hexdigest()[:16]


def keep_draft(*, enrollment: Enrollment, slug: str, typed: dict[str, Any], now: dt.datetime) -> None:
    """Store the typed text unchanged, right or wrong, so that nothing is lost."""
    Draft.objects.update_or_create(enrollment=enrollment, page=slug, defaults={"data": typed, "saved_at": now})


@transaction.atomic
def fill_page(
    *,
    enrollment: Enrollment,
    slug: str,
    answers: dict[str, Any],
    basis_seen: str,
    by: User,
    now: dt.datetime,
    is_sure: bool = False,
) -> tuple[Enrollment, routing.Checks]:
    """Store the answers of one page, and start again only those checks that depend on a change.

    Return the present enrollment and its checks. Saving equal answers twice changes nothing the second time.
    ``is_sure``: the user was asked about unlikely answers, and says that they are right.

    Raises: PageLockedError, AnswersRefused, ChangedMeanwhileError: no answer was stored.
    """
    page = PAGES[slug]
    current = _locked(enrollment, slug)
    checks = routing.checks_of(current)
    if not may_open(current, checks, slug):
        raise PageLockedError
    before, subjects = requirements.answers(current, page), starting.subjects_of(checks, now=now)
    company_before = copy.copy(current.partner)
    stale = basis_seen != basis(current, slug)
    for name, value in answers.items():
        owner = current.partner if name in page.company_fields else current
        setattr(owner, requirements.column(owner, name), value)
    after = requirements.answers(current, page)
    if stale and after != before:
        raise ChangedMeanwhileError(before)
    is_asked = not is_sure and after != before
    broken = requirements.problems(current, slug, today=timezone.localdate(now), is_sure=not is_asked)
    if broken:
        raise AnswersRefused(broken)
    if current.drafted:  # type: ignore[attr-defined]
        Draft.objects.filter(enrollment=current, page=slug).delete()
    if after != before:
        if "contact_email" in after and after["contact_email"] != before["contact_email"]:
            suppression.lift(after["contact_email"])
        _save(current, slug, checks, subjects, by=by, now=now)
        _follow_elsewhere(current, slug, checks, company_before, was=before.get("sent_to_microsoft_on"), by=by, now=now)
    return current, checks


def _locked(enrollment: Enrollment, slug: str = "") -> Enrollment:
    """Return the present enrollment under the company's lock, with whether page ``slug`` has a draft."""
    locks.lock(enrollment.partner_id)
    drafted = Exists(Draft.objects.filter(enrollment=OuterRef("pk"), page=slug))
    rows = Enrollment.objects.select_related("partner", "country", "location_country")
    return rows.annotate(drafted=drafted).get(pk=enrollment.pk)


def _save(
    enrollment: Enrollment,
    slug: str,
    checks: routing.Checks,
    before: starting.Subjects,
    *,
    by: User,
    now: dt.datetime,
) -> None:
    page = PAGES[slug]
    told = _take_up(enrollment, by=by, now=now)
    enrollment.last_event_at = enrollment.progressed_at = now
    enrollment.save(update_fields=[*page.fields, "last_event_at", "progressed_at", "set_aside_at"])
    told += [history.line(enrollment, "answered", at=now, actor=by, page=slug)]
    if slug == "partner-center":
        on = str(enrollment.sent_to_microsoft_on)
        told.append(history.line(enrollment, "sent_to_microsoft", at=now, actor=by, on=on))
    preparations.answered(enrollment, slug, by=by, now=now)
    starting.follow_answers(enrollment, now=now, actor=by, checks=checks, told=tuple(told), before=before)
    transitions.follow_preconditions(enrollment, checks, now=now)
    transitions.settle_enrollment(enrollment, now=now)


def _take_up(enrollment: Enrollment, *, by: User, now: dt.datetime) -> list[Event]:
    """Take up a draft that was set aside, with a new clock, and return the events."""
    if enrollment.set_aside_at is None:
        return []
    enrollment.set_aside_at = None
    escalation.read_soon(enrollment, now=now)
    return [history.line(enrollment, "taken_up", at=now, actor=by)]


@transaction.atomic
def take_up(*, enrollment: Enrollment, by: User, now: dt.datetime) -> None:
    """Take up a draft that was set aside; any other enrollment stays unchanged."""
    current = _locked(enrollment)
    told = _take_up(current, by=by, now=now)
    if told:
        current.last_event_at = current.progressed_at = now
        current.save(update_fields=["set_aside_at", "last_event_at", "progressed_at"])
        Event.objects.bulk_create(told)


def _follow_elsewhere(
    enrollment: Enrollment,
    slug: str,
    checks: routing.Checks,
    company_before: Partner,
    *,
    was: dt.date | None,
    by: User,
    now: dt.datetime,
) -> None:
    """Follow a corrected day of submission in Microsoft's days, and company data in the company's other enrollments."""
    if slug == "partner-center":
        starting.correct_beginning(checks, was=was)
    if PAGES[slug].company_fields:
        enrollment.partner.save(update_fields=list(PAGES[slug].company_fields))
        follow_company(enrollment.partner, company_before, but=enrollment, by=by, now=now)


def follow_company(
    partner: Partner, before: Partner, *, but: Enrollment | None = None, by: User, now: dt.datetime
) -> None:
    """Follow changed company data in the company's enrollments, which share them. ``before`` is as it was."""
    others = Enrollment.objects.filter(partner=partner).exclude(state=EnrollmentState.WITHDRAWN)
    for file in others.exclude(pk=but.pk) if but else others:
        file.partner = before
        checks = routing.checks_of(file)
        subjects = starting.subjects_of(checks, now=now)
        file.partner = partner
        starting.follow_answers(file, now=now, actor=by, checks=checks, before=subjects)
        transitions.settle_enrollment(file, now=now)


@transaction.atomic
def submit(*, enrollment: Enrollment, by: User, now: dt.datetime) -> Enrollment:
    """Check every answer again, start the validations, and return the enrollment. A second call changes nothing.

    Raises: AnswersRefused, PageLockedError (Partner Center refuses an ID of steps 1 or 2).
    """
    current = _locked(enrollment)
    if current.state != EnrollmentState.DRAFT:
        return current
    broken = requirements.all_problems(current, today=timezone.localdate(now))
    if broken:
        raise AnswersRefused(broken)
    checks = routing.checks_of(current)
    if any(checks[pair].state == CheckState.ACTION_NEEDED for pair in BLOCKING):
        raise PageLockedError
    Event.objects.bulk_create(_take_up(current, by=by, now=now))
    current.state, current.submitted_by = EnrollmentState.SUBMITTED, by
    current.submitted_at = current.last_event_at = current.progressed_at = now
    times = ("submitted_at", "last_event_at", "progressed_at", "set_aside_at")
    current.save(update_fields=["state", "submitted_by", *times])
    history.add(current, "submitted", at=now, actor=by)
    starting.follow_answers(current, now=now, actor=by)
    return current
