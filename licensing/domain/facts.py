"""The facts of one edition for the pure rules: which are valid on a day, in which readings, from which source."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from licensing.enums import PUBLIC_SECTOR, Confidence, Kind, Precision, Programme, SourceKind
from portal.wording import chosen, in_language, is_original

# Parts of the guide, by the names that facts use.
GUIDE_PLACES = {
    "0": {"en": "introduction", "fr": "introduction"},
    "1": {"en": "part 1", "fr": "partie 1"},
    "1T": {"en": "part 1, comparison table", "fr": "partie 1, tableau comparatif"},
    "3": {"en": "part 3", "fr": "partie 3"},
    "4": {"en": "part 4", "fr": "partie 4"},
    "4EN": {"en": "part 4, English text", "fr": "partie 4, texte anglais"},
    "6": {"en": "part 6", "fr": "partie 6"},
}
# A place in a source that is written in words, not an address or the name of a file.
_WORDED = re.compile(r"(?:item \d+|[A-Z][a-z]+(?: [A-Za-z]+)+)")
THIS_PRODUCT = {"en": "this product", "fr": "ce produit"}


def is_worded(place: str) -> bool:
    return bool(_WORDED.fullmatch(place))


@dataclass(frozen=True)
class SourceRef:
    code: str
    kind: str
    title_fr: str
    title_en: str
    read_on: dt.date
    place: str = ""
    published_on: dt.date | None = None

    @staticmethod
    def place_words(place: str, language: str) -> str:
        """Return "item 9" in the reader's language; an address or the name of a file as it stands."""
        return chosen({"en": place}, language) if is_worded(place) else place

    def title(self, language: str) -> str:
        return in_language(self, "title", language)


@dataclass(frozen=True)
class DatedFact:
    """A fact. ``start`` is the first day, ``end`` the first day no longer; None where the sources name no day."""

    kind: str
    key: str
    source: SourceRef
    programme: str = ""
    rank: int = 0
    position: int = 0
    start: dt.date | None = None
    end: dt.date | None = None
    precision: str = Precision.DAY
    value: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    fr: str = ""
    en: str = ""
    note_fr: str = ""
    note_en: str = ""
    translated: str = ""
    place: str = ""
    confidence: str = Confidence.EXPLICIT
    conflict: str = ""

    def holds(self, on: dt.date) -> bool:
        return (self.start is None or self.start <= on) and (self.end is None or on < self.end)

    @property
    def _texts(self) -> dict[str, str]:
        return {"en": self.en, "fr": self.fr}

    def is_translated(self, language: str) -> bool:
        """Return True when what a reader of this language sees is our translation, not the source's own words."""
        return bool(self.translated) and (self.translated == language or not is_original(self._texts, language))

    def text(self, language: str) -> str:
        return chosen(self._texts, language)

    def note(self, language: str) -> str:
        return in_language(self, "note", language)

    def citation(self, language: str) -> str:
        """Return "Guide Ingram Micro, part 3", or a public source's title."""
        places = self.place.split()
        if self.source.kind == SourceKind.GUIDE:
            places = [chosen(GUIDE_PLACES[place], language) for place in places]
        else:
            places = [self.source.place_words(self.place, language)] if self.place else []
        return ", ".join([self.source.title(language), *places])


class Facts:
    """All facts of one edition; ``edition`` is its number, 0 for facts that were never stored."""

    def __init__(self, facts: Iterable[DatedFact], *, edition: int = 0) -> None:
        self.edition = edition
        self.every = tuple(facts)
        self._by_name: dict[tuple[str, str, str], list[DatedFact]] = defaultdict(list)
        for fact in self.every:
            self._by_name[fact.kind, fact.key, fact.programme].append(fact)

    def of(self, kind: Kind, on: dt.date | None = None) -> list[DatedFact]:
        """Return all facts of a kind, in the order of the files; with ``on``, those valid on that day."""
        found = [fact for fact in self.every if fact.kind == kind and (on is None or fact.holds(on))]
        return sorted(found, key=lambda fact: (fact.position, fact.rank))

    def readings(self, kind: Kind, key: str, programme: str = "", *, on: dt.date) -> list[DatedFact]:
        """Return the facts about one thing on one day: usually one; where sources differ several, the safer first."""
        found = self._by_name.get((kind, key, programme), [])
        return sorted((fact for fact in found if fact.holds(on)), key=lambda fact: fact.rank)

    def first(self, kind: Kind, key: str, programme: str = "", *, on: dt.date) -> DatedFact | None:
        found = self.readings(kind, key, programme, on=on)
        return found[0] if found else None

    def number(self, key: str, *, on: dt.date, sector: str = "") -> int | None:
        """Return the safer reading of a numeric rule on that day; the sector's own where it has one."""
        fact = self.number_fact(key, on=on, sector=sector)
        amount = fact.value.get("amount") if fact else None
        return amount if isinstance(amount, int) else None

    def number_fact(self, key: str, *, on: dt.date, sector: str = "") -> DatedFact | None:
        own = self.first(Kind.NUMBER, f"{key}.public_sector", on=on) if sector in PUBLIC_SECTOR else None
        return own or self.first(Kind.NUMBER, key, on=on)

    def sentence(self, key: str, language: str, *, on: dt.date) -> str:
        """Return the sentence that holds on that day; '' for none."""
        fact = self.first(Kind.SENTENCE, key, on=on)
        return fact.text(language) if fact else ""

    def said(
        self, key: str, language: str, *, product: str | None, on: dt.date, until: str = "", days: int | None = None
    ) -> str:
        """Return a sentence with its values: the product's family, a day in words, days, the product's caution."""
        family = self.first(Kind.FAMILY, product, on=on) if product else None
        caution = self.first(Kind.PRODUCT, product, Programme.CSP_PERPETUAL, on=on) if product else None
        return self.sentence(key, language, on=on).format(
            product=family.text(language) if family else chosen(THIS_PRODUCT, language),
            until=until,
            days=days,
            caution=caution.text(language) if caution else "",
        )

    @cached_property
    def sources(self) -> dict[str, SourceRef]:
        return {fact.source.code: fact.source for fact in self.every}
