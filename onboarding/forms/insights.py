"""Forms of the Insights export: upload a file, map its columns, explain their values."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding.domain.partner_center.insights import REFUSED_EACH, ColumnQuestion, View, rejections
from onboarding.domain.partner_center.insights_columns import FIELDS, MEANINGS
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.enums import Meaning
from onboarding.forms.steps import day_field
from portal.tables.reading import MAX_BYTES
from portal.web.forms import PortalForm
from portal.wording import colon

FIELD_NAMES = {
    "name": _("Reseller's name"),
    "number": _("MPN ID (Partner ID) of the location"),
    "vetting": _("Vetting status"),
    "agreement": _("MPA status"),
    "region": _("Region or country"),
}
_LOOK = "look"
_HINTS = {
    "number": _("By it the file of the partner is found."),
    "region": _("Only shown; the country of the file decides."),
}


class InsightsForm(PortalForm, forms.Form):
    file = forms.FileField(
        label=_("Insights export"),
        help_text=_(
            "CSV, XLSX, XLS or ODS, up to 10 MB and 50,000 rows; split a longer one by region. "
            "For a formula, the last calculated value is read. Files with macros or a password are not accepted."
        ),
        max_length=200,
        error_messages={
            "required": _("Choose the file that you downloaded from Partner Center."),
            "empty": _("This file is empty. Download it again from Partner Center."),
            "max_length": _("The name of this file is too long. Rename it."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.xls,.ods"}),
    )
    as_of = day_field(_("Downloaded on"), _("What we know from a later day is not overruled by this file."))
    submit_label = _("Check this file")

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["as_of"].initial = today
        self.fields["as_of"].error_messages["required"] = _("Say of which day the file is.")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("This file is larger than 10 MB. Split it by region."))
        if file.name.lower().endswith((".xlsm", ".xltm", ".xlam")):
            raise forms.ValidationError(_("Files with macros are not accepted. Save it as XLSX and send that."))
        return file

    def clean_as_of(self) -> dt.date:
        day: dt.date = self.cleaned_data["as_of"]
        if day > self.today:
            raise forms.ValidationError(_("This date is in the future."))
        if day < self.today - dt.timedelta(days=366):
            raise forms.ValidationError(_("This file is more than a year old. Download a new one."))
        return day


class ColumnsForm(PortalForm, forms.Form):
    """One select for each field, with the index of its column."""

    submit_label = _("Continue to the values")

    def __init__(self, *args: Any, view: View, fields: dict[str, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles = [(str(index), _column(index, title)) for index, title in enumerate(view.header.titles)]
        for name in FIELDS:
            self.fields[name] = forms.ChoiceField(
                label=FIELD_NAMES[name],
                help_text=_HINTS.get(name, ""),
                choices=[("", _("not in this file")), *titles],
                required=name == "number",
                initial=str(fields[name]) if name in fields else "",
                error_messages={
                    "invalid_choice": _("Choose one of the columns."),
                    "required": _("Choose the column of the MPN ID: without it no file is found."),
                },
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        chosen = [value for value in given.values() if value]
        for name, value in given.items():
            if value and chosen.count(value) > 1:
                self.add_error(name, _("This column is chosen twice. Each can be one thing only."))
        return given

    def columns(self) -> dict[str, int]:
        return {name: int(self.cleaned_data[name]) for name in FIELDS if self.cleaned_data.get(name)}


def _column(index: int, title: str) -> str:
    """Return the column's name in a spreadsheet: "B: Partner ID"."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{colon()}{title}" if title else letters


class ValuesForm(PortalForm, forms.Form):
    """The meaning of each value: ``value-0`` and so on, in the order of the questions."""

    submit_label = _("Import this file")

    def __init__(self, *args: Any, questions: list[ColumnQuestion], rejected_as: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        for number, question in enumerate(questions):
            meanings = [(m.value, Meaning(m).label) for m in MEANINGS[question.field]]
            self.fields[f"value-{number}"] = forms.ChoiceField(
                label=question.value,
                choices=meanings if question.guess else [("", _("Choose")), *meanings],
                initial=question.guess,
                error_messages=dict.fromkeys(
                    ("required", "invalid_choice"), _("Say what “%(value)s” means.") % {"value": question.value}
                ),
            )
        if any(question.field == "vetting" for question in questions):
            self.fields["rejected_as"] = forms.ChoiceField(
                label=_("What to do with “Rejected” rows"),
                help_text=_("The export does not tell which of the three validations Microsoft refused."),
                choices=[
                    (_LOOK, _("Flag the file: a BDM finds out which one, and the partner is told nothing yet")),
                    (REFUSED_EACH, _("The partner's turn on each open validation, with that validation's advice")),
                    *((code, words_for(Reader.BDM).reason(code)) for code in rejections()),
                ],
                initial=rejected_as or _LOOK,
                error_messages={
                    "required": _("Choose what to do with “Rejected” rows."),
                    "invalid_choice": _("Choose what to do with “Rejected” rows."),
                },
                widget=forms.RadioSelect,
            )

    def rejected_as(self) -> str:
        """Return the argument for ``insights.confirm``."""
        chosen = str(self.cleaned_data.get("rejected_as", ""))
        return "" if chosen == _LOOK else chosen

    def meanings(self) -> dict[str, dict[str, str]]:
        said: dict[str, dict[str, str]] = {}
        for number, question in enumerate(self.questions):
            said.setdefault(question.field, {})[question.value] = self.cleaned_data[f"value-{number}"]
        return said
