"""Warnings beside the fields of a page: while people type, after they save, and on check-your-answers."""

import uuid
from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from onboarding import permissions
from onboarding.domain.questions import requirements
from onboarding.domain.questions.rules import Problem, Severity
from onboarding.domain.questions.steps import PAGES
from onboarding.forms.steps import FORMS, PageForm, sentence_of
from onboarding.models import Enrollment


@require_POST
def page_hints(request: HttpRequest, pk: uuid.UUID, slug: str) -> HttpResponse:
    """Return what the rules say about the page as typed so far; nothing is stored.

    It is a POST because addresses of pages are logged, and what people type is not.
    """
    if slug not in PAGES:
        raise Http404
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=True)
    form = FORMS[slug](request.POST, enrollment=enrollment)
    form.is_valid()
    about = request.POST.get("about", "")
    problems = requirements.judge(enrollment, slug, form.answers, today=timezone.localdate())
    found = by_field(problem for problem in problems if problem.field not in form.errors)
    for name, errors in form.errors.items():
        found[name] = [str(error) for error in errors]
    # Nobody is told to fill in what they have not come to yet.
    shown = [name for name in form.answers | form.errors if name == about or request.POST.get(name)]
    form.show_hints({name: found.get(name, []) for name in shown}, url=request.path)
    context = {
        "fields": [form[name] for name in shown],
        "said": found.get(about, []),
        "seen": names_of(problem for problem in problems if problem.field in shown),
    }
    return render(request, "onboarding/_field_hints.html", context)


def by_field(problems: Iterable[Problem]) -> dict[str, list[str]]:
    """Return the sentences of each field."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(problem.field, []).append(sentence_of(problem))
    return found


def names_of(problems: Iterable[Problem]) -> str:
    """Return the names of warnings, for the form's hidden field ``seen``."""
    return " ".join(sorted({_name(problem) for problem in problems if problem.severity is not Severity.BLOCKS}))


def are_new(problems: Iterable[Problem], seen: str) -> bool:
    """Return whether there is a warning that the page did not show before it was saved."""
    return bool({_name(problem) for problem in problems} - set(seen.split()))


def _name(problem: Problem) -> str:
    return f"{problem.field}:{problem.code}"


def show_on(form: PageForm, enrollment: Enrollment, slug: str) -> list[Problem]:
    """Print the stored answers' warnings beside their fields, and return them."""
    hints = requirements.hints(enrollment, slug, today=timezone.localdate())
    form.show_hints(by_field(hints), url=reverse("onboarding:page_hints", args=[enrollment.pk, slug]))
    if not form.is_bound:
        form.initial["seen"] = names_of(hints)
    return hints
