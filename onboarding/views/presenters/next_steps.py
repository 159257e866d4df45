"""The next action, for the partner and for the BDM."""

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.domain.checks import nightly_recheck
from onboarding.domain.checks.polling import Expected
from onboarding.domain.checks.routing import Checks
from onboarding.domain.enrollment import lifecycle
from onboarding.domain.questions.requirements import is_answered
from onboarding.domain.questions.steps import PAGES, SUBMITTED_PAGES
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.words import Reader, Words, words_for
from onboarding.enums import Authority, CheckState, EnrollmentState, Kind, StepStatus, Turn
from onboarding.models import Check, Enrollment
from onboarding.phases import Phase
from onboarding.views.presenters.check_cards import answer_url, expected_of
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

    @property
    def status(self) -> str:
        """Return the badge: whose turn it is, or that all is done."""
        return "done" if self.is_done else self.turn

    @property
    def is_mine(self) -> bool:
        return self.turn == Turn.RESELLER


def next_action(enrollment: Enrollment, checks: Checks, *, audience: Reader = Reader.PARTNER) -> NextAction:
    """Return what the reseller does now, in words for ``audience``: one action, or nothing until a date."""
    words = words_for(audience)
    if enrollment.set_aside_at:
        return _resting(enrollment, words)
    refused = [check for check in checks.values() if check.state == CheckState.REFUSED]
    if refused:
        return _refused(enrollment, refused[0], words)
    mine = [check for check in checks.values() if check.turn == Turn.RESELLER]
    if mine:
        return _act_on(enrollment, checks, min(mine, key=_order), words)
    if _is_complete_draft(enrollment):
        return _submit(enrollment, words)
    for step in rail(enrollment, checks, for_staff=audience.is_staff):
        if step.status in (StepStatus.TO_DO, StepStatus.ACTION_NEEDED) and step.url:
            return _go_on(step, words)
    return _wait(enrollment, checks, words)


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
    if ours:
        return _wait_for(enrollment, ours, words_for(audience))
    return next_action(enrollment, checks, audience=audience)


def _order(check: Check) -> tuple[bool, bool, int]:
    # What stops a once ready enrollment from selling comes first; then what the portal waits for, because Microsoft's
    # clock runs anyway.
    was_lost = check.enrollment.ready_at is not None and check.kind in nightly_recheck.NIGHTLY
    return (not was_lost, check.authority != Authority.PORTAL, check.pk)


def _act_on(enrollment: Enrollment, checks: Checks, check: Check, words: Words) -> NextAction:
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
        _("Answer") if own else PAGES[page].title if page else _("See what to do"),
        check.turn_since,
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
