"""Names of countries and of Microsoft's regions, as shipped."""

import tomllib
from collections.abc import Iterator

from portal.data_texts import english_of
from portal.geo.load import DATA


def texts() -> Iterator[tuple[str, str]]:
    for name in ("countries.toml", "regions.toml"):
        for text in english_of(tomllib.loads((DATA / name).read_text(encoding="utf-8"))):
            yield text, f"portal/geo/data/{name}"
