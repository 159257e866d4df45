"""Forms of requests: the partner's reopened answers, documents and sentence; the BDM's verdict on a document."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.domain.reasons.remediation import pages_of
from onboarding.domain.requests.documents import ASKED, MAX_BYTES, Upload, verdicts
from onboarding.enums import DocumentKind, Requirement
from onboarding.forms.steps import FORMS, PageForm, day_field
from onboarding.models import Document, Enrollment
from portal import uploads
from portal.web.forms import PortalForm

_YES_NO = [("", _("Not checked yet")), ("yes", _("Yes")), ("no", _("No"))]
_REFUSED = {
    "empty": _("This file is empty. Choose the document itself."),
    "type": _("Only PDF, PNG and JPEG are accepted. Save or print the document as PDF, and choose that file."),
    "broken": _("This file cannot be opened. Save or scan the document again, and choose that file."),
    "locked": _("This PDF is locked by a password. Save it without one: nobody here could read it."),
    "script": _("This PDF contains a script or a form that sends data. Print it to a new PDF, and choose that file."),
    "launch": _("This PDF would open something else by itself. Print it to a new PDF, and choose that file."),
    "embedded": _("This PDF has other files, sound, film or 3D inside. Print it to a new PDF, and choose that file."),
    "bomb": _("This file unfolds into far too much. Scan the document again, at most 300 dots an inch."),
}


def reopened(fields: tuple[str, ...], *args: Any, enrollment: Enrollment, initial: dict[str, Any]) -> list[PageForm]:
    """Return the wizard's own forms, each with only its reopened fields."""
    parts = []
    for page, names in pages_of(fields):
        part = FORMS[page.slug](*args, enrollment=enrollment, initial=initial)
        for name in [name for name in part.fields if name not in names]:
            del part.fields[name]
        parts.append(part)
    return parts


class AnswerForm(PortalForm, forms.Form):
    """An answer. ``basis`` is the request when the page was shown."""

    basis = forms.CharField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label=_("Anything to add"),
        help_text=_("Your contact at Ingram Micro reads it. If you have none of the documents, say why."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DocumentForm(PortalForm, forms.Form):
    """One document. The partner's statements about it show them at once what Microsoft would object to."""

    file = forms.FileField(
        label=_("Document"),
        help_text=_("PDF, PNG or JPEG, at most 8 MB."),
        error_messages={"required": _("Choose the file."), "empty": _REFUSED["empty"]},
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )
    kind = forms.ChoiceField(label=_("Type of document"), choices=DocumentKind.choices)
    issued_on = day_field(
        _("Issued on"), _("The date on the document; Microsoft accepts nothing older than 12 months.")
    )
    expires_on = day_field(_("Expires on"), _("Leave it empty if it does not expire."))
    names_company = forms.ChoiceField(
        label=_("Does it show the company name exactly?"),
        choices=_YES_NO,
        error_messages={
            "required": _("Check whether the document shows the company name exactly, and choose yes or no.")
        },
    )
    names_domain = forms.ChoiceField(
        label=_("Does it show the domain?"),
        choices=_YES_NO,
        error_messages={"required": _("Check whether the document shows the domain, and choose yes or no.")},
    )
    submit_label = _("Add this document")

    def __init__(self, *args: Any, wanted: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        order = [*wanted, *(code for code in DocumentKind.values if code not in wanted)]
        labels = dict(DocumentKind.choices)
        kind.choices = [(code, labels[code]) for code in order]
        # The questions depend on the kind of document: as chosen, or as the form proposes it.
        asked = ASKED.get(self.data.get("kind", "") or order[0], ())
        self.fields["issued_on"].required = Requirement.RECENT in asked
        self.fields["issued_on"].error_messages["required"] = _("Enter the date printed on the document.")
        self.fields["expires_on"].required = False
        for name in (Requirement.NAMES_COMPANY, Requirement.NAMES_DOMAIN):
            self.fields[name].required = name in asked

    @property
    def is_empty(self) -> bool:
        """Return True when no file was chosen."""
        return not self.files.get("file")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise ValidationError(_("This file is larger than 8 MB. Scan it in grey, at most 300 dots an inch."))
        content = file.read()
        try:
            accepted = uploads.accept(content)
        except uploads.UploadRefused as refused:
            raise ValidationError(_REFUSED[refused.code], code=refused.code) from None
        self.kind_of_file, self.content = accepted.kind, accepted.content
        return file

    def clean_issued_on(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["issued_on"]
        if day and day > timezone.localdate():
            raise ValidationError(_("This date is in the future. Enter the date printed on the document."))
        return day

    def clean_expires_on(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["expires_on"]
        issued: dt.date | None = self.cleaned_data.get("issued_on")
        if day and issued and day < issued:
            raise ValidationError(_("A document cannot expire before it was issued. Correct one of the two dates."))
        return day

    def upload(self) -> Upload:
        data = self.cleaned_data
        return Upload(
            kind=data["kind"],
            name=data["file"].name,
            kind_of_file=self.kind_of_file,
            content=self.content,
            issued_on=data["issued_on"],
            expires_on=data["expires_on"],
            names_company=_TRUTH[data["names_company"]],
            names_domain=_TRUTH[data["names_domain"]],
        )


_TRUTH = {"": None, "yes": True, "no": False}
_CODES = {None: "", True: "yes", False: "no"}


class JudgeForm(PortalForm, forms.Form):
    """The BDM's own verdict on a document, requirement by requirement."""

    submit_label = _("Save what I found")

    def __init__(self, *args: Any, document: Document, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for verdict in verdicts(document):
            self.fields[verdict.requirement] = forms.ChoiceField(
                label=verdict.requirement.label, choices=_YES_NO, required=False, initial=_CODES[verdict.judged]
            )
            self._depend(verdict.requirement)

    def judged(self) -> dict[str, bool]:
        return {name: value == "yes" for name, value in self.cleaned_data.items() if value}
