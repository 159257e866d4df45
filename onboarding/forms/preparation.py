"""The form by which a partner says when to be reminded of what they are getting."""

import datetime as dt
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.domain.enrollment.preparations import LATEST
from onboarding.forms.steps import day_field
from portal.web.forms import PortalForm


class PreparationForm(PortalForm, forms.Form):
    remind_on = day_field(_("Remind us by e-mail on"))
    submit_label = _("Wait, and remind us then")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["remind_on"].error_messages["required"] = _("Choose the day of the reminder.")

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.inputs[0].field_classes = "btn btn-secondary"  # the page's own button is that they have it
        return helper

    def clean_remind_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["remind_on"]
        today = timezone.localdate()
        if day <= today:
            raise ValidationError(_("This day is today or past. Choose a later one."))
        if day > today + LATEST:
            raise ValidationError(_("This is more than three months ahead. Choose an earlier day."))
        return day
