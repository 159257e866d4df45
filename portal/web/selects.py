"""The <select> of a filter, drawn like those of the forms.

Written without Django's widget, which renders a template for each option: a list of countries would take longer than
the rest of its page.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def draw(
    name: str, choices: Iterable[tuple[Any, Any]], chosen: object, *, pk: str, css: str = "", attrs: Mapping[str, Any]
) -> SafeString:
    """Return the <select> with the id ``pk``; ``attrs`` are its other attributes."""
    shown = "" if chosen is None else str(chosen)
    selected = flatatt({"selected": True})
    options = format_html_join(
        "\n",
        '<option value="{}"{}>{}</option>',
        ((value, selected if str(value) == shown else "", label) for value, label in choices),
    )
    css = f"form-select {css}".strip()
    return format_html(
        '<select name="{}" id="{}" class="{}"{}>{}</select>', name, pk, css, flatatt(dict(attrs)), options
    )


class FilterSelect(forms.Select):
    """The widget of a filter that stands in the address: one choice, drawn at once."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: object = None) -> SafeString:
        others = dict(attrs or {})
        pk = str(others.pop("id", f"id_{name}"))
        return draw(name, self.choices, value, pk=pk, attrs=others)
