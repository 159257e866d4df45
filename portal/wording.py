"""What the portal puts together from words that are translated already, and texts that rows carry in two languages.

A row has its text in English and in French (``title_en``, ``title_fr``). A reader of any other language gets the
catalogue's translation of the English one, and English where the catalogue has none: a language needs no column.
"""

import re
from collections.abc import Mapping

from django.conf import settings
from django.utils import formats
from django.utils.translation import get_language, gettext, override, pgettext

ENGLISH, FRENCH = "en", "fr"
_NO_BREAK = "\N{NO-BREAK SPACE}"
_BESIDE_SIGN = re.compile(r" (?=[:;?!»%](?![^\s.,)»]))|(?<=«) ")


def colon() -> str:
    """Return what stands between a label and its value, in the reader's language. French has a space before it."""
    return pgettext("between a label and its value", ": ")


def reader_language() -> str:
    """Return the code of the reader's language, as in ``settings.LANGUAGES``; the product's first one without any."""
    return get_language() or settings.LANGUAGE_CODE


def in_language(row: object, name: str, language: str | None = None) -> str:
    """Return a row's text in the reader's language, or in ``language``: ``name`` is the column's, without its ending.

    An instance of a row or of a data class has "title_en" and, for some languages, "title_fr".
    """
    code = _root(language or reader_language())
    own = getattr(row, f"{name}_{code}", None)
    return spaced(str(own), code) if own is not None else _translated(getattr(row, f"{name}_{ENGLISH}"), language)


def chosen(texts: Mapping[str, str], language: str | None = None) -> str:
    """Return the text in the reader's language, or in ``language``. ``texts`` has "en" and may have others."""
    code = _root(language or reader_language())
    own = texts.get(code)
    return spaced(own, code) if own is not None else _translated(texts[ENGLISH], language)


def spaced(text: str, language: str) -> str:
    """Return the text with the spaces of French signs made unbreakable, whatever key they were typed with.

    The editors of rows type the space of the keyboard, and a line must not begin with a colon.
    """
    return _BESIDE_SIGN.sub(_NO_BREAK, text) if language == FRENCH else text


def is_original(languages: Mapping[str, str], language: str | None = None) -> bool:
    """Return True when ``languages`` holds a text of the reader's own language, so that nothing is translated."""
    return _root(language or reader_language()) in languages


def has_decimal_comma(language: str) -> bool:
    """Return True when numbers are written "1,5". Spreadsheets there separate columns by semicolons."""
    return bool(formats.get_format("DECIMAL_SEPARATOR", _known(language)) == ",")


def short_day(language: str) -> str:
    """Return the ``strftime`` format of a day in figures: "%d/%m/%Y" in French and British, "%d.%m.%Y" in German."""
    return str(formats.get_format("DATE_INPUT_FORMATS", _known(language))[0])


def _translated(english: str, language: str | None) -> str:
    if not english:
        return ""
    if language is None:
        return gettext(english)
    with override(_known(language)):
        return gettext(english)


def _root(language: str) -> str:
    return language.split("-")[0]


def _known(language: str) -> str:
    """Return the code of ``settings.LANGUAGES`` for "en", whose formats would be American."""
    found = [code for code, _name in settings.LANGUAGES if _root(code) == _root(language)]
    return found[0] if found else language
