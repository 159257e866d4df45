"""The next action, for the partner and for the BDM."""

import datetime as dt
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.domain.checks.polling import Expected
from onboarding.domain.checks.routing import Checks
from onboarding.domain.enrollment import lifecycle
from onboarding.domain.questions.requirements import is_answered
from onboarding.domain.questions.steps import PAGES, STEPS, SUBMITTED_PAGES
from onboarding.domain.reasons import urgency
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.consequences import Consequence
from onboarding.enums import CheckState, EnrollmentState, Kind, StepStatus, Turn
from onboarding.models import Check, Enrollment
from onboarding.views.presenters.check_cards import answer_url, expected_of, turn_label
from onboarding.views.presenters.journey import RailStep, page_url, rail
from onboarding.views.presenters.labels import Text


@dataclass(frozen=True)
class Way:
    """Where to go when nothing can be done on this enrollment."""

    url: str
    label: Text


@dataclass(frozen=True)
class NextAction:
    turn: str
    turn_label: Text
    title: Text
    text: Text
    url: str
    label: Text
    since: dt.datetime | None = None
    expected: Expected | None = None
    is_done: bool = False
    way_on: Text = ""
    ways_on: tuple["Way", ...] = ()
    rank: int = len(Consequence) + 1
    consequence: Text = ""
    deadline: urgency.Deadline | None = None
    is_late: bool = False
    others: tuple["NextAction", ...] = ()

    @property
    def status(self) -> str:
        """Return the badge: whose turn it is, or that all is done."""
        return "done" if self.is_done else self.turn

    @property
    def is_mine(self) -> bool:
        return self.turn == Turn.RESELLER

    @property
    def order(self) -> tuple[bool, int, dt.date, dt.datetime]:
        """Return the sort key of enrollments: the partner's turn first, by what is lost and when."""
        far = dt.datetime.max.replace(tzinfo=dt.UTC)
        return (not self.is_mine, self.rank, self.deadline.on if self.deadline else dt.date.max, self.since or far)

    @property
    def staff_label(self) -> Text:
        return turn_label(Turn.RESELLER, for_staff=True) if self.is_mine else self.turn_label


def next_action(enrollment: Enrollment, checks: Checks) -> NextAction:
    """Return what the reseller does now: one action with the ``others`` behind it, or nothing until a date."""
    if enrollment.set_aside_at:
        return _resting(enrollment)
    refused = [check for check in checks.values() if check.state == CheckState.REFUSED]
    if refused:
        return _refused(enrollment, refused[0])
    mine = all_of_the_partner(enrollment, checks)
    return replace(mine[0], others=tuple(mine[1:])) if mine else _wait(enrollment, checks)


def all_of_the_partner(enrollment: Enrollment, checks: Checks) -> list[NextAction]:
    """Return everything that is the partner's turn and possible now, by consequence (``urgency``)."""
    mine = urgency.by_consequence(enrollment, checks.values())
    actions = [_act_on(enrollment, checks, request) for request in mine]
    actions += _changes_to_carry_over(enrollment, checks)
    if _is_complete_draft(enrollment):
        return [*actions, _submit(enrollment)]
    # A step whose check is open is among them already.
    asked = {STEP_OF_CHECK[request.check.kind] for request in mine if request.check.kind in STEP_OF_CHECK}
    for step in rail(enrollment, checks):
        if step.status == StepStatus.TO_DO and step.url and step.number not in asked:
            return [*actions, _go_on(enrollment, step)]
    return actions


STEP_OF_CHECK: dict[str, int] = {kind: step.number for step in STEPS for kind, _authority in step.decided_by}


def _submit(enrollment: Enrollment) -> NextAction:
    return NextAction(
        Turn.RESELLER,
        Turn.RESELLER.label,
        _("Check your answers and submit"),
        _("Everything is filled in. Our checks start as soon as you submit."),
        reverse("onboarding:answers", args=[enrollment.pk]),
        _("Check my answers"),
    )


def _changes_to_carry_over(enrollment: Enrollment, checks: Checks) -> list[NextAction]:
    """Return the deed that follows from answers changed here after Microsoft had them."""
    changed = [check for check in checks.values() if check.changed_here_at]
    if not changed:
        return []
    first = min(changed, key=lambda check: check.changed_here_at or enrollment.created_at)
    return [
        NextAction(
            Turn.RESELLER,
            Turn.RESELLER.label,
            _("Make the change in Partner Center too"),
            _(
                "You changed your answers here after Microsoft had received them. Change them in Partner Center > "
                "Account settings > Legal info as well, then say so on this page."
            ),
            f"{enrollment.get_absolute_url()}#check-{first.pk}",
            _("See what changed"),
            first.changed_here_at,
            rank=Consequence.WOULD_BE_REFUSED,
            consequence=Consequence.WOULD_BE_REFUSED.label,
        )
    ]


def _is_complete_draft(enrollment: Enrollment) -> bool:
    complete = all(is_answered(enrollment, PAGES[slug]) for slug in SUBMITTED_PAGES)
    return complete and enrollment.state == EnrollmentState.DRAFT


def _resting(enrollment: Enrollment) -> NextAction:
    return NextAction(
        Turn.NOBODY,
        _("Set aside"),
        _("This draft is on hold"),
        _("Nobody has worked on it for a long time. Nothing is lost: resume it whenever you like."),
        enrollment.get_absolute_url(),
        _("See the draft"),
        enrollment.set_aside_at,
    )


def _refused(enrollment: Enrollment, check: Check) -> NextAction:
    return NextAction(
        "refused",
        CheckState.REFUSED.label,
        gettext("%(what)s: %(title)s") % {"what": Kind(check.kind).label, "title": CheckState.REFUSED.label},
        check.note or _("Ingram Micro explains it on this page. Speak with your contact there about what is possible."),
        f"{enrollment.get_absolute_url()}#check-{check.pk}",
        _("See the file"),
        check.settled_at,
        way_on=_(
            "This file ends here: Microsoft allows no further try on it. Ask your contact at Ingram Micro what is "
            "possible, an appeal or another company of yours; for another country you can begin a new file at once."
        ),
        ways_on=(
            Way(reverse("onboarding:messages", args=[enrollment.pk]), _("Write to Ingram Micro")),
            Way(f"#check-{check.pk}", _("See why it was refused")),
            Way(reverse("onboarding:start", args=[enrollment.partner_id]), _("Begin a file for another country")),
        ),
    )


def staff_action(enrollment: Enrollment, checks: Checks) -> NextAction:
    """Return what a BDM sees: what waits for Ingram Micro comes before what the partner has to do."""
    ours = [check for check in checks.values() if check.turn == Turn.INGRAM]
    return _wait_for(enrollment, ours) if ours else next_action(enrollment, checks)


def _act_on(enrollment: Enrollment, checks: Checks, request: urgency.OpenRequest) -> NextAction:
    check = request.check
    reason = REASONS[check.reason]
    page = reason.page if reason.page and lifecycle.may_open(enrollment, checks, reason.page) else ""
    own = answer_url(check)
    url = page_url(enrollment, page) if page else f"{enrollment.get_absolute_url()}#check-{check.pk}"
    return NextAction(
        Turn.RESELLER,
        Turn.RESELLER.label,
        reason.title,
        reason.todo,
        own or url,
        _("Answer") if own else PAGES[page].title if page else _("See what to do"),
        check.turn_since,
        rank=request.consequence,
        consequence=request.consequence.label,
        deadline=request.deadline,
        is_late=request.deadline is not None
        and request.deadline.on < enrollment.country.calendar.day_of(timezone.now()),
    )


def _go_on(enrollment: Enrollment, step: RailStep) -> NextAction:
    return NextAction(
        Turn.RESELLER,
        Turn.RESELLER.label,
        step.deed,
        gettext("It takes about %(minutes)s minutes.") % {"minutes": step.minutes},
        step.url,
        _("Continue"),
    )


def _wait(enrollment: Enrollment, checks: Checks) -> NextAction:
    url = enrollment.get_absolute_url()
    if enrollment.state == EnrollmentState.READY:
        return NextAction(
            Turn.NOBODY,
            Turn.NOBODY.label,
            _("You are ready to transact"),
            _("Ingram Micro is your indirect provider in this country."),
            url,
            _("See the file"),
            enrollment.ready_at,
            is_done=True,
        )
    waiting = [c for c in checks.values() if c.turn in (Turn.MICROSOFT, Turn.INGRAM)]
    if not waiting:
        return NextAction(
            Turn.NOBODY,
            Turn.NOBODY.label,
            _("We are checking"),
            _("Nothing to do. This page shows the answer as soon as there is one."),
            url,
            _("See the file"),
        )
    return _wait_for(enrollment, waiting)


def _wait_for(enrollment: Enrollment, waiting: list[Check]) -> NextAction:
    oldest = min(waiting, key=lambda check: check.turn_since or enrollment.created_at)
    reason = REASONS[oldest.reason]
    url = enrollment.get_absolute_url()
    return NextAction(
        oldest.turn,
        Turn(oldest.turn).label,
        reason.title,
        reason.todo,
        url,
        _("See the file"),
        oldest.turn_since,
        expected_of(enrollment, oldest) if oldest.turn == Turn.MICROSOFT else None,
    )
