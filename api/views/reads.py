"""What a client reads. Each address makes one call of the domain and puts its rows into the published shape."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from ninja import Query

from api.domain import cursors, records
from api.enums import ApiScope
from api.views import schemas
from api.views.door import api, caller, reads, request_id
from api.views.problems import ProblemError
from licensing.domain import summaries
from onboarding.domain import history
from onboarding.domain.desk import decisions, external_ids, external_systems, feed, pipeline, reports
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.enums import Authority, ExternalSystem
from onboarding.models import Check, Enrollment, Event, PartnerRequest
from portal.partners.models import Partner

Row = TypeVar("Row")
_WORDS = words_for(Reader.BDM)
_VIEWS = {view.code for view in pipeline.VIEWS}


@api.get("/enrollments", response=schemas.Page[schemas.EnrollmentOut], tags=["enrollments"])
@reads(ApiScope.ENROLLMENTS, known=schemas.EnrollmentFilters)
def enrollments(request: HttpRequest, asked: Query[schemas.EnrollmentFilters]) -> Any:
    """List enrollments, those first in which nothing has happened for longest."""
    if asked.view not in _VIEWS:
        raise ProblemError("invalid", errors=[("view", ", ".join(sorted(_VIEWS)))])
    rows = feed.enrollments(
        caller(request).scope, country=asked.country or "", turn=asked.turn or "", view=asked.view,
        changed_since=_aware(asked.changed_since), external=_external(asked.external_id),
        after=after(request, asked, (_moment, uuid.UUID)), size=asked.limit,
    )  # fmt: skip
    return page(request, asked, rows, _enrollment, lambda row: (row.last_event_at, row.pk))


@api.get("/enrollments/{uuid:pk}", response=schemas.EnrollmentOut, tags=["enrollments"])
@reads(ApiScope.ENROLLMENTS)
def enrollment(request: HttpRequest, pk: uuid.UUID) -> Any:
    """Read one enrollment."""
    return _enrollment(found_enrollment(request, pk))


@api.get("/checks", response=schemas.Page[schemas.CheckOut], tags=["enrollments"])
@reads(ApiScope.ENROLLMENTS, known=schemas.CheckFilters)
def checks(request: HttpRequest, asked: Query[schemas.CheckFilters]) -> Any:
    """List checks; each enrollment has eleven."""
    rows = feed.checks(
        caller(request).scope, country=asked.country or "", enrollment=asked.enrollment, turn=asked.turn or "",
        after=after(request, asked, (int,)), size=asked.limit,
    )  # fmt: skip
    return page(request, asked, rows, shown_check, lambda row: (row.pk,))


@api.get("/checks/{int:pk}", response=schemas.CheckOut, tags=["enrollments"])
@reads(ApiScope.ENROLLMENTS)
def check(request: HttpRequest, pk: int) -> Any:
    """Read one check."""
    return shown_check(found_check(request, pk))


@api.get("/requests", response=schemas.Page[schemas.RequestOut], tags=["enrollments"])
@reads(ApiScope.ENROLLMENTS, known=schemas.RequestFilters)
def partner_requests(request: HttpRequest, asked: Query[schemas.RequestFilters]) -> Any:
    """List what partners were asked for, the oldest first. What people wrote is not in it."""
    rows = feed.requests(
        caller(request).scope, country=asked.country or "", enrollment=asked.enrollment, is_open=asked.open,
        after=after(request, asked, (_moment, uuid.UUID)), size=asked.limit,
    )  # fmt: skip
    return page(request, asked, rows, _request, lambda row: (row.asked_at, row.pk))


@api.get("/events", response=schemas.Page[schemas.EventOut], tags=["enrollments"])
@reads(ApiScope.ENROLLMENTS, known=schemas.EventFilters)
def events(request: HttpRequest, asked: Query[schemas.EventFilters]) -> Any:
    """List what happened since the last event you have, each once and none left out.

    Keep “next” and ask with it again later, or keep the number of the last event and ask with “after”.
    """
    start = after(request, asked, (int,)) or (None if asked.after is None else (asked.after,))
    rows = feed.events(
        caller(request).scope, country=asked.country or "", enrollment=asked.enrollment, kind=asked.kind,
        after=start, size=asked.limit,
    )  # fmt: skip
    return page(request, asked, rows, _event, lambda row: (row.pk,), goes_on=asked.cursor)


@api.get("/companies", response=schemas.Page[schemas.CompanyOut], tags=["companies"])
@reads(ApiScope.COMPANIES, known=schemas.CompanyFilters)
def companies(request: HttpRequest, asked: Query[schemas.CompanyFilters]) -> Any:
    """List the companies that enroll in the client's countries."""
    start = after(request, asked, (uuid.UUID,))
    rows = feed.companies(
        caller(request).scope, country=asked.country or "", external=_external(asked.external_id),
        after=start, size=asked.limit,
    )  # fmt: skip
    return page(request, asked, rows, _company, lambda row: (row.pk,))


@api.get("/companies/{uuid:pk}", response=schemas.CompanyOut, tags=["companies"])
@reads(ApiScope.COMPANIES)
def company(request: HttpRequest, pk: uuid.UUID) -> Any:
    """Read one company."""
    return _company(found_company(request, pk))


@api.get("/enrollments/{uuid:pk}/external-ids/{system}", response=schemas.ExternalIdOut, tags=["external ids"])
@reads(ApiScope.ENROLLMENTS)
def enrollment_external_id(request: HttpRequest, pk: uuid.UUID, system: ExternalSystem) -> Any:
    """Read the id that an enrollment has in a system: 404 without any."""
    return shown_external_id(found_enrollment(request, pk), system)


@api.get("/companies/{uuid:pk}/external-ids/{system}", response=schemas.ExternalIdOut, tags=["external ids"])
@reads(ApiScope.COMPANIES)
def company_external_id(request: HttpRequest, pk: uuid.UUID, system: ExternalSystem) -> Any:
    """Read the id that a company has in a system: 404 without any."""
    return shown_external_id(found_company(request, pk), system)


@api.get("/companies/{uuid:pk}/people", response=list[schemas.MemberOut], tags=["people"])
@reads(ApiScope.PEOPLE)
def people(request: HttpRequest, pk: uuid.UUID) -> Any:
    """List who belongs to a company. The reading is recorded."""
    rows = feed.people(caller(request).scope, pk)
    if not rows:
        found_company(request, pk)
    _record_reading(request, "people", str(pk), len(rows))
    return [
        {"id": row.user_id, "name": row.user.name, "email": row.user.email, "role": row.role, "since": row.since}
        for row in rows
    ]


@api.get("/colleagues", response=list[schemas.ColleagueOut], tags=["people"])
@reads(ApiScope.PEOPLE)
def colleagues(request: HttpRequest) -> Any:
    """List the BDMs who may own enrollments of the client's countries. The reading is recorded."""
    rows = feed.colleagues(caller(request).scope)
    _record_reading(request, "colleagues", "", len(rows))
    return [
        {
            "id": row.user_id, "name": row.user.name, "email": row.user.email, "lead": row.is_lead,
            "countries": sorted(row.country_codes or ()),
        }
        for row in rows
    ]  # fmt: skip


@api.get("/estate", response=schemas.Page[schemas.EstateOut], tags=["estate"])
@reads(ApiScope.ESTATE, known=schemas.EstateFilters)
def estate(request: HttpRequest, asked: Query[schemas.EstateFilters]) -> Any:
    """List what the customers of each company hold, and how many licences are at risk."""
    scope = caller(request).scope
    start = after(request, asked, (uuid.UUID,))
    rows = summaries.estates(
        feed.companies_of(scope, country=asked.country or ""), countries=scope.countries,
        after=start[0] if start else None, size=asked.limit,
    )  # fmt: skip
    return page(request, asked, rows, _estate, lambda row: (row.pk,))


@api.get("/reports", response=schemas.ReportOut, tags=["reports"])
@reads(ApiScope.REPORTS, known=schemas.ReportFilters)
def report(request: HttpRequest, asked: Query[schemas.ReportFilters]) -> Any:
    """Read the counts of a period, the last twelve months if none is named."""
    period = reports.period(asked.first, asked.last, today=timezone.localdate())
    found = reports.read(period, caller(request).scope.countries)
    turns = [
        {
            "kind": kind, "turn": turn, "number": spread.number, "median_days": spread.median,
            "ninth_decile_days": spread.ninth_decile,
        }
        for (kind, turn), spread in sorted(found.turns.items())
    ]  # fmt: skip
    return {
        "first": period.first, "last": period.last, "computed_at": found.computed_at, "funnel": found.funnel,
        "turns": turns, "reasons": found.reasons, "forecasts": found.forecasts,
    }  # fmt: skip


# --- what the addresses of changes look up as well -------------------------------------------------------------------


def found_enrollment(request: HttpRequest, pk: uuid.UUID) -> Enrollment:
    """Return the enrollment, if the client may see it. Raises: Http404."""
    row = feed.enrollment(caller(request).scope, pk)
    if row is None:
        raise Http404
    return row


def found_check(request: HttpRequest, pk: int) -> Check:
    row = feed.check(caller(request).scope, pk)
    if row is None:
        raise Http404
    return row


def found_company(request: HttpRequest, pk: uuid.UUID) -> Partner:
    row = feed.company(caller(request).scope, pk)
    if row is None:
        raise Http404
    return row


# --- pages -----------------------------------------------------------------------------------------------------------


def _filters(asked: schemas.Listed) -> dict[str, Any]:
    return asked.model_dump(exclude={"cursor", "limit", "after"})


def after(request: HttpRequest, asked: schemas.Listed, kinds: Sequence[Callable[[str], Any]]) -> Any:
    if not asked.cursor:
        return None
    client = caller(request).client.pk
    return cursors.read(asked.cursor, kinds, of=request.path, client=client, filters=_filters(asked))


def page(
    request: HttpRequest,
    asked: schemas.Listed,
    rows: Sequence[Row],
    show: Callable[[Row], dict[str, Any]],
    position: Callable[[Row], tuple[Any, ...]],
    *,
    goes_on: str | None = None,
) -> dict[str, Any]:
    """Return a page of rows, of which there is one more than shown if the list goes on.

    ``goes_on``: the list grows at its end, so its last page has a cursor too; an empty one keeps that of the request.
    """
    shown, more = rows[: asked.limit], len(rows) > asked.limit
    following = goes_on or None
    if shown and (more or goes_on is not None):
        client = caller(request).client.pk
        following = cursors.write(position(shown[-1]), of=request.path, client=client, filters=_filters(asked))
    return {"data": [show(row) for row in shown], "next": following, "more": more}


def _external(given: str) -> feed.External | None:
    """Return whose the id is that the list is filtered by; None where it is not. Raises: ProblemError."""
    if not given:
        return None
    try:
        return feed.External(external_ids.find(given))
    except external_systems.ShapeError as error:
        raise ProblemError("invalid", errors=[("external_id", error.sentence)]) from error


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _aware(moment: dt.datetime | None) -> dt.datetime | None:
    """Return the moment; one without a zone is of UTC."""
    return moment.replace(tzinfo=dt.UTC) if moment is not None and moment.tzinfo is None else moment


def _record_reading(request: HttpRequest, what: str, subject: str, rows: int) -> None:
    records.record(
        caller(request), what=what, subject=subject, status=200, now=timezone.now(), request_id=request_id(), rows=rows
    )


# --- rows ------------------------------------------------------------------------------------------------------------


def _title(reason: str) -> str:
    return str(_WORDS.reason(reason)) if reason else ""


def _enrollment(row: Enrollment) -> dict[str, Any]:
    entry = row.pipeline
    same = (
        "turn", "kind", "authority", "reason", "views", "steps_done", "follow_up_on", "suspension_on",
        "licences_at_risk",
    )  # fmt: skip
    own = (
        "id", "state", "mpn_id", "location_mpn_id", "created_at", "submitted_at", "ready_at", "progressed_at",
        "last_event_at",
    )  # fmt: skip
    return {
        **{name: getattr(entry, name) for name in same},
        **{name: getattr(row, name) for name in own},
        "company": {
            "id": row.partner_id,
            "name": str(row.partner),
            "external_ids": external_ids.as_mapping(row.companys_ids),  # type: ignore[attr-defined]
        },
        "external_ids": external_ids.as_mapping(row.own_ids),  # type: ignore[attr-defined]
        "country": row.country_id,
        "turn_since": entry.since,
        "reason_title": _title(entry.reason),
        "owner": entry.owner_id,
        "url": settings.SITE_URL + reverse("onboarding:desk_enrollment", args=[row.pk]),
    }


def shown_check(row: Check) -> dict[str, Any]:
    own = (
        "id", "kind", "authority", "state", "phase", "turn", "turn_since", "reason", "source", "opened_at",
        "settled_at", "refused_at",
    )  # fmt: skip
    is_microsofts = row.is_validation and row.authority == Authority.MICROSOFT
    return {
        **{name: getattr(row, name) for name in own},
        "enrollment": row.enrollment_id,
        "reason_title": _title(row.reason),
        "basis": decisions.basis(row),
        "reasons": decisions.reasons_for(row) if is_microsofts else [],
    }


def _request(row: PartnerRequest) -> dict[str, Any]:
    own = ("id", "reason", "source", "asked_at", "answered_at", "closed_at", "outcome")
    return {
        **{name: getattr(row, name) for name in own},
        "enrollment": row.check_row.enrollment_id,
        "check": row.check_row_id,
        "reason_title": _title(row.reason),
    }


def _event(row: Event) -> dict[str, Any]:
    own = ("id", "at", "kind", "source", "check_kind", "check_authority")
    return {
        **{name: getattr(row, name) for name in own},
        "title": str(history.TITLES[row.kind]),
        "enrollment": row.enrollment_id,
        "company": row.enrollment.partner_id,
        "country": row.enrollment.country_id,
    }


def _company(row: Partner) -> dict[str, Any]:
    own = {name: getattr(row, name) for name in schemas.CompanyOut.model_fields if name != "external_ids"}
    return {**own, "external_ids": external_ids.as_mapping(row.own_ids)}  # type: ignore[attr-defined]


def shown_external_id(owner: external_ids.Owner, system: ExternalSystem) -> dict[str, Any]:
    value = external_ids.read(owner, system)
    if not value:
        raise Http404
    return {"system": system, "id": value}


def _estate(row: Any) -> dict[str, Any]:
    return {
        "company": {"id": row.pk, "name": str(row)},
        "customers": row.customers_number,
        "lines": row.lines_number,
        "licences": row.licences,
        "open_questions": row.questions,
        "licences_at_risk": row.licences_at_risk,
    }
