"""A second opinion: whom the enrollment is lent to, with which question and until when; and the opinion."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding.forms.steps import day_field
from portal.accounts.models import User
from portal.web.forms import PortalForm


class LendForm(PortalForm, forms.Form):
    to = forms.TypedChoiceField(
        label=_("Colleague"),
        help_text=_("Who covers other countries, and does not see this file."),
        coerce=int,
        error_messages={
            "required": _("Choose a colleague."),
            "invalid_choice": _("This colleague has left, or sees the file anyway. Choose one of the list."),
        },
    )
    question = forms.CharField(
        label=_("Your question"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write what you want to know.")},
    )
    until = day_field(_("Until"), _("The colleague sees the file up to the end of this day, or until they answer."))
    submit_label = _("Lend the file")

    def __init__(self, *args: Any, people: Sequence[User], today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", _("Choose a colleague")), *((person.pk, str(person)) for person in people)]
        self.fields["until"].initial = today + dt.timedelta(days=7)
        self.fields["until"].error_messages["required"] = _("Choose the last day.")


class OpinionForm(PortalForm, forms.Form):
    opinion = forms.CharField(
        label=_("Your opinion"),
        help_text=_("It becomes an internal note; the file is returned with it."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write your opinion.")},
    )
    submit_label = _("Send the opinion and return the file")
