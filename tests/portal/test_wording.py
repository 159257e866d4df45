"""Texts that rows carry in two languages, for readers of any language; and how a language writes numbers and days."""

import dataclasses
from types import SimpleNamespace

import pytest
from django.test import override_settings
from django.utils import translation

from licensing.domain import editions
from licensing.domain.facts import SourceRef
from licensing.enums import Kind
from onboarding.models import PartnerCenterCode, Reason
from portal import wording
from portal.geo.models import Country, CspRegion
from tests.builders import NOW

CHAD = Country(code="TD", name_fr="Tchad", name_en="Chad")


@pytest.mark.parametrize(
    ("language", "shown"), [("fr", "Tchad"), ("en-gb", "Chad"), ("de", "Tschad"), ("it", "Chad"), ("fr-be", "Tchad")]
)
def test_in_language_takes_the_column_then_the_catalogue_then_english(language: str, shown: str):
    with translation.override(language):
        assert wording.in_language(CHAD, "name") == shown


def test_in_language_shows_what_an_administrator_wrote_as_it_stands():
    row = Country(code="XX", name_fr="Ailleurs", name_en="Nowhere land")

    with translation.override("de"):
        assert str(row) == "Nowhere land"


def test_french_of_a_row_has_unbreakable_spaces_whatever_its_editor_typed():
    row = Country(code="XX", name_fr="Ailleurs : « Là » ; 20 % ? Oui", name_en="Elsewhere : 20 % ?")

    with translation.override("fr"):
        assert str(row) == "Ailleurs\u00a0: «\u00a0Là\u00a0»\u00a0; 20\u00a0%\u00a0? Oui"
        assert wording.chosen({"en": "a : b", "fr": "a : b, 10 :30 https ://"}) == "a\u00a0: b, 10 :30 https ://"
    with translation.override("en-gb"):
        assert str(row) == "Elsewhere : 20 % ?"


@pytest.mark.parametrize("name", ["title", "note"])
def test_in_language_of_an_empty_text_is_empty_and_not_the_head_of_the_catalogue(name: str):
    row = SimpleNamespace(**{f"{name}_en": "", f"{name}_fr": "quelque chose"})

    with translation.override("de"):
        assert wording.in_language(row, name) == ""


def test_in_language_may_be_asked_for_another_language_than_the_readers():
    with translation.override("fr"):
        assert wording.in_language(CHAD, "name", "de") == "Tschad"
        assert wording.in_language(CHAD, "name", "en") == "Chad"
        assert wording.chosen({"en": "part 3", "fr": "partie 3"}, "de") == "Teil 3"


@pytest.mark.parametrize(
    ("row", "german"),
    [
        (CspRegion(code="africa", name_fr="Afrique", name_en="Africa"), "Afrika"),
        (PartnerCenterCode(code="9", meaning_fr="x", meaning_en="Choose a domain."), "9: Choose a domain."),
        (Reason(code="mine", title_fr="Poste", title_en="Legal name"), "Rechtlicher Name"),
    ],
    ids=["region", "code", "reason"],
)
def test_rows_speak_german_without_a_column(row: object, german: str):
    with translation.override("de"):
        assert wording.in_language(row, "title") == german if isinstance(row, Reason) else str(row) == german


def test_facts_speak_german_and_say_that_it_is_a_translation():
    guide = SourceRef(
        "guide", "guide", "Guide Ingram Micro « Open vers CSP »", "Ingram Micro guide “Open vers CSP”", NOW
    )
    fact = dataclasses.replace(editions.read_files()[0], source=guide, place="1T", en="Windows Server", fr="Windows")

    assert fact.text("de") == "Windows Server"
    assert fact.citation("de") == "Leitfaden von Ingram Micro „Open vers CSP“, Teil 1, Vergleichstabelle"
    own = dataclasses.replace(fact, translated="fr")
    assert [own.is_translated(language) for language in ("fr", "en", "de")] == [True, False, True]
    assert not dataclasses.replace(fact, translated="").is_translated("de")


def test_every_sentence_of_the_shipped_facts_keeps_its_places_in_german():
    for fact in editions.read_files():
        if fact.kind == Kind.SENTENCE:
            fact.text("de").format(product="P", until="U", days=1, caution="C")


@pytest.mark.parametrize(
    ("language", "comma", "day"),
    [("fr", True, "%d/%m/%Y"), ("en-gb", False, "%d/%m/%Y"), ("en", False, "%d/%m/%Y"), ("de", True, "%d.%m.%Y")],
)
def test_spreadsheets_follow_the_language(language: str, comma: bool, day: str):
    assert (wording.has_decimal_comma(language), wording.short_day(language)) == (comma, day)


@override_settings(LANGUAGES=[("fr", "French"), ("en-gb", "English"), ("es", "Spanish"), ("nl", "Dutch")])
@pytest.mark.parametrize(("language", "comma"), [("es", True), ("nl", True)])
def test_spreadsheets_need_no_list_of_languages(language: str, comma: bool):
    assert wording.has_decimal_comma(language) is comma
