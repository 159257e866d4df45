"""Every sentence has its French, complete, compiled, and spelled as French is: it is the first language.

Any further language is complete for what visitors and resellers see. What only staff see may wait: it is in English.
"""

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
from portal import data_texts

ROOT: Path = settings.ROOT
FRENCH = "fr"
FURTHER = [code for code, _name in settings.LANGUAGES if code != FRENCH and not code.startswith("en")]
TRANSLATED = [FRENCH, *FURTHER]
PLURALS = {"fr": "n > 1", "de": "n != 1"}
CATALOGUE = Path("locale/fr/LC_MESSAGES/django.po")
FOLDERS = ("api", "licensing", "onboarding", "portal", "templates")

NBSP = "\N{NO-BREAK SPACE}"
TAG = re.compile(r"<[^>]*>")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|\{\w*\}")
NAMES = "partner|company|person|name|by|to|asker|client|webhook|customer|who"  # what may begin with a vowel
# The same word in both languages, or a name.
SAME_IN_BOTH = {
    "Table", "Ingram Micro Cloud", "Cookies", "E-mails", "Sessions",
    "Action", "Administration", "BDM", "CSP", "Commercial", "Dates", "E-mail", "Global (PartnerGlobal)", "HTML",
    "Invitation", "Invitations", "Licences", "Marketplace", "Microsoft", "Note", "Open License", "Open Value",
    "Plan", "Programme", "Programmes", "Software Assurance", "Source", "Sources", "Support", "Tenant", "Type",
    "France", "phase", "action", "code",
    "invitation", "invitations", "note", "notes", "page", "plan", "plans", "position", "possible", "programme",
    "question", "secret", "source", "sources", "tenant", "type", "version", "version %(number)s",
    "Test", "Webhooks", "webhook", "webhooks",
    "Ingram Micro", "Message", "Messages", "Notifications", "message", "messages",
}  # fmt: skip

Message = tuple[str, str, str]  # context, singular, plural


# Sources whose sentences only people of Ingram Micro and administrators see.
STAFF = re.compile(
    r"(^|/)(_?admin|apps|models|audit|audit_page|audit_trails|care_views|coverage|readiness|work|sandbox|bulk\w*|judge|"
    r"_?desk\w*|_?campaign\w*|insights\w*|loans|_?lent|lend|absence|decisions|viewing|view_as|_work|_staff_line|mails?|"
    r"reports|_report_sections|report_sections|library|review|catalogue|alert|digest|edition_\w+|file_lent|mentioned|"
    r"partner_center|sources_due|weekly_report|without_owner|file|api)(\.|/|$)"
)
# Of these words, what the reseller sees all the same.
RESELLERS = re.compile(
    r"templates/(licensing/(file|review|library)|partners/review|emails/mail)|domain/mail/|api/views/problems"
)


def path_of(language: str, where: str = "locale") -> Path:
    return ROOT / where / language / "LC_MESSAGES" / "django.po"


def catalogue(path: Path = ROOT / CATALOGUE) -> polib.POFile:
    return polib.pofile(str(path))


def extracted(folder: Path) -> polib.POFile:
    """Read what ``makemessages`` finds in the product, with the places of each sentence."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "locale").mkdir()
    # No settings: they would look at the product's own folders.
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale", "fr"],
        cwd=folder, env=environment, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return catalogue(folder / CATALOGUE)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> polib.POFile:
    return extracted(tmp_path_factory.mktemp("messages"))


def key(entry: polib.POEntry | polib.MOEntry) -> Message:
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def translations(entry: polib.POEntry | polib.MOEntry) -> list[str]:
    if entry.msgid_plural:
        return [entry.msgstr_plural.get(number, "") for number in (0, 1)]
    return [entry.msgstr]


def pairs(language: str = FRENCH) -> Iterator[tuple[str, str]]:
    """Each translated text with the English it stands for: one is the singular's, many the plural's."""
    for path in (path_of(language), path_of(language, "locale/data")):
        for entry in catalogue(path) if path.exists() else ():
            for english, text in zip((entry.msgid, entry.msgid_plural), translations(entry), strict=False):
                if text:
                    yield english, text


def test_catalogue_leaves_nothing_untranslated():
    entries = catalogue()

    assert [entry.msgid for entry in entries if not all(translations(entry))] == []


@pytest.mark.parametrize("language", FURTHER)
def test_further_language_is_complete_for_visitors_and_resellers(language: str, product: polib.POFile):
    done = {key(entry): all(translations(entry)) for entry in catalogue(path_of(language))}
    seen = [entry for entry in product if any(is_seen_outside(place) for place, _line in entry.occurrences)]

    assert len(seen) > 2_500
    assert [entry.msgid for entry in seen if not done[key(entry)]] == []


def is_seen_outside(place: str) -> bool:
    return bool(RESELLERS.search(place)) or not STAFF.search(place)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_the_shipped_data_is_translated(language: str):
    entries = catalogue(path_of(language, "locale/data"))

    assert [entry.msgid for entry in entries] == list(data_texts.collect(language))
    assert [entry.msgid for entry in entries if not entry.msgstr] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_catalogue_has_no_guess_and_nothing_dead(language: str):
    entries = catalogue(path_of(language))

    assert [entry.msgid for entry in entries if entry.fuzzy or entry.obsolete] == []
    assert not entries.metadata_is_fuzzy
    assert entries.metadata["Language"] == language
    assert entries.metadata["Plural-Forms"] == f"nplurals=2; plural=({PLURALS[language]});"


@pytest.mark.parametrize(
    "path",
    [path_of(language, where) for language in TRANSLATED for where in ("locale", "locale/data")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_compiled_catalogue_says_what_the_source_says(path: Path):
    source = {key(entry): translations(entry) for entry in catalogue(path) if all(translations(entry))}

    compiled = polib.mofile(str(path.with_suffix(".mo")))

    assert {key(entry): translations(entry) for entry in compiled} == source


@pytest.mark.parametrize("language", TRANSLATED)
def test_catalogue_holds_every_sentence_of_the_product(language: str, product: polib.POFile):
    fresh = {key(entry) for entry in product}
    kept = {key(entry) for entry in catalogue(path_of(language))}
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


@pytest.mark.parametrize("language", TRANSLATED)
def test_translation_keeps_every_placeholder(language: str):
    wrong = [
        (english, text)
        for english, text in pairs(language)
        if sorted(PLACEHOLDER.findall(english)) != sorted(PLACEHOLDER.findall(text))
    ]

    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translation_keeps_every_tag(language: str):
    wrong = [(english, text) for english, text in pairs(language) if TAG.findall(english) != TAG.findall(text)]

    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translation_begins_and_ends_like_its_english(language: str):
    """What is put together from two sentences keeps the space or the new line between them."""

    def edges(text: str) -> tuple[str, str]:
        return (text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :])

    colon = (": ", "\u00a0: ")  # portal.wording.colon: the space before it is what it is for
    told = [(english, text) for english, text in pairs(language) if (english, text) != colon]
    assert [(english, text) for english, text in told if edges(english) != edges(text)] == []


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ("no space before : ; ? !", re.compile(rf"[ {NBSP}][:;?!](?=\s|$)")),
        ("a no-break space before %", re.compile(rf"(?<!{NBSP})%%")),
        ("German quotation marks", re.compile('[”»«"]')),
        ("each quotation is closed", re.compile("„[^“]*(„|$)")),
        ("no two spaces in a row", re.compile(rf"[ {NBSP}]{{2}}")),
        ("Sie, never du", re.compile(r"\b(du|dich|dir|dein\w*)\b", re.I)),
        ("umlauts as letters", re.compile(r"\b(fuer|ueber|koenn\w+|muess\w+)\b", re.I)),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_german_is_spelled_as_german_is(rule: str, broken: re.Pattern[str]):
    wrong = [text for _english, text in pairs("de") if broken.search(TAG.sub("", text))]

    assert wrong == [], rule


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
        # "de %(partner)s" becomes "de ATELIER"; "de l’entreprise %(partner)s" elides nothing.
        ("no de before a name", re.compile(rf"\b[dD]e %\((?:{NAMES})\)s")),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_french_is_spelled_as_french_is(rule: str, broken: re.Pattern[str]):
    wrong = [french for _english, french in pairs() if broken.search(TAG.sub("", french))]

    assert wrong == [], rule


def test_french_is_not_english():
    same = {english for english, french in pairs() if english == french}

    assert same - SAME_IN_BOTH - set(data_texts.collect(FRENCH)) == set()


def test_four_turns_have_their_french_words():
    with translation.override("fr"):
        words = [str(words_for(Reader.PARTNER).turn(turn)) for turn in Turn]

    assert words == ["À vous", "Chez Microsoft", "Chez Ingram Micro", "Rien à faire"]
