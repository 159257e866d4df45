"""Fold letters and words, so that two spellings of one name can be compared. Pure."""

import re
import unicodedata

# Letters that no accent makes: Unicode does not take them apart.
_LETTERS = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ŋ": "n", "ı": "i", "ĸ": "k", "ŀ": "l", "ƶ": "z",
        "œ": "oe", "æ": "ae", "ß": "ss", "þ": "th", "ĳ": "ij", "ə": "a",
        "’": " ", "&": " et ", "+": " et ",
    }
)  # fmt: skip
# As people write them where the letter is missing: Mueller, Aarhus, Soerensen.
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_AND = frozenset(["and", "und", "og", "och"])
_INITIALS = re.compile(r"\b\w(?:[./]\w\b)+\.?|\b\w(?:\.\s\w\b)+\.")


def plain_words(text: str, *, written_out: bool = False) -> list[str]:
    """Return the words, lower case, without accents and punctuation; initials are joined (S.A.S. and S. A. S.: sas).

    ``written_out``: ü is ue and å is aa, as people write them where the letter is missing.
    """
    text = unicodedata.normalize("NFC", text).casefold()
    text = _INITIALS.sub(lambda found: re.sub(r"[./\s]", "", found.group()) + " ", text)
    if written_out:
        text = text.translate(_WRITTEN_OUT)
    decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    words = re.sub(r"[\W_]+", " ", bare.translate(_LETTERS)).split()
    ands = {place for place, word in enumerate(words) if word in _AND or words[place : place + 2] == ["u", "co"]}
    return ["et" if place in ands else word for place, word in enumerate(words)]


def spellings(text: str) -> tuple[list[str], list[str]]:
    """Return the words with ü as u, and with ü as ue; two names are alike if any of theirs are."""
    return plain_words(text), plain_words(text, written_out=True)
