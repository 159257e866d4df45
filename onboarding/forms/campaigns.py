"""Forms of a campaign: its spreadsheet and words, its pace and reminders, and what the invited person confirms."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding import identifiers
from onboarding.domain.campaigns.reading import has_link
from onboarding.forms.steps import checked, country_choices, day_field
from onboarding.models import Campaign
from onboarding.models.campaign import MOST_A_DAY
from portal.tables.reading import MAX_BYTES
from portal.web.forms import PortalForm


def _note_field() -> forms.CharField:
    return forms.CharField(
        label=_("A word from you"),
        help_text=_("It stands in the mail under your name, as you write it, in one language. No links, no addresses."),
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _without_links(text: str) -> str:
    if has_link(text):
        raise forms.ValidationError(
            _("Readers and mail servers distrust links that people type. Write it without web or e-mail addresses.")
        )
    return text


class CampaignForm(PortalForm, forms.Form):
    name = forms.CharField(
        label=_("Name of the campaign"),
        help_text=_("Only your colleagues see it."),
        max_length=120,
        error_messages={"required": _("Give the campaign a name.")},
    )
    file = forms.FileField(
        label=_("Spreadsheet of former Open resellers"),
        help_text=_(
            "CSV, XLSX, XLS or ODS with a title in each column, in French or English: company, country, e-mail "
            "address; and, if you have them, IMOnline number, MPN ID, contact. Up to 20,000 rows and 10 MB."
        ),
        max_length=200,
        error_messages={
            "required": _("Choose the spreadsheet."),
            "empty": _("This file is empty. Choose another one."),
            "max_length": _("The name of this file is too long. Rename it."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.xls,.ods"}),
    )
    note = _note_field()
    submit_label = _("Read the file and show the preview")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("This file is larger than 10 MB. Split it by country."))
        return file

    def clean_note(self) -> str:
        return _without_links(self.cleaned_data["note"])


class PaceForm(PortalForm, forms.Form):
    """What the mails say, and when they go out."""

    note = _note_field()
    per_day = forms.IntegerField(
        label=_("Mails a day at most"),
        help_text=_("They go out from Monday to Friday. Few at first: so your team can answer the calls that follow."),
        min_value=1,
        max_value=MOST_A_DAY,
        error_messages={
            "required": _("Write how many mails go out a day."),
            "invalid": _("Write a whole number."),
            "min_value": _("At least one mail a day."),
            "max_value": _("At most %(limit_value)s mails a day."),
        },
    )
    reminder_1 = day_field(_("First reminder on"), _("For those who have not begun by then. Leave it empty for none."))
    reminder_2 = day_field(_("Second and last reminder on"))
    submit_label = _("Save")

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        days = [*campaign.reminders, None, None]
        known = {"note": campaign.note, "per_day": campaign.per_day, "reminder_1": days[0], "reminder_2": days[1]}
        super().__init__(*args, initial=known, **kwargs)
        self.fields["reminder_1"].required = self.fields["reminder_2"].required = False

    def clean_note(self) -> str:
        return _without_links(self.cleaned_data["note"])

    def reminders(self) -> list[dt.date]:
        return [day for name in ("reminder_1", "reminder_2") if (day := self.cleaned_data[name])]


class ConfirmCompanyForm(PortalForm, forms.Form):
    """The company as the invited person confirms it."""

    name = forms.CharField(
        label=_("Company name"),
        max_length=200,
        error_messages={"required": _("Write your company's name.")},
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    country = forms.ChoiceField(
        label=_("Country of the registered office"),
        error_messages={"required": _("Choose the country."), "invalid_choice": _("Choose it from the list.")},
    )
    mpn_id = forms.CharField(
        label=_("MPN ID (Partner ID)"),
        help_text=_("As far as you know it; you can change it later."),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    submit_label = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["country"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = country_choices()

    def clean_mpn_id(self) -> str:
        return checked(self.cleaned_data["mpn_id"], identifiers.mpn_id)
