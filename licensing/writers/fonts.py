"""Fonts for names in any script: each part of a text in a font that has its letters, in the order in which it is read.

Roboto comes with the portal. DejaVu (Hebrew, Arabic, Georgian, Armenian …) and a font for Chinese, Japanese and Korean
are used where the machine has them; without one, PDF's own fonts for these scripts are named, which readers bring.
"""

import itertools
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

from font_roboto import font_files
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFError, TTFont

MAIN = "Roboto"
registerFont(TTFont("Roboto", font_files["Roboto"]))
registerFont(TTFont("Roboto-Bold", font_files["RobotoBold"]))
registerFontFamily("Roboto", normal="Roboto", bold="Roboto-Bold", italic="Roboto", boldItalic="Roboto-Bold")

_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path("/Library/Fonts"), Path("/System/Library"))
# Files that are looked for first, the widest first; then any other font of the machine is tried.
_PREFERRED = ("DejaVuSans.ttf", "DroidSansFallbackFull.ttf", "DroidSansFallback.ttf", "unifont.ttf")
_MISSING = "\N{REPLACEMENT CHARACTER}"


def markup(text: str) -> str:
    """Return the text as a paragraph's markup, each part in a font that can write it."""
    parts = []
    for font, run in _runs(_as_read(unicodedata.normalize("NFC", text))):
        body = escape(run)
        parts.append(body if font == MAIN else f'<font name="{font}">{body}</font>')
    return "".join(parts)


def _runs(text: str) -> Iterator[tuple[str, str]]:
    fonts = [(font_of(letter), letter) for letter in text]
    for font, letters in itertools.groupby(fonts, key=lambda one: one[0]):
        run = "".join(letter for _font, letter in letters)
        yield (font, run) if font else (MAIN, "?" * len(run))


@lru_cache(maxsize=10_000)
def font_of(letter: str) -> str:
    """Return the font that has this letter; '' where the machine has none."""
    if letter.isspace() or letter == _MISSING or ord(letter) in _faces()[0][1]:
        return MAIN
    found = next((name for name, letters in _faces()[1:] if ord(letter) in letters), "")
    return found or _east_asian(letter)


@lru_cache(maxsize=1)
def _faces() -> list[tuple[str, frozenset[int]]]:
    """Return the fonts of TrueType with the letters that each can write, Roboto first."""
    files = [path for folder in _FOLDERS if folder.is_dir() for path in sorted(folder.rglob("*.ttf"))]
    first = {name: rank for rank, name in enumerate(_PREFERRED)}
    is_plain = [path for path in files if path.name in first or path.stem.endswith(("-Regular", "Regular"))]
    ordered = sorted(is_plain, key=lambda path: (first.get(path.name, len(first)), path.name))
    roboto = TTFont("Roboto", font_files["Roboto"])
    faces = [("Roboto", frozenset(roboto.face.charToGlyph))]
    for path in ordered:
        try:
            font = TTFont(path.stem, str(path))
            registerFont(font)
        except (TTFError, OSError):
            continue  # outlines that a PDF made here cannot hold
        faces.append((path.stem, frozenset(font.face.charToGlyph)))
    return faces


# PDF's own fonts for East Asian scripts: the reader's program brings them, so that nothing is missing on paper.
_EAST_ASIAN = (("HANGUL", "HYSMyeongJo-Medium"), ("HIRAGANA", "HeiseiMin-W3"), ("KATAKANA", "HeiseiMin-W3"))


def _east_asian(letter: str) -> str:
    name = unicodedata.name(letter, "")
    font = next((font for script, font in _EAST_ASIAN if name.startswith(script)), "")
    if not font and (name.startswith("CJK") or unicodedata.east_asian_width(letter) in "WF"):
        font = "STSong-Light"
    return _registered(font) if font else ""


@lru_cache(maxsize=8)
def _registered(font: str) -> str:
    registerFont(UnicodeCIDFont(font))
    return font


# --- scripts that are read from the right ------------------------------------------------------------------------
_RIGHT = ("R", "AL")


def _as_read(text: str) -> str:
    """Return the text with each passage from right to left turned, as a page is drawn from left to right."""
    if not any(unicodedata.bidirectional(letter) in _RIGHT for letter in text):
        return text
    return "".join(_turned(run) if is_right else run for is_right, run in _passages(_joined(text)))


def _passages(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the passages: one from the right holds the spaces and digits between two of its words too."""
    start = 0
    while start < len(text):
        is_right = unicodedata.bidirectional(text[start]) in _RIGHT
        end = last = start + 1
        while end < len(text):
            kind = unicodedata.bidirectional(text[end])
            if (is_right and kind == "L") or (not is_right and kind in _RIGHT):
                break
            end += 1
            if kind in _RIGHT or not is_right:
                last = end
        yield is_right, text[start:last]
        start = last


def _turned(passage: str) -> str:
    """Return a passage from its end to its beginning; its numbers keep their order, its words stay on one line."""
    letters = [_mirrored(letter) for letter in reversed(passage)]
    found: list[str] = []
    for is_number, run in itertools.groupby(letters, key=lambda one: unicodedata.bidirectional(one) in ("EN", "AN")):
        part = list(run)
        found += reversed(part) if is_number else part
    return "".join(found).replace(" ", "\N{NO-BREAK SPACE}")


def _mirrored(letter: str) -> str:
    return {"(": ")", ")": "(", "[": "]", "]": "[", "«": "»", "»": "«"}.get(letter, letter)


@lru_cache(maxsize=1)
def _forms() -> dict[str, dict[str, str]]:
    """Return the shapes of each Arabic letter: isolated, initial, medial, final, by Unicode's table."""
    found: dict[str, dict[str, str]] = {}
    for code in itertools.chain(range(0xFB50, 0xFE00), range(0xFE70, 0xFEFD)):
        kind, *parts = unicodedata.decomposition(chr(code)).split() or [""]
        if kind in ("<isolated>", "<initial>", "<medial>", "<final>"):
            letters = "".join(chr(int(part, 16)) for part in parts)
            if len(letters) == 1 or letters[0] == "\N{ARABIC LETTER LAM}":
                found.setdefault(letters, {}).setdefault(kind[1:-1], chr(code))
    return found


def _joined(text: str) -> str:
    """Return Arabic letters in the shape that their neighbours give them."""
    letters = list(_ligated(text))
    shaped = []
    for index, letter in enumerate(letters):
        forms = _forms().get(letter, {})
        before = index > 0 and "initial" in _forms().get(letters[index - 1], {})
        after = index + 1 < len(letters) and "final" in _forms().get(letters[index + 1], {})
        joins_after = after and "initial" in forms
        joins_before = before and "final" in forms
        name = {(True, True): "medial", (True, False): "final", (False, True): "initial"}
        shaped.append(forms.get(name.get((joins_before, joins_after), "isolated"), letter))
    return "".join(shaped)


def _ligated(text: str) -> Iterator[str]:
    """Yield the letters, lam and alef as one."""
    index = 0
    while index < len(text):
        pair = text[index : index + 2]
        step = 2 if len(pair) == 2 and pair in _forms() else 1
        yield text[index : index + step]
        index += step
