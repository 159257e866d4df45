"""Half of the files, nine in ten, how many, since when; from Microsoft's own days."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from onboarding.domain.clocks import forecast
from onboarding.domain.clocks.forecast import ENOUGH, PERIOD, Estimate, Readiness
from onboarding.domain.desk import decisions
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment, Forecast, Vetting
from portal.geo.models import Country
from tests.builders import NOW, check_of, fill, make_bdm, make_submitted

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
    assert forecast.estimates(Country.objects.get(pk="FR"))[DOMAIN] == expected


def test_all_countries_when_one_has_too_few() -> None:
    enrollment = make_submitted()
    took([2] * (ENOUGH - 1), enrollment, country="FR")
    took([8], enrollment, country="BE")

    forecast.recompute(NOW)

    found = forecast.estimates(Country.objects.get(pk="FR"))[DOMAIN]
    assert (found.scope, found.half, found.nine_in_ten, found.count) == ("all", 2, 2, 20)


def test_guide_when_nobody_has_enough() -> None:
    took([9] * (ENOUGH - 1), make_submitted())

    forecast.recompute(NOW)

    assert forecast.estimates(Country.objects.get(pk="FR"))[DOMAIN] == Estimate(DOMAIN, 1, 3, "guide")
    assert forecast.estimates(Country.objects.get(pk="FR"))[Kind.EMAIL] == Estimate(Kind.EMAIL, 1, 3, "guide")


def test_only_the_last_90_days_count() -> None:
    enrollment = make_submitted()
    took([3] * ENOUGH, enrollment)
    took([70] * ENOUGH, enrollment, at=NOW - PERIOD - dt.timedelta(days=1))

    forecast.recompute(NOW)

    assert forecast.estimates(Country.objects.get(pk="FR"))[DOMAIN].nine_in_ten == 3


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


def ready(enrollment: Enrollment, *, now: dt.datetime = NOW) -> Readiness:
    fresh = Enrollment.objects.select_related("partner", "country").get(pk=enrollment.pk)
    return forecast.readiness([fresh], now=now)[fresh.pk]


def test_readiness_counts_from_today_until_microsoft_has_the_file() -> None:
    # Monday; one and three working days for Microsoft, one more to sign and accept.
    assert ready(make_submitted()) == Readiness(dt.date(2026, 11, 18), dt.date(2026, 11, 20))


def test_readiness_counts_what_microsoft_has_had_already() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})

    two_days_later = NOW + dt.timedelta(days=2)

    assert ready(enrollment, now=two_days_later) == Readiness(dt.date(2026, 11, 20), dt.date(2026, 11, 20))


def test_ready_file_is_ready_and_a_refused_one_never_is() -> None:
    is_ready, refused = make_submitted(), make_submitted()
    Enrollment.objects.filter(pk=is_ready.pk).update(state="ready", ready_at=NOW)
    fill(refused, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    check = check_of(refused, DOMAIN, Authority.MICROSOFT)
    decisions.refuse(check=check, note="final", by=make_bdm("FR").user, now=NOW)

    assert ready(is_ready) == Readiness(NOW.date(), NOW.date())
    assert ready(refused) == Readiness(None, None)


def test_readiness_costs_the_same_for_one_file_and_for_many(django_assert_num_queries: Any) -> None:
    for count in (1, 10):
        pks = [make_submitted().pk for _ in range(count)]
        files = list(Enrollment.objects.select_related("partner", "country").filter(pk__in=pks))
        with django_assert_num_queries(2):
            assert len(forecast.readiness(files, now=NOW)) == count
