"""One cleaning for every text: what nobody sees is gone before a rule looks."""

import unicodedata

import pytest
from django import forms
from django.contrib import admin

from portal import text
from portal.web.forms import CleanedText, PortalForm


@pytest.mark.parametrize(
    ("pasted", "clean"),
    [
        (unicodedata.normalize("NFD", "Forêt Noël & Œuvre"), "Forêt Noël & Œuvre"),
        ("\u200fHauteville\u200e \u2066Conseil\u2069", "Hauteville Conseil"),
        ("\ufeffBois\u00adJoli", "BoisJoli"),
        ("Val\r\nde\u2028Loire", "Val de Loire"),
        ("Cote\u00a0d\u2019Azur\u202f12", "Cote d\u2019Azur 12"),
        ("\uff21\uff22\uff23 1234", "ABC 1234"),
        ("N\ufe0ford\u3164", "Nord"),
        ("Rua 5, 1º andar, 20 m²", "Rua 5, 1º andar, 20 m²"),
        ("a\x00b\tc", "ab c"),
        ("\ud800x", "x"),
    ],
)
def test_one_line_has_nothing_that_nobody_sees(pasted: str, clean: str) -> None:
    assert text.one_line(pasted) == clean


@pytest.mark.parametrize(
    ("pasted", "keys"),
    [
        ("12\u201134\u201356", "12-34-56"),
        ("groupe\u2212nord.example", "groupe-nord.example"),
        ("\u201cabc\u201d \u02bcd", '"abc" \'d'),
    ],
)
def test_as_keys_has_the_dashes_and_quotes_of_a_keyboard(pasted: str, keys: str) -> None:
    assert text.as_keys(pasted) == keys


@pytest.mark.parametrize(
    "pasted",
    [
        "lou@company.example", "Lou Exemple <lou@company.example>", '"Exemple, Lou" <lou@company.example>;',
        "<lou@company.example>", " lou@company.example, ", "mailto:lou@company.example",
        "MAILTO:lou@company.example?subject=CSP", "\u200elou@company.example\u200f",
    ],
)  # fmt: skip
def test_bare_address_is_what_mail_programs_write_around(pasted: str) -> None:
    assert text.bare_address(pasted) == "lou@company.example"


def test_bare_address_leaves_another_text_alone() -> None:
    assert [text.bare_address(typed) for typed in ("a < b", "lou at company", "")] == ["a < b", "lou at company", ""]


def test_lines_keep_their_breaks_and_emoji() -> None:
    assert text.lines("a\u200b\r\n  b\u202e \n\n👩\u200d💻 \n") == "a\n  b\n\n👩\u200d💻"


class _Form(PortalForm, forms.Form):
    name = forms.CharField(max_length=4)
    note = forms.CharField(widget=forms.Textarea)
    day = forms.DateField()
    secret = forms.CharField(widget=forms.PasswordInput, strip=False)


def test_a_form_cleans_before_its_rules_and_shows_again_what_was_typed() -> None:
    form = _Form(
        {
            "name": "\u200bE\u0301te\u0301\u200b",
            "note": "a\u200b\nb",
            "day": "2026\u201111\u201129",
            "secret": "E\u0301 ",
        }
    )

    assert form.is_valid(), form.errors
    assert {**form.cleaned_data, "day": str(form.cleaned_data["day"])} == {
        "name": "Été",
        "note": "a\nb",
        "day": "2026-11-29",
        "secret": "E\u0301 ",
    }
    assert form["name"].value() == "\u200bE\u0301te\u0301\u200b"


def test_every_page_of_the_admin_that_takes_text_cleans_it() -> None:
    assert [
        type(page).__name__
        for model, page in admin.site._registry.items()
        if model.__module__.split(".")[0] in ("portal", "onboarding", "licensing", "api")
        and _is_typed(page)
        and not issubclass(page.form, CleanedText)
    ] == []


def _is_typed(page: admin.ModelAdmin) -> bool:  # type: ignore[type-arg]
    return type(page).has_change_permission is admin.ModelAdmin.has_change_permission
