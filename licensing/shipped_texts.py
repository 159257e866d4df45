"""Facts, sentences and the titles of sources, as shipped, and the words around a citation."""

from collections.abc import Iterator

from licensing.domain import editions, facts


def texts() -> Iterator[tuple[str, str]]:
    for fact in editions.read_files():
        for text in (fact.en, fact.note_en, fact.source.title_en):
            if text:
                yield text, f"licensing/data: {fact.kind} {fact.key}"
    for words in (*facts.GUIDE_PLACES.values(), facts.THIS_PRODUCT):
        yield words["en"], "licensing/domain/facts.py"
