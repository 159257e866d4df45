"""The next action, for the partner and for the BDM."""

import datetime as dt
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.domain.checks.polling import Expected
from onboarding.domain.checks.routing import Checks
from onboarding.domain.enrollment import lifecycle, withdrawal
from onboarding.domain.questions import official_pages, tasks
from onboarding.domain.questions.preparations import PREPARATIONS
from onboarding.domain.questions.requirements import is_answered
from onboarding.domain.questions.steps import PAGES, STEPS, SUBMITTED_PAGES
from onboarding.domain.reasons import urgency
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.consequences import Consequence
from onboarding.domain.reasons.words import Reader, Words, words_for
from onboarding.enums import CheckState, EnrollmentState, Kind, StepStatus, Turn
from onboarding.models import Check, Enrollment
from onboarding.phases import Phase
from onboarding.views.presenters.check_cards import answer_url, expected_of
from onboarding.views.presenters.journey import RailStep, page_url, rail
from onboarding.views.presenters.labels import Text
from portal.web.templatetags.portal import day


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
    official: tuple[official_pages.OfficialLink, ...] = ()
    task: str = ""

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


def next_action(enrollment: Enrollment, checks: Checks, *, audience: Reader = Reader.PARTNER) -> NextAction:
    """Return what the reseller does now, in words for ``audience``.

    It is one action with the ``others`` behind it, or nothing until a date.
    """
    words = words_for(audience)
    if enrollment.is_withdrawn:
        return _withdrawn(enrollment, words)
    if enrollment.set_aside_at:
        return _resting(enrollment, words)
    refused = [check for check in checks.values() if check.state == CheckState.REFUSED]
    if refused:
        return _refused(enrollment, refused[0], words)
    mine = all_of_the_partner(enrollment, checks, words)
    return replace(mine[0], others=tuple(mine[1:])) if mine else _wait(enrollment, checks, words)


def all_of_the_partner(enrollment: Enrollment, checks: Checks, words: Words) -> list[NextAction]:
    """Return everything that is the partner's turn and possible now, by consequence (``urgency``)."""
    mine = urgency.by_consequence(enrollment, checks.values())
    actions = [_act_on(enrollment, checks, request, words) for request in mine]
    actions += _changes_to_carry_over(enrollment, checks, words)
    if _is_complete_draft(enrollment):
        return [*actions, _submit(enrollment, words)]
    # A step whose check is open is among them already.
    asked = {STEP_OF_CHECK[request.check.kind] for request in mine if request.check.kind in STEP_OF_CHECK}
    for step in rail(enrollment, checks, for_staff=words.audience.is_staff):
        if step.status == StepStatus.TO_DO and step.url and step.number not in asked:
            return [*actions, _getting(enrollment, step, words) or _go_on(step, words)]
    return actions


STEP_OF_CHECK: dict[str, int] = {kind: step.number for step in STEPS for kind, _authority in step.decided_by}


def _submit(enrollment: Enrollment, words: Words) -> NextAction:
    is_staff = words.audience.is_staff
    return NextAction(
        Turn.RESELLER,
        words.turn(Turn.RESELLER),
        _("The partner has to check the answers and submit") if is_staff else _("Check your answers and submit"),
        _("Everything is filled in. The checks start with the submission.")
        if is_staff
        else _("Everything is filled in. Our checks start as soon as you submit."),
        reverse("onboarding:answers", args=[enrollment.pk]),
        _("Check my answers"),
    )


def _changes_to_carry_over(enrollment: Enrollment, checks: Checks, words: Words) -> list[NextAction]:
    """Return the deed that follows from answers changed here after Microsoft had them."""
    changed = [check for check in checks.values() if check.changed_here_at]
    if not changed:
        return []
    first = min(changed, key=lambda check: check.changed_here_at or enrollment.created_at)
    is_staff = words.audience.is_staff
    return [
        NextAction(
            Turn.RESELLER,
            words.turn(Turn.RESELLER),
            _("The partner has to make the change in Partner Center too")
            if is_staff
            else _("Make the change in Partner Center too"),
            _("Answers were changed here after Microsoft had received them.")
            if is_staff
            else _(
                "You changed your answers here after Microsoft had received them. Change them in Partner Center > "
                "Account settings > Legal info as well, then say so on this page."
            ),
            f"{enrollment.get_absolute_url()}#check-{first.pk}",
            _("See what changed"),
            first.changed_here_at,
            rank=Consequence.WOULD_BE_REFUSED,
            consequence=Consequence.WOULD_BE_REFUSED.label,
            official=tuple(official_pages.links(("legal_info",))),
        )
    ]


def _is_complete_draft(enrollment: Enrollment) -> bool:
    complete = all(is_answered(enrollment, PAGES[slug]) for slug in SUBMITTED_PAGES)
    return complete and enrollment.state == EnrollmentState.DRAFT


def _resting(enrollment: Enrollment, words: Words) -> NextAction:
    return NextAction(
        Turn.NOBODY,
        _("Set aside"),
        _("This draft is on hold"),
        _("Nobody at the partner has worked on it for a long time. Saving a page resumes it.")
        if words.audience.is_staff
        else _("Nobody has worked on it for a long time. Nothing is lost: resume it whenever you like."),
        enrollment.get_absolute_url(),
        _("See the draft"),
        enrollment.set_aside_at,
    )


def _withdrawn(enrollment: Enrollment, words: Words) -> NextAction:
    was_draft = enrollment.withdrawn_from == EnrollmentState.DRAFT
    until = withdrawal.may_take_back_until(enrollment)
    assert until is not None
    over = until <= timezone.now()
    if words.audience.is_staff:
        title, text = _("The partner has withdrawn this enrolment"), _("The partner can take it back until %(day)s.")
        if over:
            text = _("The partner could take it back until %(day)s.")
    elif was_draft:
        title, text = _("This draft is deleted"), _("You can take it back until %(day)s.")
    else:
        title = _("This enrolment is withdrawn")
        text = _("Checks and reminders have stopped. You can take it back until %(day)s.")
    if over and not words.audience.is_staff:
        text = _("It could be taken back until %(day)s. Start a new enrolment for the country instead.")
    return NextAction(
        Turn.NOBODY,
        _("Given up"),
        title,
        text % {"day": day(timezone.localtime(until))},
        enrollment.get_absolute_url(),
        _("See it, or take it back"),
        enrollment.withdrawn_at,
        ways_on=(Way(reverse("onboarding:start", args=[enrollment.partner_id]), _("Start a new enrolment")),)
        if over and not words.audience.is_staff
        else (),
    )


def _refused(enrollment: Enrollment, check: Check, words: Words) -> NextAction:
    title = gettext("%(what)s: %(title)s") % {"what": Kind(check.kind).label, "title": CheckState.REFUSED.label}
    place = f"{enrollment.get_absolute_url()}#check-{check.pk}"
    if words.audience.is_staff:
        text = check.note or words.phase(check.phase)
        return NextAction("refused", CheckState.REFUSED.label, title, text, place, _("See the file"), check.settled_at)
    return NextAction(
        "refused",
        CheckState.REFUSED.label,
        title,
        check.note or _("Ingram Micro explains it on this page. Speak with your contact there about what is possible."),
        place,
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


def staff_action(enrollment: Enrollment, checks: Checks, *, audience: Reader = Reader.BDM) -> NextAction:
    """Return what a BDM sees: what waits for Ingram Micro comes before what the partner has to do."""
    ours = [check for check in checks.values() if check.turn == Turn.INGRAM]
    if ours and not enrollment.is_withdrawn:
        return _wait_for(enrollment, ours, words_for(audience))
    return next_action(enrollment, checks, audience=audience)


def _act_on(enrollment: Enrollment, checks: Checks, request: urgency.OpenRequest, words: Words) -> NextAction:
    check = request.check
    reason = REASONS[check.reason]
    page = reason.page if reason.page and lifecycle.may_open(enrollment, checks, reason.page) else ""
    own = answer_url(check)
    url = page_url(enrollment, page) if page else f"{enrollment.get_absolute_url()}#check-{check.pk}"
    return NextAction(
        Turn.RESELLER,
        words.turn(Turn.RESELLER),
        words.reason(check.reason),
        words.phase(check.phase) if words.audience.is_staff else reason.todo,
        own or url,
        _("Answer") if own else _("Correct these answers") if page in SUBMITTED_PAGES else _("See what to do"),
        check.turn_since,
        rank=request.consequence,
        consequence=request.consequence.label,
        deadline=request.deadline,
        is_late=request.deadline is not None
        and request.deadline.on < enrollment.country.calendar.day_of(timezone.now()),
        official=tuple(official_pages.links(official_pages.OF_REASON.get(check.reason, ()))),
        task=tasks.OF_REASON.get(check.reason, ""),
    )


def _go_on(step: RailStep, words: Words) -> NextAction:
    return NextAction(
        Turn.RESELLER,
        words.turn(Turn.RESELLER),
        step.deed,
        gettext("It takes about %(minutes)s minutes.") % {"minutes": step.minutes},
        step.url,
        _("Continue"),
    )


def _getting(enrollment: Enrollment, step: RailStep, words: Words) -> NextAction | None:
    """Return what the partner is getting before this step can go on; None if nothing."""
    slugs = {page.slug for spec in STEPS if spec.number == step.number for page in spec.pages}
    for row in enrollment.preparations.all():
        spec = PREPARATIONS[row.code]
        if row.ended_at is None and spec.holds_up and spec.page in slugs and f"/{spec.page}/" in step.url:
            return NextAction(
                Turn.RESELLER,
                words.turn(Turn.RESELLER),
                spec.staff_title if words.audience.is_staff else spec.title,
                spec.takes,
                reverse("onboarding:preparing", args=[enrollment.pk, row.code]),
                _("See what to do"),
                row.since,
            )
    return None


def _wait(enrollment: Enrollment, checks: Checks, words: Words) -> NextAction:
    is_staff = words.audience.is_staff
    url = enrollment.get_absolute_url()
    if enrollment.state == EnrollmentState.READY:
        return NextAction(
            Turn.NOBODY,
            words.turn(Turn.NOBODY),
            _("Ready to transact") if is_staff else _("You are ready to transact"),
            _("The partner can order in this country.")
            if is_staff
            else _("Ingram Micro is your indirect provider in this country."),
            url,
            _("See the file"),
            enrollment.ready_at,
            is_done=True,
        )
    waiting = [c for c in checks.values() if c.turn in (Turn.MICROSOFT, Turn.INGRAM)]
    if not waiting:
        return NextAction(
            Turn.NOBODY,
            words.turn(Turn.NOBODY),
            words.reason("looking"),
            words.phase(Phase.QUEUED) if is_staff else REASONS["looking"].todo,
            url,
            _("See the file"),
        )
    return _wait_for(enrollment, waiting, words)


def _wait_for(enrollment: Enrollment, waiting: list[Check], words: Words) -> NextAction:
    oldest = min(waiting, key=lambda check: check.turn_since or enrollment.created_at)
    reason = REASONS[oldest.reason]
    url = enrollment.get_absolute_url()
    return NextAction(
        oldest.turn,
        words.turn(oldest.turn),
        words.reason(oldest.reason),
        words.phase(oldest.phase) if words.audience.is_staff else reason.todo,
        url,
        _("See the file"),
        oldest.turn_since,
        expected_of(enrollment, oldest) if oldest.turn == Turn.MICROSOFT else None,
    )
