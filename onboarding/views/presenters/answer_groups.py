"""The answers of a page with their questions, and what changed in them."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.domain.questions import requirements
from onboarding.domain.questions.requirements import is_answered
from onboarding.domain.questions.steps import PAGES, STEP_OF_PAGE, Page
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.forms.sentences import sentence
from onboarding.forms.steps import FORMS, NAMES_OF_HOSTS
from onboarding.models import Enrollment
from onboarding.views import evidence
from onboarding.views.presenters.comparison import ComparisonRow
from onboarding.views.presenters.journey import page_url
from portal.text import own_letters
from portal.web.templatetags.portal import day, grouped

SPELLING_FILLED_IN = _("The register's spelling is filled in below. Please check it, then continue.")


def answer_groups(enrollment: Enrollment, *, today: dt.date, audience: Reader = Reader.PARTNER) -> list[dict[str, Any]]:
    """Return every page's answers, each with what the rules say about them and where they are corrected."""
    words = words_for(audience)
    hints: dict[str, list[dict[str, Any]]] = {}
    for hint in requirements.hints(enrollment, today=today):
        line = {
            "label": FORMS[hint.page].base_fields[hint.field].label,
            "text": words.hint(hint.code, hint.values) or sentence(hint.code, hint.values),
            "url": f"{page_url(enrollment, hint.page)}#div_id_{hint.field}",
        }
        hints.setdefault(hint.page, []).append(line)
    return [{**answer_group(enrollment, slug, audience), "slug": slug, "hints": hints.get(slug, [])} for slug in PAGES]


def answer_group(enrollment: Enrollment, slug: str, audience: Reader = Reader.PARTNER) -> dict[str, Any]:
    """Return the answers of one page with their questions, as asked; for staff with the names of the answers."""
    page = PAGES[slug]
    return {
        "title": words_for(audience).page(slug),
        "step": STEP_OF_PAGE[slug],
        "answered": is_answered(enrollment, page),
        "rows": [
            {"label": evidence.label_of(slug, name, audience), "value": _shown(enrollment, page, name)}
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
    if name in NAMES_OF_HOSTS:
        return own_letters(value)
    return grouped(value) if name in _NUMBERS else value


_NUMBERS = {"mpn_id", "location_mpn_id", "duns"}


def answer_row(page: str, name: str, before: Any, after: Any) -> ComparisonRow:
    """Return one answer before and after, side by side."""
    return ComparisonRow(
        evidence.label_of(page, name, Reader.BDM),
        evidence.shown(page, name, before),
        evidence.shown(page, name, after),
        "similar",
        _("Changed"),
        is_number=name in _NUMBERS,
    )
