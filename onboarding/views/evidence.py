"""Presenters of documents, of requests with their answers, and of a support pack."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.domain.enrollment.support_pack import Pack, is_refused
from onboarding.domain.questions.steps import PAGES
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.domain.requests import tracking
from onboarding.domain.requests.documents import is_hidden, verdicts
from onboarding.enums import CheckState, DocumentKind, Ending, Kind, ScanState, Turn
from onboarding.forms.steps import FORMS, NAMES_OF_HOSTS
from onboarding.models import Check, Document, Enrollment, PartnerRequest
from portal.geo.models import Country
from portal.partners.models import Partner
from portal.text import own_letters
from portal.web.templatetags.portal import written

Text = str | Promise

_ZONES = {True: "same", False: "different", None: "none"}
_SAID: dict[bool | None, Text] = {
    True: gettext_lazy("Yes"),
    False: gettext_lazy("No"),
    None: gettext_lazy("Not checked yet"),
}
_SCANS = {ScanState.CLEAN: "done", ScanState.INFECTED: "refused", ScanState.PENDING: "moving"}


@dataclass(frozen=True)
class EvidenceLine:
    """One requirement of a document; ``zone`` is its state by the last judgement."""

    label: Text
    said: Text
    judged: Text
    zone: str


@dataclass(frozen=True)
class Paper:
    """One document. ``url`` is empty while it is not served."""

    document: Document
    kind_label: Text
    url: str
    size: str
    scan_status: str
    scan_label: Text
    lines: list[EvidenceLine]
    may_take_back: bool
    objection: Text

    @property
    def is_infected(self) -> bool:
        return self.document.scan == ScanState.INFECTED

    @property
    def uploaded_by(self) -> str:
        name = str(self.document.uploaded_by)
        return f"{name} (Ingram Micro)" if self.document.by_staff else name


def document_label(kind: str) -> Text:
    return DocumentKind(kind).label if kind in DocumentKind.values else kind


def papers(found: list[Document], *, may_edit: bool = False, for_staff: bool = False) -> list[Paper]:
    return [_paper(document, may_edit, for_staff) for document in found]


def _paper(document: Document, may_edit: bool, for_staff: bool) -> Paper:
    hidden = is_hidden(document, for_staff=for_staff)
    lines = [
        EvidenceLine(verdict.requirement.label, _SAID[verdict.said], _SAID[verdict.judged], _ZONES[verdict.holds])
        for verdict in verdicts(document)
    ]
    broken = [line.label for line in lines if line.zone == "different"]
    return Paper(
        document=document,
        kind_label=document_label(document.kind),
        url="" if hidden else reverse("onboarding:document", args=[document.enrollment_id, document.pk]),
        size=_size(document.size),
        scan_status=_SCANS.get(ScanState(document.scan), "turn"),
        scan_label=ScanState(document.scan).label,
        lines=lines,
        may_take_back=may_edit and document.judged_at is None and not document.by_staff,
        objection=_("Microsoft would refuse it. Condition not met: %(what)s") % {"what": ", ".join(map(str, broken))}
        if broken
        else "",
    )


def _size(size: int) -> str:
    if size >= 1_000_000:
        return _("%(size)s MB") % {"size": number_format(size / 1_000_000, 1)}
    return _("%(size)s kB") % {"size": max(1, size // 1000)}


# --- requests and their answers
# ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RequestEvidence:
    """One request with its outcome. ``number`` counts the requests on this check, from 1."""

    partner_request: PartnerRequest
    number: int
    title: Text
    outcome_label: Text
    is_waiting: bool
    rows: list[Any]
    papers: list[Paper]
    kept: list[Any]

    @property
    def status(self) -> str:
        if self.partner_request.closed_at is None:
            return "ingram" if self.partner_request.answered_at else "reseller"
        return "done" if self.partner_request.outcome in (Ending.HELD, Ending.ACCEPTED) else "none"


def asked(found: list[PartnerRequest], check: Check, documents: list[Document], row: Any) -> list[RequestEvidence]:
    """Return the requests on one check, the newest first; ``row`` makes a line of two sides from two texts."""
    own = [partner_request for partner_request in found if partner_request.check_row_id == check.pk]
    return [_asked(partner_request, len(own) - place, documents, row) for place, partner_request in enumerate(own)]


def _asked(partner_request: PartnerRequest, number: int, documents: list[Document], row: Any) -> RequestEvidence:
    changes = tracking.changes(partner_request)
    changed = [change for change in changes if change.is_changed]
    return RequestEvidence(
        partner_request=partner_request,
        number=number,
        title=words_for(Reader.BDM).reason(partner_request.reason),
        outcome_label=Ending(partner_request.outcome).label
        if partner_request.outcome
        else _waiting_label(partner_request),
        is_waiting=partner_request.closed_at is None and partner_request.answered_at is not None,
        rows=[row(change.page, change.name, change.before, change.after) for change in changed],
        papers=papers([one for one in documents if one.partner_request_id == partner_request.pk], for_staff=True),
        kept=[label_of(change.page, change.name, Reader.BDM) for change in changes if not change.is_changed],
    )


def _waiting_label(partner_request: PartnerRequest) -> Text:
    return _("Answered: look at it") if partner_request.answered_at else _("Not answered yet")


def shown(page: str, name: str, value: Any) -> str:
    """Return a stored answer as text for people."""
    if value in (None, ""):
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name.endswith("_on"):
        return written(dt.date.fromisoformat(value))
    if name in ("country", "location_country"):
        return str(Country.objects.filter(pk=value).first() or value)
    choices = dict(getattr(FORMS[page].base_fields[name], "choices", ()) or ())
    if value in choices:
        return str(choices[value])
    return own_letters(str(value)) if name in NAMES_OF_HOSTS else str(value)


# --- support pack ----------------------------------------------------------------------------------------------------


def support_text(pack: Pack) -> str:
    """Return the ticket's text in the active language."""
    enrollment = pack.enrollment
    values = {
        "pack": pack,
        "enrollment": enrollment,
        "partner": enrollment.partner,
        "waiting": [
            {"what": Kind(check.kind).label, "state": _ticket_state(check), "since": check.turn_since, "days": days}
            for check, days in pack.waiting
        ],
        "asked": [{"partner_request": one, "title": REASONS[one.reason].title} for one in pack.asked],
        "requests": [
            {**request, "what": Kind(request["kind"]).label, "at": _moment(request["seen_at"])}
            for request in pack.requests
        ],
    }
    return render_to_string("onboarding/support.txt", values).strip()


def _ticket_state(check: Check) -> str:
    if check.is_validation and is_refused(check):
        return _("refused by Microsoft; our next answer is being prepared")
    return _("with Microsoft") if check.turn == Turn.MICROSOFT else str(CheckState(check.state).label).lower()


def _moment(moment: dt.datetime) -> str:
    """Return the moment to the second and with its zone, by which Microsoft finds it in its logs."""
    local = timezone.localtime(moment)
    return f"{written(local)}, {date_format(local, 'H:i:s T')}"


def label_of(slug: str, name: str, audience: Reader = Reader.PARTNER) -> Any:
    """Return the question as the partner reads it; for staff the name of the answer, which speaks to nobody."""
    if not audience.is_staff:
        return FORMS[slug].base_fields[name].label
    owner: Any = Partner if name in PAGES[slug].company_fields else Enrollment
    return capfirst(str(owner._meta.get_field(name).verbose_name))
