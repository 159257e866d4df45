"""The forms of a task that is sent by link: whom to send it to, and a question about it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding import identifiers
from onboarding.domain.questions.tasks import TASKS
from onboarding.forms.steps import checked
from portal.web.forms import PortalForm


class DelegationForm(PortalForm, forms.Form):
    task = forms.ChoiceField(
        label=_("What is to be done?"),
        error_messages={"required": _("Choose what is to be done."), "invalid_choice": _("Choose it from the list.")},
    )
    to = forms.CharField(
        label=_("E-mail address of the person"),
        help_text=_("The Global admin, your IT firm, or your domain's host. They need no account here."),
        max_length=254,
        error_messages={"required": _("Enter the address of the person who can do it.")},
        widget=forms.TextInput(attrs={"inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}),
    )
    note = forms.CharField(
        label=_("A word from you"),
        help_text=_("They see it with your name. Passwords do not belong here."),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    submit_label = _("Send the link")

    def __init__(self, *args: Any, tasks: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["task"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, TASKS[code].title) for code in tasks]

    def clean_to(self) -> str:
        return checked(self.cleaned_data["to"], identifiers.mail_address)


class QuestionForm(PortalForm, forms.Form):
    text = forms.CharField(
        label=_("Your question"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Type your question.")},
    )
    submit_label = ""
