"""Reference data: loaded from reviewed files, as often as one likes."""

import datetime as dt

import pytest

from portal.geo.load import load
from portal.geo.models import Country, CspRegion, Marketplace, ProviderLink, RegionCountry, provider_link, region_of

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 11, 23)


def test_loading_again_changes_nothing_and_keeps_what_an_administrator_changed() -> None:
    models = (Country, CspRegion, RegionCountry, Marketplace, ProviderLink)
    before = [model.objects.count() for model in models]
    ProviderLink.objects.filter(region="europe").update(url="https://partnercenter.example/official")

    load()

    assert [model.objects.count() for model in models] == before
    assert ProviderLink.objects.get(region="europe").url == "https://partnercenter.example/official"


@pytest.mark.parametrize(
    ("country", "region"),
    [("FR", "europe"), ("RE", "africa"), ("GP", "latin-america"), ("PM", "canada"), ("WF", "australia"), ("RU", None)],
)
def test_french_territories_are_not_in_europe(country: str, region: str | None) -> None:
    found = region_of(country, on=TODAY)

    assert (found.code if found else None) == region


def test_there_are_fifteen_regions_with_one_link_each() -> None:
    regions = list(CspRegion.objects.all())

    assert len(regions) == 15
    assert all(provider_link(region, on=TODAY) for region in regions)


def test_region_of_a_country_changes_on_its_day() -> None:
    RegionCountry.objects.create(region_id="africa", country_id="FR", valid_from=dt.date(2027, 1, 1))

    regions = [region_of("FR", on=day) for day in (dt.date(2026, 12, 31), dt.date(2027, 1, 1))]

    assert [region.code for region in regions if region] == ["europe", "africa"]


def test_marketplace_codes_are_not_country_codes() -> None:
    assert set(Marketplace.objects.get(code="UK").countries.values_list("code", flat=True)) == {"GB"}
    assert "ME" not in Marketplace.objects.get(code="ME").countries.values_list("code", flat=True)
    assert Marketplace.objects.count() == 23


def test_numbers_are_needed_where_microsoft_asks_for_them() -> None:
    needed = Country.objects.filter(registration_number_needed=True).values_list("code", flat=True)

    # Source: [ms-registration-numbers].
    wanted = set(
        "AM AZ BY BR HU IN IQ KZ KG MD MM PL RU SA ZA SS TJ TH TR UA AE UZ VE VN".split()  # noqa: SIM905
    )
    assert (set(needed), len(wanted)) == (wanted, 24)
