"""What each page's answers must satisfy, checked on save and again on submission. ``rules`` has the rules.

What is asked and what it is for: Source: [guide] part 2; [ms-reseller-tasks].
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Field, Model

from onboarding.domain.questions import rules
from onboarding.domain.questions.rules import Problem, Severity
from onboarding.domain.questions.steps import PAGES, SUBMITTED_PAGES, Page
from onboarding.models import Enrollment


class AnswersRefused(Exception):
    """Some answers break a rule; nothing was stored as an answer."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(", ".join(f"{p.page}.{p.field}: {p.code}" for p in problems))
        self.problems = problems


def value(enrollment: Enrollment, page: Page, name: str) -> Any:
    """Return the answer called ``name``; relations as their code."""
    owner = enrollment.partner if name in page.company_fields else enrollment
    return getattr(owner, column(owner, name))


def column(owner: Model, name: str) -> str:
    """Return the column of ``owner`` that stores a plain answer, or the code of a relation."""
    field = owner._meta.get_field(name)
    assert isinstance(field, Field), name
    return field.attname


def answers(enrollment: Enrollment, page: Page) -> dict[str, Any]:
    return {name: value(enrollment, page, name) for name in (*page.company_fields, *page.fields)}


def is_answered(enrollment: Enrollment, page: Page) -> bool:
    return all(value(enrollment, page, name) not in (None, "") for name in page.required)


def problems(enrollment: Enrollment, slug: str, *, today: dt.date, is_sure: bool = True) -> list[Problem]:
    """Return what prevents one page from being saved: what is missing, or else the rules that block.

    Unless the user ``is_sure``, also what is asked about first.
    """
    page = PAGES[slug]
    missing = [Problem(slug, name, "missing") for name in page.required if value(enrollment, page, name) in (None, "")]
    stops = {Severity.BLOCKS} if is_sure else {Severity.BLOCKS, Severity.ASKS}
    return missing or list(_broken(enrollment, slug, stops, today=today))


def all_problems(enrollment: Enrollment, *, today: dt.date) -> list[Problem]:
    """Return what prevents an enrollment from being submitted, in the order of the steps."""
    return [problem for slug in SUBMITTED_PAGES for problem in problems(enrollment, slug, today=today)]


def hints(enrollment: Enrollment, slug: str = "", *, today: dt.date) -> list[Problem]:
    """Return warnings of one page or of all: answers that are saved but that Microsoft refuses, or unusual ones."""
    return list(_broken(enrollment, slug, set(Severity) - {Severity.BLOCKS, Severity.ASKS}, today=today))


def judge(enrollment: Enrollment, slug: str, typed: dict[str, Any], *, today: dt.date) -> list[Problem]:
    """Return what the rules say about answers as typed, of every severity. The enrollment changes in memory only."""
    page = PAGES[slug]
    for name, answer in typed.items():
        owner = enrollment.partner if name in page.company_fields else enrollment
        setattr(owner, column(owner, name), answer)
    return list(_broken(enrollment, slug, set(Severity), today=today))


def _broken(enrollment: Enrollment, slug: str, severities: set[Severity], *, today: dt.date) -> Iterator[Problem]:
    return rules.problems(rules.of_enrollment(enrollment, today=today), page=slug, severities=severities)
