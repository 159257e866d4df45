"""Find the header row of an uploaded table, and which column is which field. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from portal.text import one_line

HEADER_WITHIN = 30  # rows; the Microsoft License Statement has its header in row 10


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return the text without case, accents, punctuation and double spaces, in any script, for comparisons."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("°", " "))
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", bare).split())


@dataclass(frozen=True)
class Header:
    """A header row. ``row`` counts from 0; ``fields`` maps a column's index to a field, each field once."""

    row: int
    titles: tuple[str, ...]
    fields: dict[int, str]

    @property
    def shape(self) -> str:
        """Return a key that is equal for files with equal columns, in any order."""
        return hashlib.sha256("\n".join(sorted(plain(title) for title in self.titles)).encode()).hexdigest()


def _no_field(title: str) -> str:
    return ""


def find_header(
    rows: Sequence[Sequence[object]], by_name: Mapping[str, str], by_words: Callable[[str], str] = _no_field
) -> Header | None:
    """Return the early row that names most fields; None where no row names two.

    ``by_name``: plain name -> field; ``by_words`` returns the field of a title without such a name, or ''.
    """
    best: Header | None = None
    for number, row in enumerate(rows[:HEADER_WITHIN]):
        header = read_header(number, row, by_name, by_words)
        if len(header.fields) >= 2 and (best is None or len(header.fields) > len(best.fields)):
            best = header
    return best


def read_header(
    number: int, row: Sequence[object], by_name: Mapping[str, str], by_words: Callable[[str], str] = _no_field
) -> Header:
    titles = tuple(one_line(str(cell if cell is not None else "")) for cell in row)
    # Exports write "OfferName" or "offer_name" for "Offer name".
    compact = {name.replace(" ", ""): field for name, field in by_name.items()}
    fields: dict[int, str] = {}
    for index, title in enumerate(titles):
        field = by_name.get(plain(title)) or compact.get(plain(title).replace(" ", ""))
        if field and field not in fields.values():
            fields[index] = field
    for index, title in enumerate(titles):
        # A name counts before words, wherever its column is.
        if index not in fields and (field := by_words(title)) and field not in fields.values():
            fields[index] = field
    return Header(number, titles, fields)
