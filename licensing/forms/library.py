"""Forms of the library: search it, and which files it accepts."""

from pathlib import PurePath

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.enums import AssetLanguage, Audience, Programme

MAX_BYTES = 10 * 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS = {
    ".pdf": "application/pdf",
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}.presentationml.presentation",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".zip": "application/zip",
}


def kind_of(name: str) -> str:
    """Return the media type of a file that may be stored; '' for any other."""
    return KINDS.get(PurePath(name).suffix.lower(), "")


class LibraryForm(forms.Form):
    language = forms.ChoiceField(label=_("Language"), choices=AssetLanguage.choices, required=False)
    country = forms.RegexField(label=_("Country"), regex=r"^[A-Z]{2}$", required=False)
    programme = forms.ChoiceField(label=_("Programme"), choices=Programme.choices, required=False)
    audience = forms.ChoiceField(label=_("For whom"), choices=Audience.choices, required=False)
