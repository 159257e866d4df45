"""The id of a company or an enrollment in another system, and a table of many."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding.domain.desk import external_systems
from onboarding.domain.desk.external_systems import ShapeError
from onboarding.enums import ExternalKind, ExternalSystem
from portal.tables.reading import MAX_BYTES
from portal.web.forms import PortalForm


class ExternalIdForm(PortalForm, forms.Form):
    kind = forms.ChoiceField(label=_("Of what"), choices=ExternalKind.choices, initial=ExternalKind.COMPANY)
    system = forms.ChoiceField(label=_("System"), choices=ExternalSystem.choices)
    value = forms.CharField(
        label=_("ID there"),
        help_text=_("As that system shows it; an ID of Salesforce has 15 or 18 characters."),
        max_length=120,
        error_messages={"required": _("Write the ID, or press “Remove” beside one that is set.")},
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if {"kind", "system", "value"} <= set(found):
            try:
                external_systems.normalise(found["system"], ExternalKind(found["kind"]), found["value"])
            except ShapeError as error:
                self.add_error("value", error.sentence)  # type: ignore[arg-type]
        return found


class ExternalIdsFileForm(forms.Form):
    file = forms.FileField(
        label=_("Table (CSV or XLSX)"), error_messages={"required": _("Choose a file."), "empty": _("Choose a file.")}
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 10 MB."))
        return file
