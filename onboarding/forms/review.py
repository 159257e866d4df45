"""A BDM's decision on one check."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.web.forms import PortalForm


class DecisionForm(PortalForm, forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("confirm", _("Confirm: I have looked, and it holds")),
            ("ask", _("Ask the partner to act")),
            ("waive", _("Waive: go on without it")),
            ("requeue", _("Look again: take up a parked check")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you decide.")},
    )
    note = forms.CharField(
        label=_("Note"),
        help_text=_("Needed to ask, to waive and to look again. The partner reads it when you ask or waive."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    submit_label = _("Record the decision")


class FilterForm(forms.Form):
    """The desk's filters, in the address, so that a view can be kept as a bookmark."""

    text = forms.CharField(label=_("Name, MPN ID, D-U-N-S or domain"), required=False, max_length=100)
    country = forms.CharField(required=False, max_length=2)
    state = forms.CharField(required=False, max_length=20)
    turn = forms.CharField(required=False, max_length=20)
