"""A file of the estate before and after its import: the review, its questions, the approval, the undo."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from licensing import permissions
from licensing.domain import estate_review, estate_undo
from licensing.domain.estate_import import NotWaitingError
from licensing.forms.estate import FIELD_NAMES, ReviewForm
from licensing.models import EstateFile
from licensing.views import wording
from portal.geo.models import Country


def review(request: HttpRequest, found: EstateFile) -> HttpResponse:
    """Show what a file would change; POST answers its questions and has it checked again."""
    result = found.result["review"]
    form = ReviewForm(request.POST or None, review=_asked(found))
    if request.method == "POST" and form.is_valid() and form.fields:
        try:
            estate_review.answer(
                file=found, answers=form.answers(), orders=form.orders(), with_hidden=form.with_hidden(),
                now=timezone.now(),
            )  # fmt: skip
        except NotWaitingError:
            messages.error(request, _("This file no longer waits for an answer."))
        return redirect(found)
    context = {
        "file": found,
        "partner": found.partner,
        "review": result,
        "form": form,
        "is_open": estate_review.open_questions(found),
        **_texts(result),
        "changes": changes(result["difference"].get("changes", ())),
    }
    return render(request, "licensing/review.html", context, status=422 if form.is_bound and form.errors else 200)


def _asked(found: EstateFile) -> dict[str, Any]:
    """Return the review with the questions that are open: hidden rows are asked about once."""
    asked: dict[str, Any] = dict(found.result["review"])
    if "with_hidden" in found.mapping:
        asked["hidden"] = 0
    return asked


def _texts(result: dict[str, Any]) -> dict[str, Any]:
    names = {country.code: str(country) for country in Country.objects.all()}
    return {
        "kinds": [
            (wording.LINE_KINDS[kind], *result["kinds"][kind]) for kind in wording.LINE_KINDS if kind in result["kinds"]
        ],
        "warnings": [(wording.worded(wording.WARNINGS, code), number) for code, number in result.get("warnings", ())],
        "programs": [(words or _("not said"), number) for words, number in result["programs"]],
        "countries": [(names.get(code, code) or _("not said"), number) for code, number in result["countries"]],
        "spans": [
            {
                "name": FIELD_NAMES[name],
                "first": dt.date.fromisoformat(first),
                "last": dt.date.fromisoformat(last),
                "order": _order(result["orders"].get(name)),
            }
            for name, (first, last) in result["spans"].items()
        ],
        "left_out": [
            {
                "why": wording.worded(wording.ROW_REJECTED, reason),
                "number": number,
                "rows": ", ".join(map(str, rows)) + ("…" if number > len(rows) else ""),
            }
            for reason, (number, rows) in sorted(result["left_out"].items(), key=lambda one: -one[1][0])
        ],
        "unused": ", ".join(result["unused"]),
        "hidden_columns": ", ".join(result.get("hidden_columns", ())),
        "letters": wording.CODE_PAGES.get(result.get("code_page", ""), ""),
        "odd_words": ", ".join(result.get("odd_words", ())),
    }


def _order(is_day_first: bool | None) -> str:
    return {True: _("day first"), False: _("month first"), None: ""}[is_day_first]


def changes(found: Any) -> list[dict[str, Any]]:
    """Return the changed lines with the names of their fields."""
    return [
        {**change, "fields": [(field_name(name), *pair) for name, pair in change["fields"].items()]} for change in found
    ]


def field_name(name: str) -> str:
    other = {"has_sa": _("Software Assurance"), "family": _("Product family"), "online": _("online service")}
    return str(FIELD_NAMES.get(name) or other.get(name, name))


@require_POST
def accept(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Import the file as its review shows it."""
    found = permissions.estate_file(request, partner_id, pk, to_edit=True)
    try:
        estate_review.accept(file=found, now=timezone.now())
    except estate_review.OpenQuestionsError:
        messages.error(request, _("Answer the open questions first. Nothing was imported."))
    except NotWaitingError:
        messages.error(request, _("This file no longer waits for an answer."))
    return redirect(found)


@require_POST
def columns(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Return to the choice of columns."""
    found = permissions.estate_file(request, partner_id, pk, to_edit=True)
    try:
        estate_review.change_columns(file=found)
    except NotWaitingError:
        messages.error(request, _("This file no longer waits for an answer."))
    return redirect(found)


@require_POST
def undo(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Take a whole import back. A second press changes nothing."""
    found = permissions.estate_file(request, partner_id, pk, to_edit=True)
    try:
        estate_undo.undo(file=found, today=timezone.localdate(), now=timezone.now())
    except estate_undo.BuiltOnError as refusal:
        messages.error(request, str(wording.worded(wording.NOT_UNDONE, refusal.reason)))
    else:
        messages.success(request, _("The import is undone: the estate is as it was before this file."))
    return redirect(found)
