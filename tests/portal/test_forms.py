"""What every form promises its reader: one list of what went wrong, each error at its field, nothing typed lost."""

from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.test import Client
from django.urls import get_resolver
from django.utils import translation

from portal.web.forms import CleanedText, PortalForm
from portal.web.selects import FilterSelect
from tests.portal.people import Page, page

pytestmark = pytest.mark.django_db


class Tea(PortalForm, forms.Form):
    submit_label = "Pour the tea"
    autocomplete = {"name": "name"}

    name = forms.CharField(help_text="As on <b>the pass</b>")
    kind = forms.ChoiceField(choices=[("g", "Green"), ("b", "Black")], widget=forms.RadioSelect)
    sugar = forms.CharField(required=False)

    def clean(self) -> None:
        if self.data.get("name") == "nobody":
            raise forms.ValidationError("Nobody drinks no tea.")


class Leaf(PortalForm, forms.Form):
    picture = forms.FileField()
    name = forms.CharField()


class Harvest(CleanedText, forms.Form):
    day = forms.DateField()


def show(form: forms.Form) -> Page:
    template = "{% load crispy_forms_tags portal %}{% error_summary %}{% crispy form %}"
    return Page(Template(template).render(Context({"form": form})))


def test_the_first_view_accuses_nobody():
    shown = show(Tea())

    assert [e for e in shown.elements if e.attrs.get("role") == "alert"] == []
    assert [e for e in shown.elements if "aria-invalid" in e.attrs] == []


def test_the_browser_does_not_check_and_the_button_says_what_happens():
    shown = show(Tea())

    [form] = shown.all("form")
    [button] = shown.all("button")
    assert ("novalidate" in form.attrs, form.attrs["method"]) == (True, "post")
    assert (button.attrs["type"], button.text) == ("submit", "Pour the tea")


def test_optional_fields_say_so_and_no_field_has_an_asterisk():
    shown = show(Tea())

    labels = [e.text.strip() for e in shown.elements if e.tag in {"label", "legend"}]
    assert labels[:4] == ["Name", "Kind", "Green", "Black"]
    assert shown.all("span", **{"class": "optional"})
    assert "*" not in shown.html


def test_a_field_is_described_by_its_hint_then_its_error():
    shown = show(Tea({"kind": "g"}))

    control = shown.by_id("id_name")
    assert control.attrs["aria-describedby"] == "id_name_helptext id_name_error"
    assert control.attrs["aria-invalid"] == "true"
    assert control.attrs["autocomplete"] == "name"
    places = [shown.place(name) for name in ("id_name_helptext", "id_name_error", "id_name")]
    assert places == sorted(places)


def test_a_hint_is_text_and_not_markup():
    shown = show(Tea())

    assert shown.by_id("id_name_helptext").text == "As on <b>the pass</b>"


def test_the_summary_leads_to_the_first_control_of_each_failing_field():
    shown = show(Tea({}))

    [summary] = [e for e in shown.elements if e.attrs.get("role") == "alert"]
    assert summary.attrs["tabindex"] == "-1"
    targets = [e.attrs["href"] for e in shown.all("a")]
    assert targets == ["#id_name", "#id_kind_0"]
    assert [shown.by_id(target[1:]).tag for target in targets] == ["input", "input"]


def test_the_summary_and_the_field_use_the_same_words():
    shown = show(Tea({"kind": "g"}))

    [link] = shown.all("a")
    assert link.text in shown.by_id("id_name_error").text


class Twins(PortalForm, forms.Form):
    first = forms.CharField(label="First cup", max_length=3)
    second = forms.CharField(label="Second cup", max_length=3)
    third = forms.CharField(label="Third cup", error_messages={"required": "Pour the third."})


def test_the_summary_names_the_field_where_two_have_the_same_error():
    with translation.override("en-gb"):
        shown = show(Twins({"first": "tea", "third": ""}))
        both = show(Twins({"first": "teapot", "second": "teapot", "third": "tea"}))

    assert [e.text for e in shown.all("a")] == ["This field is required.", "Pour the third."]
    told = "This text is too long: it has 6 characters. Shorten it to 3."
    assert [e.text for e in both.all("a")] == [f"First cup: {told}", f"Second cup: {told}"]


def test_the_summary_shows_what_belongs_to_no_field():
    shown = show(Tea({"name": "nobody", "kind": "g"}))

    [summary] = [e for e in shown.elements if e.attrs.get("role") == "alert"]
    assert "Nobody drinks no tea." in summary.text


def test_every_id_is_used_once_and_every_reference_leads_somewhere():
    shown = show(Tea({"kind": "x"}))

    ids = [e.attrs["id"] for e in shown.elements if e.attrs.get("id")]
    named = [name for e in shown.elements for name in (e.attrs.get("aria-describedby") or "").split()]
    labelled = [e.attrs["for"] for e in shown.all("label")]
    assert len(ids) == len(set(ids))
    assert set(named) | set(labelled) <= set(ids)


def test_a_page_with_errors_says_so_in_its_title_and_keeps_what_was_typed(client: Client):
    response = client.post("/accounts/signup/", {"email": "marie at acme", "password1": ""})

    shown = page(response)
    assert shown.title().startswith(("Error: ", "Erreur"))
    assert shown.by_id("id_email").attrs["value"] == "marie at acme"
    [summary] = [e for e in shown.elements if "data-error-summary" in e.attrs]
    assert shown.elements.index(summary) < shown.elements.index(shown.all("h1")[0])


class Pot(forms.Form):
    """A filter in the address of a page."""

    size = forms.ChoiceField(
        choices=[("", "All"), (1, "One"), (12, "Twelve <big>")], widget=FilterSelect, required=False
    )


@pytest.mark.parametrize(
    ("given", "chosen"), [({}, "All"), ({"size": "1"}, "One"), ({"size": "12"}, "Twelve <big>"), ({"size": "2"}, None)]
)
def test_a_filter_shows_what_is_chosen(given: dict[str, str], chosen: str | None):
    shown = Page(f"<main>{Pot(given)['size']}</main>")

    [drawn] = shown.all("select")
    assert (drawn.attrs["id"], drawn.attrs["name"], drawn.attrs["class"]) == ("id_size", "size", "form-select")
    assert [e.text for e in shown.all("option") if "selected" in e.attrs] == ([chosen] if chosen else [])
    assert len(shown.all("option")) == 3


def test_a_good_file_that_browsers_forget_is_asked_for_again():
    files = {"picture": SimpleUploadedFile("leaf.png", b"leaf")}

    sent_back, whole = Leaf({"name": ""}, files), Leaf({"name": "Oak"}, files)
    bad = Leaf({"name": ""}, {"picture": SimpleUploadedFile("leaf.png", b"")})

    assert [error.code for error in sent_back.errors.as_data()["picture"]] == ["choose_again"]
    assert (whole.is_valid(), whole.cleaned_data["name"]) == (True, "Oak")
    assert [error.code for error in bad.errors.as_data()["picture"]] == ["empty"]


@pytest.mark.parametrize(
    ("day", "is_taken"),
    [("0001-01-01", False), ("0202-11-30", False), ("9999-12-31", False), ("1998-05-04", True), ("2026-11-30", True)],
)
def test_a_date_is_of_our_time(day: str, *, is_taken: bool) -> None:
    form = Harvest({"day": day})

    assert form.is_valid() is is_taken
    assert is_taken or form.errors["day"] == ["Saisissez une date entre 1900 et 2100."]


def test_every_form_with_a_date_bounds_it() -> None:
    get_resolver()._populate()  # imports the modules of all forms

    found = [
        form
        for form in _all_forms(forms.BaseForm)
        if form.__module__.startswith(("portal.", "onboarding.", "licensing.", "api."))
        and any(type(field) is forms.DateField for field in form.base_fields.values())
    ]
    assert found
    assert [form for form in found if not issubclass(form, CleanedText)] == []


def _all_forms(base: type[Any]) -> Iterator[type[Any]]:
    for form in base.__subclasses__():
        yield from _all_forms(form)
        if hasattr(form, "base_fields"):
            yield form
