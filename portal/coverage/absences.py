"""Who stands in for an absent BDM. ``stand_ins`` decides; scope, mails and views ask it.

A stand-in who is away too passes on to their own; where that leads nowhere, the leads cover.
"""

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from portal.accounts.models import User
from portal.coverage.models import Absence, Bdm

LONGEST = dt.timedelta(days=366)


class PastDaysError(Exception):
    """The absence is over already."""


class DaysError(Exception):
    """The last day is before the first, or the absence is longer than a year."""


class OverlapError(Exception):
    """Another absence of this BDM has one of these days."""


class StandInAwayError(Exception):
    """The stand-in is away on one of these days."""


class LeadNeededError(Exception):
    """A lead's stand-in would see every country, so it must be a lead."""


class NobodyCoversError(Exception):
    """There is no stand-in, and no other lead is there on all of these days."""


@transaction.atomic
def plan(*, bdm: Bdm, first_on: dt.date, last_on: dt.date, stand_in: Bdm | None, today: dt.date) -> Absence:
    """Write an absence and return it; the one that stands there already, if it is this very one.

    Raises: PastDaysError, DaysError, OverlapError, StandInAwayError, LeadNeededError, NobodyCoversError.
    """
    # One at a time, so that two people do not name each other for the same days.
    list(Bdm.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    same = Absence.objects.filter(bdm=bdm, first_on=first_on, last_on=last_on, stand_in=stand_in).first()
    if same:
        return same
    if last_on < first_on or last_on - first_on > LONGEST:
        raise DaysError
    if last_on < today:
        raise PastDaysError
    away = Absence.objects.filter(first_on__lte=last_on, last_on__gte=first_on)
    if away.filter(bdm=bdm).exists():
        raise OverlapError
    if stand_in is not None:
        _must_fit(bdm, stand_in, away)
    elif not Bdm.objects.leads().exclude(pk=bdm.pk).exclude(absences__in=away).exists():
        raise NobodyCoversError
    return Absence.objects.create(bdm=bdm, first_on=first_on, last_on=last_on, stand_in=stand_in)


def _must_fit(bdm: Bdm, stand_in: Bdm, away: QuerySet[Absence]) -> None:
    if bdm.is_lead and not stand_in.is_lead:
        raise LeadNeededError
    if away.filter(bdm=stand_in).exists():
        raise StandInAwayError


def end(*, bdm: Bdm, absence: int) -> bool:
    """Delete an absence of this BDM, who is back or stays. Return False if there is none."""
    deleted, _each = Absence.objects.filter(pk=absence, bdm=bdm).delete()
    return bool(deleted)


def of_bdm(bdm: Bdm, *, today: dt.date) -> list[Absence]:
    """Return the present and coming absences of a BDM, the next first."""
    return list(bdm.absences.filter(last_on__gte=today).select_related("stand_in__user").order_by("first_on"))


def current(today: dt.date) -> QuerySet[Absence]:
    """Return the absences of this day, with their people."""
    rows = Absence.objects.filter(first_on__lte=today, last_on__gte=today)
    return rows.select_related("bdm__user", "stand_in__user").order_by("pk")


def is_named(today: dt.date) -> Exists:
    """Return an annotation of BDMs (``is_named``): does an absence of this day name them as the stand-in?

    Those who stand in, even at the end of a chain, are named by one; the others have nothing to cover, and the desk of
    most people on most days reads no absence. It is part of the query that finds the BDM, as fresh as that one.
    """
    return Exists(Absence.objects.filter(first_on__lte=today, last_on__gte=today, stand_in=OuterRef("pk")))


def stand_ins(absences: Iterable[Absence]) -> dict[int, Bdm]:
    """Return who stands in, by the absent BDM's key, for the absences of one day (``current``).

    Whom a lead covers, because nobody stands in, is not in it.
    """
    away = {absence.bdm_id: absence for absence in absences}
    found = {key: _present(key, away) for key in away}
    return {key: bdm for key, bdm in found.items() if bdm is not None}


def _present(key: int, away: Mapping[int, Absence]) -> Bdm | None:
    seen: set[int] = set()
    while key in away:
        absence = away[key]
        if key in seen or absence.stand_in is None or not absence.stand_in.user.is_active:
            return None
        seen.add(key)
        if absence.stand_in.pk not in away:
            return absence.stand_in
        key = absence.stand_in.pk
    return None


def covered_by(bdm: Bdm, absences: Iterable[Absence]) -> list[Absence]:
    """Return the absences of this day in which the BDM stands in."""
    absences = list(absences)
    instead = stand_ins(absences)
    return [absence for absence in absences if absence.bdm_id in instead and instead[absence.bdm_id].pk == bdm.pk]


def covered_on(bdm: Bdm, *, today: dt.date) -> list[Absence]:
    """Return the absences of this day in which the BDM stands in, without a query where ``is_named`` says: none."""
    return covered_by(bdm, current(today)) if getattr(bdm, "is_named", True) else []


def countries_of(bdm: Bdm, covered: Iterable[Absence]) -> list[str] | None:
    """Return the countries whose enrollments the BDM may open (ISO 3166-1 alpha-2), with those of people they cover.

    None means all.
    """
    if bdm.is_lead:
        return None
    covered, own = list(covered), getattr(bdm, "known_codes", None)
    if not covered and own is not None:
        return sorted(own)
    keys = {bdm.pk, *(absence.bdm_id for absence in covered)}
    rows = Bdm.countries.through.objects.filter(bdm_id__in=keys).values_list("country_id", flat=True)
    return sorted(set(rows))


def with_stand_ins(people: Iterable[User], *, today: dt.date) -> list[User]:
    """Return these people and those who stand in for them today, each once."""
    people = list(people)
    away = list(current(today))
    instead = stand_ins(away)
    by_user = {absence.bdm.user_id: instead[absence.bdm_id].user for absence in away if absence.bdm_id in instead}
    added = [by_user[person.pk] for person in people if person.pk in by_user]
    return list({person.pk: person for person in [*people, *added]}.values())
