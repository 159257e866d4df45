"""Half of the files, nine in ten, how many, since when; from Microsoft's own days."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from onboarding.domain.clocks import forecast
from onboarding.domain.clocks.forecast import ENOUGH, PERIOD, Estimate, Readiness, Stage
from onboarding.domain.desk import decisions
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment, Forecast, KeptForecast, OwnStage, Vetting
from portal.geo.models import Country
from tests.builders import NOW, check_of, fill, make_bdm, make_enrollment, make_submitted

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


def days(found: Readiness) -> tuple[dt.date | None, dt.date | None, Stage, bool]:
    return found.half_on, found.nine_in_ten_on, found.stage, found.is_earliest


def own_steps(stage: OwnStage, half: int, nine_in_ten: int, *, count: int = ENOUGH) -> None:
    Forecast.objects.create(
        kind=stage, country=None, half=half, nine_in_ten=nine_in_ten, count=count, since=NOW - PERIOD, until=NOW
    )


@pytest.mark.parametrize("make", [make_enrollment, make_submitted])
def test_what_microsoft_does_not_have_is_never_forecast_as_if_it_had(make: Any) -> None:
    """Monday: at the earliest one working day of Microsoft's and one to sign; nine in ten is not known."""
    stage = Stage.DRAFT if make is make_enrollment else Stage.ENROL

    assert days(ready(make())) == (dt.date(2026, 11, 18), None, stage, True)


def test_partners_own_days_count_where_enough_are_known() -> None:
    own_steps(OwnStage.DRAFT, 4, 20)
    own_steps(OwnStage.ENROL, 3, 10)

    # 4 and 3 days of the partners' own, then one working day of Microsoft's and one to sign.
    assert days(ready(make_enrollment()))[:1] == (dt.date(2026, 11, 25),)
    # 3 and 10 days after the submission: Thursday, and Thursday a week later, then 1 or 3 days, and one to sign.
    assert days(ready(make_submitted())) == (dt.date(2026, 11, 23), dt.date(2026, 12, 2), Stage.ENROL, False)


@pytest.mark.parametrize("count", [0, 1, ENOUGH - 1])
def test_too_few_partners_are_said_to_be_unknown(count: int) -> None:
    own_steps(OwnStage.ENROL, 3, 10, count=count)

    assert ready(make_submitted()).is_earliest


def test_days_that_a_partner_has_spent_are_not_counted_again() -> None:
    own_steps(OwnStage.ENROL, 3, 10)
    enrollment = make_submitted()

    assert ready(enrollment, now=NOW + dt.timedelta(days=30)).half_on == dt.date(2026, 12, 18)


def test_readiness_counts_what_microsoft_has_had_already() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})

    two_days_later = NOW + dt.timedelta(days=2)

    expected = (dt.date(2026, 11, 20), dt.date(2026, 11, 20), Stage.WITH_MICROSOFT, False)
    assert days(ready(enrollment, now=two_days_later)) == expected


def test_ready_file_is_ready_and_a_refused_one_never_is() -> None:
    is_ready, refused = make_submitted(), make_submitted()
    Enrollment.objects.filter(pk=is_ready.pk).update(state="ready", ready_at=NOW)
    fill(refused, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    check = check_of(refused, DOMAIN, Authority.MICROSOFT)
    decisions.refuse(check=check, note="final", by=make_bdm("FR").user, now=NOW)

    assert days(ready(is_ready)) == (NOW.date(), NOW.date(), Stage.READY, False)
    assert days(ready(refused)) == (None, None, Stage.REFUSED, False)


def test_figures_of_partners_own_steps_come_from_this_portals_enrollments() -> None:
    for _each in range(ENOUGH):
        enrollment = make_submitted()
        fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})

    forecast.recompute(NOW + dt.timedelta(hours=1))

    known = forecast.figures(Country.objects.get(pk="FR")).own
    assert {stage: (found.half, found.count, found.scope) for stage, found in known.items()} == {
        OwnStage.DRAFT: (0, ENOUGH, "country"),
        OwnStage.ENROL: (0, ENOUGH, "country"),
    }


@pytest.mark.parametrize(("hour", "minute"), [(22, 59), (23, 0), (23, 30), (12, 0)])
def test_what_is_done_on_one_day_in_paris_took_no_day(hour: int, minute: int) -> None:
    at = (NOW - dt.timedelta(days=5)).replace(hour=hour, minute=minute)
    for _each in range(ENOUGH):
        pk = make_submitted().pk
        sent_on = timezone.localdate(at)
        Enrollment.objects.filter(pk=pk).update(created_at=at, submitted_at=at, sent_to_microsoft_on=sent_on)

    forecast.recompute(NOW)

    known = forecast.figures(Country.objects.get(pk="FR")).own
    assert {stage: found.half for stage, found in known.items()} == {OwnStage.DRAFT: 0, OwnStage.ENROL: 0}


def test_every_forecast_is_kept_with_its_outcome_beside_it() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})

    assert [forecast.keep(NOW), forecast.keep(NOW), forecast.keep(NOW + forecast.KEPT_EVERY)] == [1, 0, 1]
    Enrollment.objects.filter(pk=enrollment.pk).update(state="ready", ready_at=NOW + dt.timedelta(days=9))
    forecast.keep(NOW + dt.timedelta(days=10))

    kept = KeptForecast.objects.order_by("made_on").values_list("made_on", "half_on", "ready_on")
    assert [row[0] for row in kept] == [NOW.date(), (NOW + forecast.KEPT_EVERY).date()]
    assert {row[2] for row in kept} == {(NOW + dt.timedelta(days=9)).date()}


def test_readiness_costs_the_same_for_one_file_and_for_many(django_assert_num_queries: Any) -> None:
    for count in (1, 10):
        pks = [make_submitted().pk for _ in range(count)]
        files = list(Enrollment.objects.select_related("partner", "country").filter(pk__in=pks))
        with django_assert_num_queries(2):
            assert len(forecast.readiness(files, now=NOW)) == count
