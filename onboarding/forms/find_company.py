"""The form of the search for a company."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding.forms.steps import country_choices
from portal.web.forms import PortalForm


class FindCompanyForm(PortalForm, forms.Form):
    q = forms.CharField(
        label=_("Name or number of your company"),
        help_text=_("Its name, SIREN or SIRET, VAT or D-U-N-S number."),
        max_length=120,
        error_messages={"required": _("Type the name or a number of your company.")},
        widget=forms.TextInput(attrs={"autocomplete": "organization", "spellcheck": "false"}),
    )
    country = forms.ChoiceField(
        label=_("Country where the company is registered"),
        error_messages={"required": _("Choose a country."), "invalid_choice": _("Choose a country from the list.")},
    )
    submit_label = _("Search")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What the choice is for stays in the address; "for" is no name that Python allows.
        self.fields["for"] = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
        field = self.fields["country"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = country_choices()

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.form_method = "get"
        helper.attrs |= {"data-find": "hits", "role": "search"}
        return helper
