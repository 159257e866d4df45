"""Why somebody of Ingram Micro looks with a partner's eyes."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.web.forms import PortalForm


class ViewReasonForm(PortalForm, forms.Form):
    reason = forms.CharField(
        label=_("Why do you look?"),
        help_text=_("The owners of the company read it, with your name."),
        min_length=5,
        max_length=300,
        error_messages={
            "required": _("Say why you look, in a few words."),
            "min_length": _("Say why you look, in a few words."),
        },
    )
    submit_label = _("See the portal as they do")
