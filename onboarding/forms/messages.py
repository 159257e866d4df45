"""A message or an internal note: its text, the people it mentions, its documents from the enrollment."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding.domain.mail.messages import MAX_DOCUMENTS
from onboarding.models import Document
from onboarding.models.message import MAX_LENGTH
from portal.accounts.models import User
from portal.web.forms import PortalForm


class MessageForm(PortalForm, forms.Form):
    """A message. ``key`` is drawn when the form is shown: a form that is sent twice makes one message."""

    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    body = forms.CharField(
        label=_("Message"),
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": _("Write something first."),
            "max_length": _("This is longer than 4000 characters. Send it in two messages, or as a document."),
        },
    )
    mentions = forms.TypedMultipleChoiceField(
        label=_("Mention a colleague"),
        help_text=_("They get an e-mail straight away."),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    papers = forms.TypedMultipleChoiceField(
        label=_("Documents of this file"), coerce=uuid.UUID, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, people: Sequence[User], documents: Sequence[Document], is_note: bool = False, **kwargs: Any
    ) -> None:
        kwargs["initial"] = {"key": uuid.uuid4().hex, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        if is_note:
            self.fields["body"].label = _("Internal note")
        self._offer("mentions", [(person.pk, str(person)) for person in people])
        self._offer("papers", [(str(document.pk), document.name) for document in documents])

    def _offer(self, name: str, choices: list[tuple[Any, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = choices
        if not choices:
            del self.fields[name]

    def clean_papers(self) -> list[uuid.UUID]:
        chosen: list[uuid.UUID] = self.cleaned_data["papers"]
        if len(chosen) > MAX_DOCUMENTS:
            raise forms.ValidationError(
                _("Choose at most %(count)s documents for one message.") % {"count": MAX_DOCUMENTS}
            )
        return chosen
