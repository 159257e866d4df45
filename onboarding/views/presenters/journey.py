"""The rail of the five steps, with the state and the pages of each."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from onboarding.domain.checks.routing import Checks
from onboarding.domain.enrollment import lifecycle
from onboarding.domain.questions.requirements import is_answered
from onboarding.domain.questions.steps import STEP_OF_PAGE, Page, StepSpec
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.enums import Authority, Kind, StepStatus
from onboarding.models import Enrollment
from onboarding.views.presenters.labels import NO_LONGER_FOLLOWED, Text


@dataclass(frozen=True)
class RailStep:
    number: int
    title: Text
    url: str
    status: str
    status_label: Text
    minutes: int
    current: bool
    note: Text = ""
    pages: tuple["RailPage", ...] = ()
    deed: Text = ""


@dataclass(frozen=True)
class RailPage:
    title: Text
    url: str
    answered: bool


def rail(enrollment: Enrollment, checks: Checks, *, current: str = "", for_staff: bool = False) -> list[RailStep]:
    """Return the five steps. ``current`` is the slug of the page shown; '' marks the first step that is not done."""
    words = words_for(Reader.BDM if for_staff else Reader.PARTNER)
    steps = []
    states = lifecycle.step_states(enrollment, checks)
    at = STEP_OF_PAGE[current].number if current else _first_undone(states)
    for state in states:
        spec = state.spec
        is_over = enrollment.is_withdrawn and state.status != StepStatus.DONE
        status = StepStatus.LOCKED if is_over else state.status
        locked = status == StepStatus.LOCKED
        pages = tuple(
            RailPage(
                words.page(page.slug),
                page_url(enrollment, page.slug) if lifecycle.may_open(enrollment, checks, page.slug) else "",
                is_answered(enrollment, page),
            )
            for page in spec.pages
        )
        steps.append(
            RailStep(
                number=spec.number,
                title=spec.title,
                url="" if locked else page_url(enrollment, _next_page(enrollment, checks, spec).slug),
                status=status.value,
                status_label=NO_LONGER_FOLLOWED if is_over else words.step_status(status),
                minutes=0 if is_over else spec.minutes,
                current=spec.number == at,
                note=_gate_note(checks, spec),
                pages=pages if len(pages) > 1 else (),
                deed="" if locked else words.deed(_next_page(enrollment, checks, spec).slug),
            )
        )
    return steps


def _first_undone(states: Any) -> int:
    return next((state.spec.number for state in states if state.status != StepStatus.DONE), 0)


def _gate_note(checks: Checks, spec: StepSpec) -> Text:
    if (Kind.AGREEMENT, Authority.MICROSOFT) not in spec.decided_by:
        return ""
    signed = checks[Kind.AGREEMENT, Authority.MICROSOFT].holds
    return _("Microsoft Partner Agreement signed") if signed else _("Ends with the Microsoft Partner Agreement signed")


def _next_page(enrollment: Enrollment, checks: Checks, spec: StepSpec) -> Page:
    """Return the first page of the step that is not answered yet, or its first one."""
    open_pages = [page for page in spec.pages if lifecycle.may_open(enrollment, checks, page.slug)]
    unanswered = [page for page in open_pages if not is_answered(enrollment, page)]
    return (unanswered or open_pages or list(spec.pages))[0]


def page_url(enrollment: Enrollment, slug: str) -> str:
    return reverse("onboarding:page", args=[enrollment.pk, slug])
