"""What another system reads of the channel, in parts that follow each other by key.

A part costs as much at a million rows as at a hundred: nothing is counted, and no part begins by skipping rows.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from onboarding.domain.desk import external_ids
from onboarding.domain.desk.listing import Scope
from onboarding.models import Check, Enrollment, Event, ExternalId, PartnerRequest
from onboarding.models.event import IN_FLIGHT, LOCKS_TURN
from portal.coverage.models import Bdm
from portal.partners.models import Membership, Partner

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class External:
    """A list is asked for by an id of another system: ``row`` says whose it is; None: nobody's."""

    row: ExternalId | None


def enrollments(
    scope: Scope,
    *,
    country: str = "",
    turn: str = "",
    view: str = "all",
    changed_since: dt.datetime | None = None,
    external: External | None = None,
    after: tuple[dt.datetime, uuid.UUID] | None = None,
    size: int,
) -> list[Enrollment]:
    """Return the enrollments of a view, those first in which nothing has happened for longest; one more than ``size``.

    So one that changes while a client reads comes again at the end, and none is left out. An id of a company
    (``external``) finds all enrollments of the company.
    """
    if external is not None and external.row is None:
        return []
    rows = _with_ids(Enrollment.objects.select_related("partner", "pipeline", "work"))
    rows = _within(rows, scope, "country")
    if external is not None and external.row is not None:
        # Whose it is was found before: with the other table in the condition, the order could not follow its index.
        of = {"pk": external.row.enrollment_id, "partner": external.row.partner_id}
        rows = rows.filter(**{name: key for name, key in of.items() if key})
    # "all" is nearly every row: a condition on the enrollment itself leaves the order to its index.
    rows = rows.exclude(_deleted("")) if view == "all" else rows.filter(pipeline__views__contains=[view])
    if country:
        rows = rows.filter(country=country)
    if turn:
        rows = rows.filter(pipeline__turn=turn)
    if changed_since is not None:
        rows = rows.filter(last_event_at__gte=changed_since)
    return _part(rows, ("last_event_at", "id"), after, size)


def enrollment(scope: Scope, pk: uuid.UUID) -> Enrollment | None:
    """Return the enrollment, if it is of the scope."""
    rows = _with_ids(Enrollment.objects.select_related("partner", "country", "pipeline", "work__owner"))
    return _within(rows, scope, "country").exclude(_deleted("")).filter(pk=pk).first()


def _with_ids(rows: QuerySet[Enrollment]) -> QuerySet[Enrollment]:
    """Return the rows, each with its ids in other systems (``own_ids``) and its company's (``companys_ids``)."""
    return rows.annotate(own_ids=external_ids.beside_enrollment(), companys_ids=external_ids.beside_company("partner"))


def check(scope: Scope, pk: int) -> Check | None:
    """Return the check, if its enrollment is of the scope."""
    rows = _within(Check.objects.select_related("enrollment"), scope, "enrollment__country")
    return rows.exclude(_deleted("enrollment__")).filter(pk=pk).first()


def checks(
    scope: Scope,
    *,
    country: str = "",
    enrollment: uuid.UUID | None = None,
    turn: str = "",
    after: tuple[int] | None = None,
    size: int,
) -> list[Check]:
    """Return checks by their key; one more than ``size``. What was deleted as a draft is not among them."""
    rows = _within(Check.objects.all(), scope, "enrollment__country").exclude(_deleted("enrollment__"))
    conditions = {"enrollment__country": country, "enrollment": enrollment, "turn": turn}
    rows = rows.filter(**{name: value for name, value in conditions.items() if value})
    return _part(rows, ("id",), after, size)


def requests(
    scope: Scope,
    *,
    country: str = "",
    enrollment: uuid.UUID | None = None,
    is_open: bool | None = None,
    after: tuple[dt.datetime, uuid.UUID] | None = None,
    size: int,
) -> list[PartnerRequest]:
    """Return requests to partners, the oldest first; one more than ``size``."""
    rows = _within(PartnerRequest.objects.select_related("check_row"), scope, "check_row__enrollment__country")
    rows = rows.exclude(_deleted("check_row__enrollment__"))
    conditions = {"check_row__enrollment__country": country, "check_row__enrollment": enrollment}
    rows = rows.filter(**{name: value for name, value in conditions.items() if value})
    if is_open is not None:
        rows = rows.filter(closed_at__isnull=is_open)
    return _part(rows, ("asked_at", "id"), after, size)


def events(
    scope: Scope,
    *,
    country: str = "",
    enrollment: uuid.UUID | None = None,
    kind: str = "",
    after: tuple[int] | None = None,
    size: int,
) -> list[Event]:
    """Return what happened, in the order of numbers; one more than ``size``.

    A number is given before its transaction ends, so a higher one may be seen first. What is above the lowest number
    that may still appear is held back: who goes on after the last number that they got misses nothing.
    """
    # In this order, each with a snapshot of its own: what had a number before the first of them is seen by the last, or
    # its transaction is seen by the second.
    given = _asked(_GIVEN)
    behind = _asked(_BEHIND, {"given": given, "turn": LOCKS_TURN, "kind": IN_FLIGHT})
    rows = _within(Event.objects.select_related("enrollment"), scope, "enrollment__country")
    rows = rows.exclude(_deleted("enrollment__")).filter(pk__lte=given - behind)
    conditions = {"enrollment__country": country, "enrollment": enrollment, "kind": kind}
    rows = rows.filter(**{name: value for name, value in conditions.items() if value})
    return _part(rows, ("id",), after, size)


_GIVEN = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM onboarding_event_id_seq"
# How far the lowest number in flight is below the last one given; a writer above it has begun since.
_BEHIND = """
SELECT coalesce(max(behind), 0) FROM (
    SELECT mod(mod(%(given)s::bigint - objid::bigint, %(turn)s) + %(turn)s, %(turn)s) AS behind FROM pg_locks
    WHERE locktype = 'advisory' AND classid::bigint = %(kind)s AND objsubid = 2 AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS writers WHERE behind < %(turn)s / 2
"""


def _asked(statement: str, values: dict[str, Any] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])


def companies(
    scope: Scope,
    *,
    country: str = "",
    external: External | None = None,
    after: tuple[uuid.UUID] | None = None,
    size: int,
) -> list[Partner]:
    """Return the companies that enroll in the countries of the scope, by key; one more than ``size``."""
    rows = companies_of(scope, country=country).annotate(own_ids=external_ids.beside_company())
    if external is not None:
        if external.row is None or external.row.partner_id is None:
            return []
        rows = rows.filter(pk=external.row.partner_id)
    return _part(rows, ("id",), after, size)


def company(scope: Scope, pk: uuid.UUID) -> Partner | None:
    """Return the company, if it enrolls in a country of the scope."""
    return companies_of(scope).annotate(own_ids=external_ids.beside_company()).filter(pk=pk).first()


def companies_of(scope: Scope, *, country: str = "") -> QuerySet[Partner]:
    """Return the companies that enroll in the countries of the scope, in one of them if it is named."""
    enrolled = Enrollment.objects.filter(partner=OuterRef("pk")).exclude(_deleted(""))
    enrolled = _within(enrolled, scope, "country")
    return Partner.objects.filter(Exists(enrolled.filter(country=country) if country else enrolled))


def people(scope: Scope, company: uuid.UUID) -> list[Membership]:
    """Return who belongs to a company of the scope, those first who have been there longest."""
    rows = Membership.objects.filter(partner__in=companies_of(scope).filter(pk=company))
    return list(rows.select_related("user").order_by("since", "pk"))


def colleagues(scope: Scope) -> list[Bdm]:
    """Return the BDMs who may own an enrollment of the scope, each with the codes of their countries."""
    rows = Bdm.objects.active().with_country_codes()
    if scope.countries is not None:
        covering = Bdm.countries.through.objects.filter(bdm=OuterRef("pk"), country__in=scope.countries)
        rows = rows.filter(Q(is_lead=True) | Exists(covering))
    return list(rows)


def _within(rows: QuerySet[Row], scope: Scope, country: str) -> QuerySet[Row]:
    return rows if scope.countries is None else rows.filter(**{f"{country}__in": scope.countries})


def _deleted(prefix: str) -> Q:
    """Return a filter for drafts that were deleted: what was typed there is nobody's business any more."""
    return Q(**{f"{prefix}state": "withdrawn", f"{prefix}withdrawn_from": "draft"})


def _part(rows: QuerySet[Row], columns: tuple[str, ...], after: tuple[Any, ...] | None, size: int) -> list[Row]:
    if after is not None:
        rows = rows.filter(TupleGreaterThan(Tuple(*map(F, columns)), after))
    return list(rows.order_by(*columns)[: size + 1])
