"""Which locations are asked about, and that nobody is asked twice in a round."""

import datetime as dt

import pytest
from django.utils import timezone

from onboarding.domain.partner_center import reseller_validation
from onboarding.domain.partner_center.reseller_validation import AuthorizationResult
from onboarding.enums import EnrollmentState
from onboarding.models import Enrollment, ResellerAuthorization
from tests.builders import NOW, TODAY, make_enrollment, make_submitted

pytestmark = pytest.mark.django_db


def make_ready(count: int, *, country: str = "FR") -> list[str]:
    """Locations of so many files; nothing but their state is looked at here."""
    numbers = [str(5_000_000 + 1000 * ord(country[0]) + n) for n in range(count)]
    for number in numbers:
        enrollment = make_submitted(country=country) if country == "FR" else make_enrollment(country=country)
        who = {"submitted_at": NOW, "submitted_by": enrollment.created_by}
        if country != "FR":
            Enrollment.objects.filter(pk=enrollment.pk).update(state=EnrollmentState.SUBMITTED, **who)
        Enrollment.objects.filter(pk=enrollment.pk).update(
            state=EnrollmentState.READY, ready_at=NOW, location_mpn_id=number
        )
    return numbers


def asked(*, region: str = "", others: tuple[str, ...] = (), since: dt.datetime | None = None) -> list[list[str]]:
    return list(reseller_validation.batches(region=region, others=others, since=since, today=TODAY))


def test_locations_of_ready_files_are_asked_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reseller_validation, "BATCH", 2)
    ready = make_ready(3)
    make_submitted()

    assert [len(batch) for batch in asked()] == [2, 1]
    assert sorted(number for batch in asked() for number in batch) == ready


def test_each_region_asks_about_its_own(db: None) -> None:
    french, reunion = make_ready(1), make_ready(1, country="RE")

    by_region = [asked(region="europe"), asked(region="africa"), asked(others=("africa",))]

    assert by_region == [[french], [reunion], [french]]


def test_round_that_was_broken_off_goes_on_with_the_others() -> None:
    first, second = make_ready(2)
    reseller_validation.apply_results([AuthorizationResult(first, True)], now=timezone.now())

    assert asked(since=NOW) == [[second]]
    assert sorted(number for batch in asked(since=timezone.now()) for number in batch) == [first, second]


def test_since_when_a_location_stands_so_is_kept() -> None:
    [number] = make_ready(1)
    later = NOW + dt.timedelta(days=1)

    for now in (NOW, later):
        reseller_validation.apply_results([AuthorizationResult(number, False, "900999", "suspended")], now=now)

    standing = ResellerAuthorization.objects.get()
    assert (standing.since, standing.seen_at) == (NOW, later)
