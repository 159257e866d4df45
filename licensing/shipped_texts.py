"""Facts, sentences and the titles of sources, as shipped, and the words around a citation."""

from collections.abc import Iterator

from licensing.domain import editions, facts
from licensing.enums import SourceKind
from portal.data_texts import ShippedText


def texts() -> Iterator[ShippedText]:
    for fact in editions.read_files():
        for text in (fact.en, fact.note_en, fact.source.title_en):
            if text:
                yield ShippedText(text, f"licensing/data: {fact.kind} {fact.key}")
        for place in (fact.source.place, "" if fact.source.kind == SourceKind.GUIDE else fact.place):
            if facts.is_worded(place):
                yield ShippedText(place, f"licensing/data: place in {fact.source.code}", also_in=())
    for words in (*facts.GUIDE_PLACES.values(), facts.THIS_PRODUCT):
        yield ShippedText(words["en"], "licensing/domain/facts.py")
