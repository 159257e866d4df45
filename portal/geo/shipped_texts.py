"""Names of countries, of Microsoft's regions and of the marketplaces, as shipped."""

import tomllib
from collections.abc import Iterator

from portal.data_texts import ShippedText, english_of
from portal.geo.load import DATA, title_of


def texts() -> Iterator[ShippedText]:
    for name in ("countries.toml", "regions.toml"):
        for text in english_of(tomllib.loads((DATA / name).read_text(encoding="utf-8"))):
            yield ShippedText(text, f"portal/geo/data/{name}")
    shops = tomllib.loads((DATA / "marketplaces.toml").read_text(encoding="utf-8"))["marketplaces"]
    for shop in shops.values():
        yield ShippedText(shop["name"], "portal/geo/data/marketplaces.toml", also_in=())
    yield ShippedText(title_of("demo-links"), "portal/sources.toml", also_in=())
