"""A BDM's decision on one check."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from onboarding.domain.desk import decisions
from onboarding.domain.reasons.words import Reader, words_for
from onboarding.models import Check
from portal.web.forms import PortalForm

DECISIONS = (
    ("confirm", _("Confirm: I have checked it myself")),
    ("send", _("The answer is good: let the partner send it to Microsoft again")),
    ("leave", _("It is with Microsoft already: wait for its decision")),
    ("ask", _("Ask the partner to act")),
    ("waive", _("Waive: continue without it")),
    ("refuse", _("Refuse for good: Microsoft allows no further attempt")),
    ("requeue", _("Check again: resume a parked check")),
)


class DecisionForm(PortalForm, forms.Form):
    """A decision. ``basis`` is the state of the check when the page was shown."""

    basis = forms.CharField(widget=forms.HiddenInput, required=False)
    decision = forms.ChoiceField(
        label=_("Decision"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what you decide."),
            "invalid_choice": _("This cannot be decided here now. Choose what you decide."),
        },
    )
    reason = forms.ChoiceField(
        label=_("What is to be done"), help_text=_("Counts when you ask the partner to act."), required=False
    )
    note = forms.CharField(
        label=_("Note"),
        help_text=_("Needed for everything but a confirmation. The partner reads it, unless you only look again."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    sure = forms.BooleanField(
        label=_("Refuse for good: I know that this refusal is final and closes the file"), required=False
    )
    submit_label = _("Record the decision")

    def __init__(self, *args: Any, check: Check | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._depend("reason", "note")
        self.fields["basis"].initial = decisions.basis(check) if check else ""
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        reason = words_for(Reader.BDM).reason
        field.choices = [(code, reason(code)) for code in decisions.reasons_for(check)] if check else []
        decision = self.fields["decision"]
        assert isinstance(decision, forms.ChoiceField)
        offered = decisions.decisions_for(check) if check else []
        decision.choices = [(code, label) for code, label in DECISIONS if code in offered]
        if "refuse" not in offered:
            del self.fields["sure"]

    def clean_sure(self) -> bool:
        sure: bool = self.cleaned_data["sure"]
        if self.cleaned_data.get("decision") == "refuse" and not sure:
            raise ValidationError(_("Tick this box as well: this refusal is final."))
        return sure
