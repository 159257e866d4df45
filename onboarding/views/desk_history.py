"""The whole history of an enrollment, filtered and page by page."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from onboarding import permissions
from onboarding.domain.desk import timeline as history
from onboarding.domain.desk.timeline import HistoryPage, Show
from onboarding.domain.reasons.words import Reader
from onboarding.views.presenters import timeline
from portal.notices import registry

_LABELS = {
    Show.ALL: gettext_lazy("Everything that happened"),
    Show.PEOPLE: gettext_lazy("What people did"),
    Show.SYSTEMS: gettext_lazy("What systems said"),
    Show.MAILS: gettext_lazy("E-mails sent"),
}


@require_GET
def history_page(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a page of the history; an address that cannot be read is a sentence."""
    enrollment = permissions.enrollment_for_bdm(request, pk)
    asked, error, found = request.GET.get("show", Show.ALL), "", HistoryPage()
    try:
        show = Show(asked)
        found = history.page(enrollment, show, now=timezone.now(), before=request.GET.get("before", ""))
    except (ValueError, history.NoSuchPageError):
        show, error = Show.ALL, _("This address does not name a page of the history. Start from its first page.")
    reader = Reader.LEAD if permissions.bdm(request).is_lead else Reader.BDM
    context = {
        "enrollment": enrollment,
        "error": error,
        "show": show,
        "shows_mails": show == Show.MAILS,
        "tabs": [
            {"code": code, "label": label, "is_current": code == show and not error} for code, label in _LABELS.items()
        ],
        "events": timeline.lines(found.events, audience=reader, words_of=found.words),
        "mails": [{"mail": mail, "kind": _kind(mail.code)} for mail in found.mails],
        "older": found.older,
        "gone_before": found.gone_before,
    }
    return render(request, "onboarding/history.html", context, status=422 if error else 200)


def _kind(code: str) -> object:
    try:
        return registry.get(code).title
    except LookupError:
        return ""
