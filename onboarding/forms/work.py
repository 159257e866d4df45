"""A BDM's work on an enrollment: owner, handing back, follow-up, tags. Each is a form of its own."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.web.forms import PortalForm


class OwnerSeen(PortalForm, forms.Form):
    """A form that knows whom the page showed as owner, so that two people who press at once do not overwrite."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)

    def clean_seen(self) -> int | None:
        seen = self.cleaned_data["seen"]
        return int(seen) if re.fullmatch(r"[0-9]{1,18}", seen) else None


class OwnerForm(OwnerSeen):
    """The new owner; those who may open the enrollment are offered."""

    owner = forms.TypedChoiceField(
        label=_("Owner of the file"),
        coerce=int,
        error_messages={
            "required": _("Choose a colleague."),
            "invalid_choice": _("This colleague cannot open this file. Choose one of the list."),
        },
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", _("Choose a colleague")), *((person.pk, str(person)) for person in people)]


class HandBackForm(OwnerSeen):
    why = forms.CharField(
        label=_("Why you hand it back"),
        help_text=_("Colleagues read it in the history; the partner does not."),
        max_length=500,
        error_messages={"required": _("Write a sentence, so that the next person knows where it stands.")},
    )


class FollowUpForm(PortalForm, forms.Form):
    """The day of the follow-up; empty removes it."""

    on = forms.DateField(
        label=_("Follow-up on"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("Enter a date like 31/12/2026.")},
    )


class TagsForm(PortalForm, forms.Form):
    tags = forms.CharField(
        label=_("Tags"),
        help_text=_("Your own words, separated by commas; at most 8."),
        required=False,
        max_length=400,
    )

    def clean_tags(self) -> list[str]:
        return [part.strip() for part in re.split(r"[,;]", self.cleaned_data["tags"]) if part.strip()]
