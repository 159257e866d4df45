"""The two forms of a first sign-in with Microsoft."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts import addresses
from portal.web.forms import PortalForm

_SHAPE = _("Enter an e-mail address in the form name@company.example.")


class AddressForm(PortalForm, forms.Form):
    submit_label = _("Send me a code")
    autocomplete = {"email": "email"}
    email = forms.EmailField(
        label=_("Work e-mail address"),
        help_text=_("If you have an account here, enter its address: Microsoft is then connected to it."),
        error_messages={"required": _("Enter your e-mail address."), "invalid": _SHAPE},
    )

    def clean_email(self) -> str:
        return addresses.clean(self.cleaned_data["email"])


class CodeForm(PortalForm, forms.Form):
    submit_label = _("Continue")
    autocomplete = {"code": "one-time-code"}
    code = forms.CharField(
        label=_("Code of the e-mail"),
        help_text=_("Eight digits."),
        max_length=40,
        error_messages={"required": _("Enter the code that we sent to your address.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"
