"""Names of files that people take away: what it is, of whom, of which day, in any script. Pure."""

import datetime as dt
import re
import unicodedata

MOST = 60  # characters of a name: with the rest it stays within what every system allows
# What a system refuses in a name, or what would hide its true ending.
_UNSAFE = re.compile(r'[\\/:*?"<>|%#`\x00-\x1f\x7f]')
_UNSEEN = ("Cf", "Cc", "Co", "Cs", "Cn", "Zl", "Zp")  # categories of characters that nobody sees
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.I)


def file_name(kind: str, name: str, day: dt.date, ending: str) -> str:
    """Return "plan Boulangerie Été 2026-11-29.pdf": safe on every system, whatever the name's script."""
    return f"{kind} {safe(name)} {day.isoformat()}.{ending}"


def safe(name: str) -> str:
    """Return a name without what systems refuse; "customer" where nothing is left of it."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(" " if unicodedata.category(letter) in _UNSEEN else letter for letter in text)
    text = " ".join(_UNSAFE.sub(" ", text).split())[:MOST].strip(" .")
    return "customer" if not text or _RESERVED.match(text) else text
