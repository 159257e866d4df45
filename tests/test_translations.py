"""French is the first language: every sentence has its French, complete, compiled, and spelled as French is."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import translation

from onboarding.domain.reasons.words import Reader, words_for
from onboarding.enums import Turn

ROOT: Path = settings.ROOT
CATALOGUE = Path("locale/fr/LC_MESSAGES/django.po")
FOLDERS = ("api", "licensing", "onboarding", "portal", "templates")

NBSP = "\N{NO-BREAK SPACE}"
TAG = re.compile(r"<[^>]*>")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|\{\w*\}")
# The same word in both languages, or a name.
SAME_IN_BOTH = {
    "Table", "Ingram Micro Cloud", "Cookies", "E-mails", "Sessions",
    "Action", "Administration", "BDM", "CSP", "Commercial", "Dates", "E-mail", "Global (PartnerGlobal)", "HTML",
    "Invitation", "Invitations", "Licences", "Marketplace", "Microsoft", "Note", "Open License", "Open Value",
    "Plan", "Programme", "Programmes", "Software Assurance", "Source", "Sources", "Support", "Tenant", "Type",
    "phase", "action", "code",
    "invitation", "invitations", "note", "notes", "page", "plan", "plans", "position", "possible", "programme",
    "question", "secret", "source", "sources", "tenant", "type", "version", "version %(number)s",
    "Test", "Webhooks", "webhook", "webhooks",
    "Ingram Micro", "Message", "Messages", "Notifications", "message", "messages",
}  # fmt: skip

Message = tuple[str, str, str]  # context, singular, plural


def catalogue(path: Path = ROOT / CATALOGUE) -> polib.POFile:
    return polib.pofile(str(path))


def key(entry: polib.POEntry | polib.MOEntry) -> Message:
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def translations(entry: polib.POEntry | polib.MOEntry) -> list[str]:
    if entry.msgid_plural:
        return [entry.msgstr_plural.get(number, "") for number in (0, 1)]
    return [entry.msgstr]


def pairs() -> Iterator[tuple[str, str]]:
    """Each French text with the English it stands for: one is the singular's, many the plural's."""
    for entry in catalogue():
        yield from zip((entry.msgid, entry.msgid_plural), translations(entry), strict=False)


def test_catalogue_leaves_nothing_untranslated():
    entries = catalogue()

    assert [entry.msgid for entry in entries if not all(translations(entry))] == []


def test_catalogue_has_no_guess_and_nothing_dead():
    entries = catalogue()

    assert [entry.msgid for entry in entries if entry.fuzzy or entry.obsolete] == []
    assert not entries.metadata_is_fuzzy
    assert entries.metadata["Plural-Forms"] == "nplurals=2; plural=(n > 1);"


def test_compiled_catalogue_says_what_the_source_says():
    source = {key(entry): translations(entry) for entry in catalogue()}

    compiled = polib.mofile(str((ROOT / CATALOGUE).with_suffix(".mo")))

    assert {key(entry): translations(entry) for entry in compiled} == source


def test_catalogue_holds_every_sentence_of_the_product(tmp_path: Path):
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "locale").mkdir()
    # No settings: they would look at the product's own folders.
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}

    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale", "fr", "--no-location"],
        cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=60,
    )  # fmt: skip

    fresh = {key(entry) for entry in catalogue(tmp_path / CATALOGUE)}
    kept = {key(entry) for entry in catalogue()}
    assert {"missing": sorted(fresh - kept), "no longer used": sorted(kept - fresh)} == {
        "missing": [],
        "no longer used": [],
    }


def test_code_names_its_translations_as_xgettext_knows_them():
    """``gettext as _t`` works, but what stands in it never reaches the catalogue."""
    hidden = [
        f"{path.relative_to(ROOT)}:{node.lineno} {alias.name} as {alias.asname}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if "gettext" in alias.name and alias.asname not in (None, "_")
    ]

    assert hidden == []


def test_templates_do_not_escape_a_quotation_mark_inside_a_sentence():
    r"""``{% translate "a \"b\" c" %}`` is shown whole, but xgettext reads it as far as the backslash."""
    cut = [entry.msgid for entry in catalogue() if entry.msgid.endswith("\\")]

    assert cut == []


def test_french_keeps_every_placeholder():
    wrong = [
        (english, french)
        for english, french in pairs()
        if sorted(PLACEHOLDER.findall(english)) != sorted(PLACEHOLDER.findall(french))
    ]

    assert wrong == []


def test_french_keeps_every_tag():
    wrong = [(english, french) for english, french in pairs() if TAG.findall(english) != TAG.findall(french)]

    assert wrong == []


def test_french_begins_and_ends_like_its_english():
    """What is put together from two sentences keeps the space or the new line between them."""

    def edges(text: str) -> tuple[str, str]:
        return (text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :])

    colon = (": ", "\u00a0: ")  # portal.wording.colon: the space before it is what it is for
    told = [(english, french) for english, french in pairs() if (english, french) != colon]
    assert [(english, french) for english, french in told if edges(english) != edges(french)] == []


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ("a no-break space before : ; ? and »", re.compile(rf"(?<!{NBSP})(»|(?<!&amp)(?<!&nbsp)[:;?](?=\s|$))")),
        ("a no-break space after «", re.compile(rf"«(?!{NBSP})")),
        ("a no-break space before %", re.compile(rf"(?<!{NBSP})%%")),
        ("no exclamation mark", re.compile("!")),
        ("the typographic apostrophe", re.compile("'")),
        ("French quotation marks", re.compile('[“”"]')),
        ("no two spaces in a row", re.compile(rf"[ {NBSP}]{{2}}")),
        ("vous, never tu", re.compile(r"\b(tu|toi|ton|tes)\b", re.I)),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_french_is_spelled_as_french_is(rule: str, broken: re.Pattern[str]):
    wrong = [french for _english, french in pairs() if broken.search(TAG.sub("", french))]

    assert wrong == [], rule


def test_french_is_not_english():
    same = {english for english, french in pairs() if english == french}

    assert same - SAME_IN_BOTH == set()


def test_four_turns_have_their_french_words():
    with translation.override("fr"):
        words = [str(words_for(Reader.PARTNER).turn(turn)) for turn in Turn]

    assert words == ["À vous", "Chez Microsoft", "Chez Ingram Micro", "Rien à faire"]
