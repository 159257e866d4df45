"""Load the reviewed files of ``data/``. Loading twice changes nothing; what an administrator changed or added stays."""

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from portal.geo.models import Country, CspRegion, Marketplace, ProviderLink, RegionCountry

DATA = Path(__file__).parent / "data"
SOURCES = Path(__file__).parents[1] / "sources.toml"


@transaction.atomic
def load() -> None:
    _countries(_read("countries.toml"))
    _regions(_read("regions.toml"))
    _marketplaces(_read("marketplaces.toml"))
    _provider_links(_read("provider_links.toml"))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def title_of(source: str) -> str:
    """Return a source's title for administrators. Raises: KeyError if the list has no such source."""
    title: str = tomllib.loads(SOURCES.read_text(encoding="utf-8"))["sources"][source]["title"]
    return title


def _countries(data: dict[str, Any]) -> None:
    Country.objects.bulk_create(
        [Country(code=code, **facts) for code, facts in data.items()],
        ignore_conflicts=True,
    )


def _regions(data: dict[str, Any]) -> None:
    regions, source = data["regions"], title_of(data["source"])
    CspRegion.objects.bulk_create(
        [
            CspRegion(code=code, name_fr=facts["name_fr"], name_en=facts["name_en"], source=source)
            for code, facts in regions.items()
        ],
        ignore_conflicts=True,
    )
    RegionCountry.objects.bulk_create(
        [
            RegionCountry(region_id=code, country_id=country, valid_from=data["valid_from"])
            for code, facts in regions.items()
            for country in facts["countries"]
        ],
        ignore_conflicts=True,
    )


def _marketplaces(data: dict[str, Any]) -> None:
    source = title_of(data["source"])
    for code, facts in data["marketplaces"].items():
        marketplace, new = Marketplace.objects.get_or_create(
            code=code,
            defaults={name: facts[name] for name in ("name", "region", "address")} | {"source": source},
        )
        if new:
            marketplace.countries.set(facts["countries"])


def _provider_links(data: dict[str, Any]) -> None:
    source = title_of(data["source"])
    ProviderLink.objects.bulk_create(
        [
            ProviderLink(region_id=region, url=url, valid_from=data["valid_from"], source=source)
            for region, url in data["links"].items()
        ],
        ignore_conflicts=True,
    )
