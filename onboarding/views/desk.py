"""The BDM's pages: the enrollments of their countries, and one enrollment with its evidence and decisions."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding import permissions
from onboarding.domain.checks import routing
from onboarding.domain.clocks import forecast
from onboarding.domain.desk import around, decisions, external_ids, loans, looks, pipeline, queries
from onboarding.domain.desk import timeline as desk_timeline
from onboarding.domain.kinds.registry import KINDS
from onboarding.domain.reasons.catalogue import BDM_ASKS
from onboarding.domain.reasons.words import Reader
from onboarding.domain.requests import documents, tracking
from onboarding.enums import Authority, Source
from onboarding.forms.decisions import DecisionForm
from onboarding.forms.loans import OpinionForm
from onboarding.models import (
    Check,
    Document,
    Enrollment,
    Escalation,
    Event,
    ExternalId,
    Forecast,
    PartnerRequest,
    Preparation,
)
from onboarding.phases import Phase
from onboarding.views import desk_list, evidence
from onboarding.views.presenters import (
    answer_groups,
    check_cards,
    elsewhere,
    journey,
    next_steps,
    timeline,
    work_panel,
)
from portal import together
from portal.accounts.models import User
from portal.coverage import absences
from portal.coverage.models import Absence, Bdm
from portal.partners.models import Membership
from portal.web.typed import typed_before_sign_in

SHOWN_NEW = 8


def enrollment_page(request: HttpRequest, pk: uuid.UUID, check_id: int | None = None) -> HttpResponse:
    """Show the whole enrollment (GET), or record a decision on one of its checks (POST)."""
    if request.method == "POST" and check_id is not None:
        return _decide(request, pk, check_id)
    enrollment = permissions.enrollment_for_bdm(request, pk)
    return _show(request, enrollment, None, chosen=check_id)


def _decide(request: HttpRequest, pk: uuid.UUID, check_id: int) -> HttpResponse:
    check = permissions.check_for_bdm(request, pk, check_id)
    if _stands_already(check, request.POST, permissions.signed_in(request)):
        return redirect(desk_list.way_on(request, pk))
    if request.POST.get("basis", "") != decisions.basis(check):
        return _decide_anew(request, check)
    form = DecisionForm(request.POST, check=check)
    way_on = desk_list.way_on(request, pk)  # found before the decision moves the enrollment in the queue
    try:
        if form.is_valid() and _record(request, check, form):
            return redirect(way_on)
    except decisions.MovedMeanwhileError:
        return _decide_anew(request, permissions.check_for_bdm(request, pk, check_id))
    return _show(request, check.enrollment, form, chosen=check_id, status=422)


def _decide_anew(request: HttpRequest, check: Check) -> HttpResponse:
    """Show the present enrollment, with what was typed; a refusal needs a new tick."""
    data = request.POST.copy()
    data["basis"] = decisions.basis(check)
    data.pop("sure", None)
    form = DecisionForm(data, check=check)
    side = check_cards.side(check.enrollment, check, for_staff=True)
    stands = f"{side.state_label} ({side.headline})" if side.headline else side.state_label
    form.add_error(
        None,
        _("This check has moved since you opened the page. It now says: %(stands)s. Look again before you decide.")
        % {"stands": stands},
    )
    return _show(request, check.enrollment, form, chosen=check.pk, status=409)


def _record(request: HttpRequest, check: Check, form: DecisionForm) -> bool:
    """Return whether the decision is recorded; what stops it is said at the form."""
    try:
        is_final = _make(check, form, by=permissions.signed_in(request))
    except decisions.NoteNeededError:
        form.add_error("note", _("Write a sentence: it is needed for this decision."))
    except decisions.NotOpenError:
        form.add_error(None, _("This check has not started or is settled: there is nothing to decide."))
    except decisions.SecondPersonNeededError:
        form.add_error(None, _("You have confirmed this already; a second colleague must agree."))
    else:
        messages.success(
            request,
            _("Your decision is recorded, and the partner sees it.")
            if is_final
            else _("Recorded. A second colleague must confirm the authorisation as well."),
        )
    return not form.errors


def _make(check: Check, form: DecisionForm, *, by: User) -> bool:
    """Make the decision; False where a second person must agree. Raises: what ``decisions`` raises."""
    now, note, decision = timezone.now(), form.cleaned_data["note"], form.cleaned_data["decision"]
    facts: dict[str, Any] = {"check": check, "by": by, "now": now, "basis_seen": form.cleaned_data["basis"]}
    if decision == "confirm":
        return decisions.confirm(**facts, note=note)
    if decision == "ask":
        decisions.ask(**facts, note=note, reason=form.cleaned_data["reason"] or BDM_ASKS)
    elif decision == "requeue":
        decisions.requeue(check=check, why=note, by=by, now=now)
    else:
        _DECISIONS[decision](**facts, note=note)
    return True


_DECISIONS: dict[str, Callable[..., None]] = {
    "send": decisions.send,
    "leave": decisions.leave,
    "waive": decisions.waive,
    "refuse": decisions.refuse,
}


def _stands_already(check: Check, typed: QueryDict, user: User) -> bool:
    """Return True when this very decision was recorded a moment ago, because the form was sent twice."""
    decision = typed.get("decision", "")
    own = check.confirmed_by_id == user.pk if decision == "confirm" else check.source == Source.BDM
    ends_as = {
        "confirm": Phase.PASSED,
        "send": Phase.RESUBMIT,
        "leave": Phase.WITH_MICROSOFT,
        "ask": Phase.PARTNER_ACTS,
        "waive": Phase.WAIVED,
        "refuse": Phase.REFUSED,
    }
    is_said = check.note == typed.get("note", "").strip()
    is_reason = decision != "ask" or check.reason == (typed.get("reason") or BDM_ASKS)
    return own and is_said and is_reason and check.phase == ends_as.get(decision)


def show_again(request: HttpRequest, pk: uuid.UUID, failed: Form) -> HttpResponse:
    """Show the enrollment with a form of its panels that was refused, and what was typed in it."""
    enrollment = permissions.enrollment_for_bdm(request, pk)
    return _show(request, enrollment, None, chosen=None, failed=failed, status=422)


def _loan(request: HttpRequest, enrollment: Enrollment) -> dict[str, Any]:
    """Return what a borrower needs: the loan, and the form of their opinion. Nothing for others."""
    if not enrollment.is_lent:  # type: ignore[attr-defined]
        return {}
    rows = loans.open_on(timezone.localdate()).filter(enrollment=enrollment, borrower=permissions.signed_in(request))
    return {"loan": rows.select_related("lender").first(), "opinion": OpinionForm()}


def _reader(request: HttpRequest) -> Reader:
    # ``permissions`` has left the BDM on the request.
    return Reader.LEAD if request.bdm.is_lead else Reader.BDM  # type: ignore[attr-defined]


@dataclass(frozen=True)
class _FileRows:
    """What the page shows of one enrollment, and of who works on it."""

    checks: QuerySet[Check]
    papers: QuerySet[Document]
    events: QuerySet[Event]
    asked: QuerySet[PartnerRequest]
    escalations: QuerySet[Escalation]
    preparations: QuerySet[Preparation]
    forecasts: QuerySet[Forecast]
    members: QuerySet[Membership]
    bdms: QuerySet[Bdm]
    away: QuerySet[Absence]
    elsewhere: QuerySet[ExternalId]


def _read(enrollment: Enrollment, countries: list[str] | None) -> _FileRows:
    """Return the rows of the page, read with one query; ``countries`` are the reader's (None: all)."""
    rows = _FileRows(
        checks=routing.rows_of(enrollment),
        papers=documents.rows_of(enrollment),
        events=queries.timeline(enrollment, for_staff=True),
        asked=tracking.of_enrollment(enrollment),
        escalations=queries.escalations(enrollment),
        preparations=enrollment.preparations.all(),
        forecasts=forecast.rows_for(enrollment.country),
        members=around.members(enrollment, countries),
        bdms=Bdm.objects.who_see(enrollment.country_id),
        away=absences.current(timezone.localdate()),
        elsewhere=external_ids.around(enrollment),
    )
    together.read(*vars(rows).values())
    together.keep(enrollment, "preparations", rows.preparations)
    return rows


def _show(
    request: HttpRequest,
    enrollment: Enrollment,
    form: DecisionForm | None,
    *,
    chosen: int | None,
    failed: Form | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = _read(enrollment, permissions.scope(request).countries)
    checks, papers, events = routing.checks_of(enrollment, rows.checks), list(rows.papers), list(rows.events)
    deciding = next((check for check in checks.values() if check.pk == chosen), None)
    proposed = {name: request.GET[name] for name in ("decision", "reason") if name in request.GET}
    fresh = looks.new_for(events, permissions.signed_in(request), enrollment.seen_upto)  # type: ignore[attr-defined]
    company, shared = around.others(enrollment, permissions.scope(request).countries)
    context = {
        "enrollment": enrollment,
        **_loan(request, enrollment),
        "why": [pipeline.LABELS[part] for part in enrollment.pipeline.parts],
        "company": company,
        "shared": shared,
        "people": around.people(enrollment, rows.members, rows.bdms),
        "rail": journey.rail(enrollment, checks, for_staff=True),
        "next": next_steps.staff_action(enrollment, checks),
        "validations": check_cards.validation_cards(
            enrollment, checks, estimates=forecast.estimates(enrollment.country, rows.forecasts), for_staff=True
        ),
        "escalations": rows.escalations,
        "step_cards": check_cards.step_cards(enrollment, checks, for_staff=True),
        "events": timeline.lines(events, audience=_reader(request), words_of=desk_timeline.words_of(events)),
        "groups": answer_groups.answer_groups(enrollment, today=timezone.localdate(), audience=_reader(request)),
        "form": form or DecisionForm(check=deciding, initial={**proposed, **typed_before_sign_in(request)}),
        "forms": [failed] if failed else [],
        "chosen": chosen,
        "deciding": deciding,
        "side": check_cards.side(enrollment, deciding, for_staff=True) if deciding else None,
        "asked": _asked(enrollment, checks, papers, list(rows.asked)),
        "papers": evidence.papers(papers, for_staff=True),
        "panel": work_panel.panel(
            enrollment, permissions.signed_in(request), [bdm.user for bdm in rows.bdms], rows.away, failed
        ),
        "elsewhere": elsewhere.panel(rows.elsewhere, failed),
        "newest": max((event.pk for event in events), default=0),
        "fresh": timeline.lines(
            fresh[:SHOWN_NEW], audience=_reader(request), words_of=desk_timeline.words_of(fresh[:SHOWN_NEW])
        ),
        "beside": desk_list.beside(request, enrollment.pipeline),
        "needs_second": deciding is not None and KINDS[deciding.kind].needs_two_people,
    }
    return render(request, "onboarding/file.html", context, status=status)


def _goes_to_microsoft(check: Check) -> bool:
    return check.is_validation and check.authority == Authority.MICROSOFT


def _asked(
    enrollment: Enrollment, checks: routing.Checks, papers: list[Document], asked: list[PartnerRequest]
) -> list[dict[str, Any]]:
    """Return what was asked for each check that was asked for something.

    ``tries`` is how often a validation went to Microsoft, and None for what does not go there.
    """
    tried = queries.tries(enrollment) if asked else []
    return [
        {"check": check, "tries": tracking.tries(check, tried) if _goes_to_microsoft(check) else None, "asked": lines}
        for check in checks.values()
        if (lines := evidence.asked(asked, check, papers, answer_groups.answer_row))
    ]
