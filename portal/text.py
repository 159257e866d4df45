"""One cleaning for every text that a person types or pastes, or that a file brings. Pure.

Word processors, telephones, PDF files and chat programs put characters into a text that nobody sees: accents as letters
of their own, direction marks, spaces of no width. They must be gone before any rule looks at the text.
"""

import re
import unicodedata

import idna

# What a Western keyboard writes stays as it is, although NFKC would take it apart: 1º, ½, m².
_KEPT = frozenset(chr(code) for code in range(0xA1, 0x100) if code != 0xAD)
# Fillers and selectors that show nothing and are no format characters for Unicode.
_ODD = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# In a text of several lines they join emoji, the letters of some scripts, and French words with their signs.
_JOINERS = frozenset("\u200c\u200d\ufe0f\u00a0\u202f")
_LINE_ENDS = re.compile(r"\r\n|[\r\n\v\f\x85\u2028\u2029]")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63\uff0d"), "-")
_QUOTES = dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\u00b4\u0060\uff07"), "'")
_DOUBLE_QUOTES = dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02"), '"')
_TO_KEYS = {**_DASHES, **_QUOTES, **_DOUBLE_QUOTES}


def one_line(text: str) -> str:
    """Return the text composed (NFKC), without invisible characters, on one line, with single plain spaces."""
    if text.isprintable() and unicodedata.is_normalized("NFKC", text) and not _ODD.search(text):
        return " ".join(text.split())
    return " ".join(_visible(_composed(text), frozenset()).split())


def lines(text: str) -> str:
    """Return the text composed and without invisible characters; line breaks, indents and emoji stay."""
    whole = _LINE_ENDS.sub("\n", text)
    return "\n".join(_visible(_composed(line), _JOINERS).rstrip() for line in whole.split("\n")).strip()


def as_keys(text: str) -> str:
    """Return ``one_line`` with typographic dashes and quotes as the keys of a keyboard: for numbers and names of hosts.

    Names of people and companies keep the quotes that were typed.
    """
    return one_line(text).translate(_TO_KEYS)


_IN_ANGLES = re.compile(r"<([^<>]+)>\W*$")


def bare_address(text: str) -> str:
    """Return the e-mail address in what people copy from mail programs and pages; another text comes back on one line.

    "Lou Exemple <lou@nuages.example>;" and "mailto:lou@nuages.example?subject=…" are lou@nuages.example.
    """
    line = as_keys(text)
    found = _IN_ANGLES.search(line)
    bare = re.sub(r"(?i)^mailto:([^?]*).*", r"\1", (found[1] if found else line).strip())
    return bare.rstrip(";, ")


# What mail programs turn into a link without being asked: schemes, hosts, mail addresses.
_SCHEME = re.compile(r"\b[a-z][a-z0-9+.-]{0,20}:\S+|\bwww\.\S+|\S*//\S*", re.I)
_LINKED_SIGN = re.compile("(?<=\\w)([.\u3002](?=\\w{2})|@(?=\\w))")
LONGEST_NAME = 80  # characters of a stranger's name in a mail


def unlinked(text: str, *, most: int = LONGEST_NAME) -> str:
    """Return somebody's words for a mail to a person who does not know them: on one line, short, nothing to click.

    An address with a scheme is left out ("…"); the dot of a host, and the @ of an address, get spaces around them, so
    that the name of a company stays readable: "Booking . com".
    """
    told = _LINKED_SIGN.sub(r" \1 ", _SCHEME.sub("…", one_line(text)))
    told = " ".join(told.replace("/", " / ").split())
    return told if len(told) <= most else told[: most - 1].rstrip() + "…"


def unlinked_lines(text: str, *, most: int = 1_000) -> str:
    """Return ``unlinked`` for each line of a longer text."""
    told = "\n".join(unlinked(line, most=most) for line in lines(text).split("\n"))
    return told if len(told) <= most else told[: most - 1].rstrip() + "…"


def own_letters(name: str) -> str:
    """Return a domain, or an address on one, in its own letters; a label that is no valid A-label stays as it is."""
    local, at, host = name.rpartition("@")
    return local + at + ".".join(_in_own_letters(label) for label in host.split("."))


def _in_own_letters(label: str) -> str:
    try:
        return idna.decode(label) if label.startswith("xn--") else label
    except idna.IDNAError:
        return label


def _composed(text: str) -> str:
    # Composed first, so that a letter and its accent are one before the Western letters are left alone.
    kept = _KEPT | _JOINERS
    signs = unicodedata.normalize("NFC", text)
    return "".join(sign if sign in kept else unicodedata.normalize("NFKC", sign) for sign in signs)


def _visible(text: str, kept: frozenset[str]) -> str:
    """Return the text without format characters, controls, fillers, lone surrogates; white space becomes a space."""
    seen = (sign for sign in text if sign in kept or not _is_invisible(sign))
    return "".join(" " if sign.isspace() and sign != "\t" and sign not in kept else sign for sign in seen)


def _is_invisible(sign: str) -> bool:
    if sign.isspace():
        return False
    return bool(_ODD.match(sign)) or unicodedata.category(sign) in ("Cf", "Cc", "Cs")
