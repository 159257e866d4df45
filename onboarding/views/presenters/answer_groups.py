"""The answers of a page with their questions, and what changed in them."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.domain.questions import requirements
from onboarding.domain.questions.requirements import is_answered
from onboarding.domain.questions.steps import PAGES, STEP_OF_PAGE, Page
from onboarding.forms.sentences import sentence
from onboarding.forms.steps import FORMS
from onboarding.models import Enrollment
from onboarding.views import evidence
from onboarding.views.presenters.comparison import ComparisonRow
from onboarding.views.presenters.journey import page_url
from portal.web.templatetags.portal import day, grouped

SPELLING_FILLED_IN = _("The register's spelling is filled in below. Please check it, then continue.")


def answer_groups(enrollment: Enrollment, *, today: dt.date) -> list[dict[str, Any]]:
    """Return every page's answers, each with what the rules say about them and where they are corrected."""
    hints: dict[str, list[dict[str, Any]]] = {}
    for hint in requirements.hints(enrollment, today=today):
        line = {
            "label": FORMS[hint.page].base_fields[hint.field].label,
            "text": sentence(hint.code, hint.values),
            "url": f"{page_url(enrollment, hint.page)}#div_id_{hint.field}",
        }
        hints.setdefault(hint.page, []).append(line)
    return [{**answer_group(enrollment, slug), "slug": slug, "hints": hints.get(slug, [])} for slug in PAGES]


def answer_group(enrollment: Enrollment, slug: str) -> dict[str, Any]:
    """Return the answers of one page with their questions."""
    page, fields = PAGES[slug], FORMS[slug].base_fields
    return {
        "title": page.title,
        "step": STEP_OF_PAGE[slug],
        "answered": is_answered(enrollment, page),
        "rows": [
            {"label": fields[name].label, "value": _shown(enrollment, page, name)}
            for name in (*page.company_fields, *page.fields)
        ],
    }


def _shown(enrollment: Enrollment, page: Page, name: str) -> Any:
    owner: Any = enrollment.partner if name in page.company_fields else enrollment
    display = getattr(owner, f"get_{name}_display", None)
    value = display() if display else getattr(owner, name)
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, dt.date):
        return day(value)
    return grouped(value) if name in _NUMBERS else value


_NUMBERS = {"mpn_id", "location_mpn_id", "duns"}


def answer_row(page: str, name: str, before: Any, after: Any) -> ComparisonRow:
    """Return one answer before and after, side by side."""
    label = FORMS[page].base_fields[name].label or name
    return ComparisonRow(
        label,
        evidence.shown(page, name, before),
        evidence.shown(page, name, after),
        "similar",
        _("Changed"),
        is_number=name in _NUMBERS,
    )
