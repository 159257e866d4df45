"""What a BDM wants done with many enrollments: one form for each deed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding.domain.desk import work
from onboarding.enums import BulkKind
from onboarding.forms.work import FollowUpForm, TagsForm
from portal.accounts.models import User
from portal.web.forms import PortalForm


class BulkForm(PortalForm, forms.Form):
    """``values`` are what the worker needs, as JSON can hold it."""

    submit_label = ""

    def values(self) -> dict[str, Any]:
        return {}


class AssignForm(BulkForm):
    """Whom the enrollments are assigned to."""

    to = forms.TypedChoiceField(
        label=_("New owner"),
        coerce=int,
        error_messages={"required": _("Choose a colleague."), "invalid_choice": _("Choose a colleague of the list.")},
    )
    replace = forms.BooleanField(label=_("Also files that a colleague owns"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(bdm__isnull=False, is_active=True).order_by("name", "pk")
        field = self.fields["to"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", _("Choose a colleague")), *((person.pk, str(person)) for person in people)]

    def values(self) -> dict[str, Any]:
        return {"to": self.cleaned_data["to"], "replace": self.cleaned_data["replace"]}


class BulkFollowUpForm(FollowUpForm, BulkForm):
    """The day of the follow-up, from today on."""

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        self.fields["on"].help_text = _("Leave it empty to remove the follow-up.")

    def clean_on(self) -> Any:
        on = self.cleaned_data["on"]
        if on is not None and not self._today <= on <= self._today + work.FURTHEST:
            raise forms.ValidationError(_("Choose a day from today on, within two years."))
        return on

    def values(self) -> dict[str, Any]:
        on = self.cleaned_data["on"]
        return {"on": on.isoformat() if on else ""}


class BulkTagsForm(TagsForm, BulkForm):
    """Tags that are added to those a file has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tags"].required = True
        self.fields["tags"].error_messages["required"] = _("Write at least one tag.")

    def clean_tags(self) -> list[str]:
        wanted = super().clean_tags()
        if not wanted:
            raise forms.ValidationError(_("Write at least one tag."))
        try:
            return work.as_tags(wanted)
        except (work.TooManyTagsError, work.LongTagError):
            raise forms.ValidationError(_("At most 8 tags of 40 characters.")) from None

    def values(self) -> dict[str, Any]:
        return {"tags": self.cleaned_data["tags"]}


class RemindForm(BulkForm):
    """Nothing to fill in: the mail is the portal's own, in each reader's language."""


def forms_of(typed: Any, kind: str, *, today: Any) -> dict[BulkKind, BulkForm]:
    """Return the form of each deed; the one that was sent holds what was typed."""

    def data(of: BulkKind) -> Any:
        return typed if kind == of else None

    return {
        BulkKind.ASSIGN: AssignForm(data(BulkKind.ASSIGN)),
        BulkKind.FOLLOW_UP: BulkFollowUpForm(data(BulkKind.FOLLOW_UP), today=today),
        BulkKind.TAG: BulkTagsForm(data(BulkKind.TAG)),
        BulkKind.REMIND: RemindForm(data(BulkKind.REMIND)),
    }
