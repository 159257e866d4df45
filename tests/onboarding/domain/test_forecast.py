"""Half of the files, nine in ten, how many, since when; from Microsoft's own days."""

import datetime as dt

import pytest
from django.test import Client

from onboarding.domain import forecast
from onboarding.domain.forecast import ENOUGH, PERIOD, Estimate
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment, Forecast, Vetting
from tests.builders import NOW, check_of, fill, make_submitted

pytestmark = pytest.mark.django_db

DOMAIN = Kind.DOMAIN


def took(days: list[int], enrollment: Enrollment, *, country: str = "FR", at: dt.datetime = NOW) -> None:
    """So many ended reviews of the domain; moments apart, since one check ends once at a time."""
    check = check_of(enrollment, DOMAIN, Authority.MICROSOFT)
    start = Vetting.objects.count()
    Vetting.objects.bulk_create(
        Vetting(
            check_row=check, kind=DOMAIN, country_id=country, workdays=n, calendar="test",
            settled_at=at - dt.timedelta(seconds=start + i),
        )
        for i, n in enumerate(days)
    )  # fmt: skip


def test_country_s_own_files_when_there_are_enough() -> None:
    took([1] * 9 + [2] * 2 + [5] * 7 + [6, 40], make_submitted())

    forecast.recompute(NOW)

    expected = Estimate(DOMAIN, 2, 5, "country", 20, (NOW - PERIOD).date(), NOW.date())
    assert forecast.estimates("FR")[DOMAIN] == expected


def test_all_countries_when_one_has_too_few() -> None:
    enrollment = make_submitted()
    took([2] * (ENOUGH - 1), enrollment, country="FR")
    took([8], enrollment, country="BE")

    forecast.recompute(NOW)

    found = forecast.estimates("FR")[DOMAIN]
    assert (found.scope, found.half, found.nine_in_ten, found.count) == ("all", 2, 2, 20)


def test_guide_when_nobody_has_enough() -> None:
    took([9] * (ENOUGH - 1), make_submitted())

    forecast.recompute(NOW)

    assert forecast.estimates("FR")[DOMAIN] == Estimate(DOMAIN, 1, 3, "guide")
    assert forecast.estimates("FR")[Kind.EMAIL] == Estimate(Kind.EMAIL, 1, 3, "guide")


def test_only_the_last_90_days_count() -> None:
    enrollment = make_submitted()
    took([3] * ENOUGH, enrollment)
    took([70] * ENOUGH, enrollment, at=NOW - PERIOD - dt.timedelta(days=1))

    forecast.recompute(NOW)

    assert forecast.estimates("FR")[DOMAIN].nine_in_ten == 3


def test_recomputing_replaces_what_was_there() -> None:
    took([3] * ENOUGH, make_submitted())

    forecast.recompute(NOW)
    forecast.recompute(NOW + PERIOD)

    assert not Forecast.objects.exists()


@pytest.mark.parametrize("path", ["/enrollments/{}/", "/desk/{}/"])
def test_both_see_how_many_files_say_so(as_reseller: Client, as_bdm: Client, enrollment: Enrollment, path: str) -> None:
    submitted = make_submitted(owner=enrollment.created_by, country="BE")
    fill(submitted, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    submitted_fr = make_submitted(owner=enrollment.created_by)
    took([1] * 10 + [4] * 10, submitted_fr)
    forecast.recompute(NOW)
    client = as_reseller if "enroll" in path else as_bdm

    page = client.get(path.format(submitted_fr.pk), headers={"accept-language": "en"}).content.decode()

    assert "Half of the files like yours took 1 working day at most" in page or "moitié des dossiers" in page
    assert "20" in page
