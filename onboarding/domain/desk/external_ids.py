"""Set, remove and find the ids by which other systems know a company or an enrollment."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

import pghistory
from django.contrib.postgres.expressions import ArraySubquery
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat

from onboarding.domain.checks import locks
from onboarding.domain.desk import external_systems
from onboarding.enums import EnrollmentState, ExternalKind, ExternalSystem
from onboarding.models import Enrollment, ExternalId
from portal.accounts.models import User
from portal.partners.models import Partner

Owner = Partner | Enrollment


class TakenError(Exception):
    """The id belongs to another company or enrollment."""


def kind_of(owner: Owner) -> ExternalKind:
    return ExternalKind.COMPANY if isinstance(owner, Partner) else ExternalKind.ENROLLMENT


def _of(owner: Owner) -> dict[str, Any]:
    return {"partner": owner} if isinstance(owner, Partner) else {"enrollment": owner}


def _lock(owner: Owner) -> None:
    locks.lock(owner.pk if isinstance(owner, Partner) else owner.partner_id)


def read(owner: Owner, system: str, *, to_change: bool = False) -> str:
    """Return the id that the company or enrollment has in a system; '' without any.

    ``to_change``: nobody changes it before the transaction ends.
    """
    if to_change:
        _lock(owner)
    found = ExternalId.objects.filter(system=system, **_of(owner)).values_list("value", flat=True).first()
    return found or ""


@transaction.atomic
def put(*, owner: Owner, system: str, text: str, by: User, now: dt.datetime) -> bool:
    """Keep the id, in place of another one of that system. Return False if it was kept already.

    Raises: ShapeError of ``external_systems``, TakenError.
    """
    value = external_systems.normalise(system, kind_of(owner), text)
    _lock(owner)
    row = ExternalId.objects.filter(system=system, **_of(owner)).first()
    if row is not None and row.value == value:
        return False
    row = row or ExternalId(system=system, kind=kind_of(owner), **_of(owner))
    row.value, row.set_by, row.set_at = value, by, now
    try:
        with pghistory.context(user=by.pk), transaction.atomic():
            held_by_deleted_drafts().filter(system=system, value=value).delete()
            row.save()
    except IntegrityError as error:
        raise TakenError from error
    return True


def held_by_deleted_drafts() -> QuerySet[ExternalId]:
    """Return the ids that another enrollment may take: nobody sees the draft that has them."""
    deleted = Q(enrollment__state=EnrollmentState.WITHDRAWN, enrollment__withdrawn_from=EnrollmentState.DRAFT)
    return ExternalId.objects.filter(deleted)


@transaction.atomic
def remove(*, owner: Owner, system: str, by: User) -> bool:
    """Remove the id of a system. Return False if there was none."""
    _lock(owner)
    with pghistory.context(user=by.pk):
        gone, _each = ExternalId.objects.filter(system=system, **_of(owner)).delete()
    return bool(gone)


def around(enrollment: Enrollment) -> QuerySet[ExternalId]:
    """Return the ids of an enrollment and of its company."""
    rows = ExternalId.objects.filter(Q(enrollment=enrollment) | Q(partner=enrollment.partner_id))
    return rows.order_by("kind", "system")


def find(given: str) -> ExternalId | None:
    """Return whose the id is that is written as ``system:id``; None if nobody has it. Raises: ShapeError."""
    code, _colon, text = given.partition(":")
    if code not in ExternalSystem.values:
        raise external_systems.ShapeError(", ".join(f"{system}:…" for system in ExternalSystem.values))
    values, refusal = [], None
    for kind in ExternalKind:
        try:
            values.append(external_systems.normalise(code, kind, text))
        except external_systems.ShapeError as error:
            refusal = error
    if refusal is not None and not values:
        raise refusal
    return ExternalId.objects.filter(system=code, value__in=values).first()


# --- beside other rows, without a query of their own ------------------------------------------------------------------


def beside_company(column: str = "pk") -> ArraySubquery:
    """Return an annotation for ``as_mapping``; ``column`` leads to the company."""
    return _beside(ExternalId.objects.filter(partner=OuterRef(column)))


def beside_enrollment(column: str = "pk") -> ArraySubquery:
    return _beside(ExternalId.objects.filter(enrollment=OuterRef(column)))


def _beside(rows: QuerySet[ExternalId]) -> ArraySubquery:
    told = Concat("system", Value(":"), "value", output_field=TextField())
    return ArraySubquery(rows.order_by("system").values_list(told))


def as_mapping(told: Iterable[str]) -> dict[str, str]:
    """Return system -> id, of what an annotation above holds."""
    return {system: value for system, _colon, value in (one.partition(":") for one in told)}


def of_enrollments(keys: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, dict[str, str]]]:
    """Return for each enrollment its ids and its company's, with one query."""
    rows = Enrollment.objects.filter(pk__in=set(keys))
    told = rows.annotate(own=beside_enrollment(), companys=beside_company("partner"))
    return {
        pk: {"enrollment": as_mapping(own), "company": as_mapping(companys)}
        for pk, own, companys in told.values_list("pk", "own", "companys")
    }
