"""Sort names as readers of French and English expect."""

import unicodedata


def without_marks(name: str) -> str:
    """Return the key by which names are sorted in French and English alike: "Égypte" after "Danemark"."""
    return "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
