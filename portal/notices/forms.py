"""The form for each kind of mail that a person may defer or switch off."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.notices.registry import Notification
from portal.web.forms import PortalForm


class PreferencesForm(PortalForm, forms.Form):
    submit_label = _("Save my choices")

    def __init__(self, *args: Any, kinds: list[Notification], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in kinds:
            self.fields[kind.code] = forms.ChoiceField(
                label=str(kind.title),
                help_text=str(kind.when),
                choices=[(choice.value, kind.label(choice)) for choice in kind.choices],
            )
