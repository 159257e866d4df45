"""In production no partner is led to an address that the demo made up; the demo shows it."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from licensing.domain import assets, queries
from licensing.enums import Audience
from licensing.models import Asset, AssetVersion, TransferLink
from onboarding.domain.questions import official_pages
from onboarding.models import OfficialPage
from onboarding.views.wizard import shop_links
from portal.geo import load
from portal.geo.models import Marketplace, ProviderLink, is_placeholder, provider_link, region_of
from tests.builders import make_enrollment

pytestmark = pytest.mark.django_db

MADE_UP, REAL = "https://made-up.partner.example./x", "https://learn.microsoft.com/x"
LONG_AGO = dt.date(2020, 1, 1)


@pytest.fixture(autouse=True)
def _places(db: None) -> Iterator[None]:
    load.load()
    official_pages.forget()
    yield
    official_pages.forget()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://x.example/", True), ("https://x.example./", True), ("https://X.EXAMPLE", True),
        ("https://x.test:8443/a", True), ("http://localhost./", True), ("https://a.invalid", True),
        ("https://example.microsoft.com", False), ("https://x.examples/", False), ("", False), ("/x.example", False),
    ],
)  # fmt: skip
def test_placeholder_is_known_by_its_domain(address: str, expected: bool) -> None:
    assert is_placeholder(address) is expected


def provider(url: str) -> list[str]:
    today = timezone.localdate()
    region = region_of("FR", on=today)
    assert region is not None
    ProviderLink.objects.filter(region=region).update(url=url)
    found = provider_link(region, on=today)
    return [found.url] if found else []


def transfer(url: str) -> list[str]:
    TransferLink.objects.create(country_id="FR", url=url, valid_from=LONG_AGO)
    found = queries.transfer_link("FR", on=timezone.localdate())
    return [found.url] if found else []


def library(url: str) -> list[str]:
    asset = Asset.objects.create(title_fr="Papier", title_en="Paper", audience=Audience.values[0])
    version = AssetVersion.objects.create(asset=asset, number=1, language="fr", url=url, valid=(LONG_AGO, None))
    taken = Client().post(f"/licensing/library/{version.pk}/").status_code
    page = Client().get("/licensing/library/").content.decode()
    found = [row.url for row in assets.versions(filters=assets.Filters(), on=timezone.localdate())]
    assert (url in page, taken) == ((True, 204) if found else (False, 404))
    return found


def page_of_another_company(url: str) -> list[str]:
    OfficialPage.objects.filter(pk="locations").update(url=url)
    return [link.url for link in official_pages.links(["locations"])]


def marketplace(url: str) -> list[str]:
    Marketplace.objects.filter(countries="FR").update(address=url)
    return [link.url for link in shop_links(make_enrollment(), "marketplace")]


@pytest.mark.parametrize("shown", [provider, transfer, library, page_of_another_company, marketplace])
@pytest.mark.parametrize(
    ("is_production", "url", "is_shown"), [(False, MADE_UP, True), (True, MADE_UP, False), (True, REAL, True)]
)
def test_partner_sees_no_placeholder_in_production(
    settings: Any, shown: Any, is_production: bool, url: str, is_shown: bool
) -> None:
    settings.PRODUCTION = is_production

    found = shown(url)

    assert (url in found) is is_shown
    assert not is_production or not any(map(is_placeholder, found))


def test_page_of_another_company_is_then_the_one_of_the_release(settings: Any) -> None:
    settings.PRODUCTION = True

    assert page_of_another_company(MADE_UP) == [official_pages.PAGES["locations"].url]
    assert not any(is_placeholder(page.url) for page in official_pages.PAGES.values())
