"""Answer what is asked of a partner, with the answers that are reopened and the documents that are wanted."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from onboarding import permissions
from onboarding.domain.enrollment import answers, lifecycle
from onboarding.domain.questions import official_pages, requirements
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.remediation import pages_of
from onboarding.domain.requests import documents, tracking
from onboarding.forms.requests import AnswerForm, DocumentForm, reopened
from onboarding.forms.steps import sentence_of
from onboarding.models import Check, Document, Draft, PartnerRequest
from onboarding.views import evidence
from onboarding.views.documents import not_stored, status_of, too_many
from portal.web.typed import typed_before_sign_in


def answer(request: HttpRequest, pk: uuid.UUID, check_id: int) -> HttpResponse:
    """Show the reopened answers, the documents that are asked for, and a sentence."""
    return _answer(request, pk, check_id, request.FILES)


def _answer(request: HttpRequest, pk: uuid.UUID, check_id: int, files: Any) -> HttpResponse:
    check = permissions.check_for_member(request, pk, check_id)
    partner_request = tracking.open_on(check)
    if partner_request is None or partner_request.answered_at is not None:
        if request.method == "POST":
            return _answered_meanwhile(request, check, files)
        return redirect(_place(check))
    page = _AnswerPage(request, check, partner_request, files)
    return page.save() if request.method == "POST" else page.show()


def _place(check: Check) -> str:
    return f"{check.enrollment.get_absolute_url()}#check-{check.pk}"


class _AnswerPage:
    """One form of several parts: the wizard's fields, one document, the sentence."""

    def __init__(self, request: HttpRequest, check: Check, partner_request: PartnerRequest, files: Any) -> None:
        self.request, self.check, self.partner_request = request, check, partner_request
        self.remedy = tracking.remedy_of(partner_request.reason, check.kind)
        self.fields = answers.reachable(check, self.remedy.fields)
        self.basis = answers.basis(check, partner_request)
        self.is_sent = request.method == "POST"
        self._fill({} if self.is_sent else self._kept(), *([request.POST] if self.is_sent else []))
        adds = self.is_sent and ("add" in request.POST or bool(files.get("file")))
        self.document = DocumentForm(*([request.POST, files] if adds else []), wanted=self.remedy.documents)

    def _fill(self, kept: dict[str, Any], *data: Any) -> None:
        initial = {**self._answers(), "basis": self.basis, **kept}
        self.parts = reopened(self.fields, *data, enrollment=self.check.enrollment, initial=initial)
        self.text = AnswerForm(*data, initial=initial)

    def _answers(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for page, _names in pages_of(self.fields):
            found |= requirements.answers(self.check.enrollment, page)
        return found

    @property
    def _draft(self) -> str:
        return f"answer-{self.check.pk}"

    def _kept(self) -> dict[str, Any]:
        draft = Draft.objects.filter(enrollment=self.check.enrollment, page=self._draft).first()
        data: dict[str, Any] = draft.data if draft else {}
        # A draft for an earlier request would answer the wrong one.
        return typed_before_sign_in(self.request) or (data if data.get("basis") == self.basis else {})

    def _keep(self) -> None:
        names = [*(name for part in self.parts for name in part.fields), "text"]
        typed = _typed(self.request, names)
        lifecycle.keep_draft(
            enrollment=self.check.enrollment,
            slug=self._draft,
            typed={**typed, "basis": self.basis},
            now=timezone.now(),
        )

    def save(self) -> HttpResponse:
        self.request.session.pop("typed", None)
        self._keep()
        if self.document.is_bound and not self._take_in():
            return self.show(status=status_of(self.document))
        if self.request.POST.get("basis", "") != self.basis:
            return self._show_anew()
        if "add" in self.request.POST:
            return redirect(f"{self.request.path}#documents")
        # Every part is evaluated, so that every error is shown at once.
        if [part for part in [*self.parts, self.text] if part.errors]:
            return self.show(status=422)
        try:
            is_sent = self._send()
        except (answers.AnsweredAlreadyError, answers.AskedAgainError):
            return _answer(self.request, self.check.enrollment_id, self.check.pk, MultiValueDict())
        if not is_sent:
            return self.show(status=422)
        Draft.objects.filter(enrollment=self.check.enrollment, page=self._draft).delete()
        for said in (line for part in self.parts for line in part.said):
            messages.info(self.request, said)
        messages.success(self.request, _("Your answer is sent. Ingram Micro sees what you changed."))
        return redirect(_place(self.check))

    def _show_anew(self) -> HttpResponse:
        """Show the present request, with what was typed; fields that the old page lacked have their present values."""
        names = [name for part in self.parts for name in part.fields]
        typed = _typed(self.request, [*names, "text"])
        is_other = not self.request.POST.get("basis", "").startswith(str(self.partner_request.pk))
        anew = _("Something else is asked of you since you opened the page. Read it, then send your answer.")
        replaced = _(
            "These answers were changed meanwhile, in another tab or by a colleague. Send yours to replace them."
        )
        self._fill(typed)
        return self.show(status=409, changed=anew if is_other else replaced)

    def _take_in(self) -> bool:
        if not self.document.is_valid():
            return False
        try:
            documents.take_in(
                enrollment=self.check.enrollment,
                upload=self.document.upload(),
                by=permissions.signed_in(self.request),
                now=timezone.now(),
                today=timezone.localdate(),
                partner_request=self.partner_request,
            )
        except documents.TooManyError:
            self.document.add_error("file", too_many())
            return False
        except documents.NotStoredError as error:
            self.document.add_error("file", not_stored(error))
            return False
        self.document = DocumentForm(wanted=self.remedy.documents)
        return True

    def _send(self) -> bool:
        """Return True when the answer is stored; the fields show what prevents it.

        Raises: AnsweredAlreadyError, AskedAgainError.
        """
        given = {
            name: value for part in self.parts for name, value in part.answers.items() if name in self.request.POST
        }
        try:
            answers.answer(
                check=self.check,
                basis_seen=self.basis,
                answers=given,
                text=self.text.cleaned_data["text"],
                by=permissions.signed_in(self.request),
                now=timezone.now(),
            )
        except answers.EvidenceNeededError:
            needs_document = bool(self.remedy.documents)
            self.text.add_error(
                "text",
                _("Add one of the documents above, or write here why you have none.")
                if needs_document
                else _("Correct the answer above, or write here why it is right."),
            )
        except requirements.AnswersRefused as refused:
            for problem in refused.problems:
                part = next((part for part in self.parts if problem.field in part.fields), None)
                target, field = (part, problem.field) if part else (self.text, None)
                target.add_error(field, sentence_of(problem))
        except (lifecycle.PageLockedError, lifecycle.ChangedMeanwhileError):
            self.text.add_error(
                None, _("Something else changed meanwhile. Look at the file, then send your answer again.")
            )
        return not self.text.errors and not any(part.errors for part in self.parts)

    def show(self, *, status: int = 200, changed: str = "") -> HttpResponse:
        reason = REASONS[self.partner_request.reason]
        context = {
            "changed": changed,
            "enrollment": self.check.enrollment,
            "check": self.check,
            "partner_request": self.partner_request,
            "reason": reason,
            "links": official_pages.links(official_pages.OF_REASON.get(self.partner_request.reason, ())),
            "remedy": self.remedy,
            "wanted": [evidence.document_label(kind) for kind in self.remedy.documents],
            "parts": self.parts,
            "text": self.text,
            "document_form": self.document if self.remedy.documents else None,
            "documents": evidence.papers(self._documents(), may_edit=True),
            "forms": [*self.parts, self.document, self.text],
        }
        return render(self.request, "onboarding/answer.html", context, status=status)

    def _documents(self) -> list[Document]:
        return [
            one
            for one in documents.of_enrollment(self.check.enrollment)
            if one.partner_request_id == self.partner_request.pk
        ]


def _typed(request: HttpRequest, names: Iterable[str]) -> dict[str, str]:
    """Return the typed text unchanged, without fields that were not on the submitted page."""
    return {name: request.POST[name].replace("\0", "")[:2000] for name in names if name in request.POST}


def _answered_meanwhile(request: HttpRequest, check: Check, files: Any) -> HttpResponse:
    """Show that nothing is asked any more. What was typed and is not in the answer can be sent as a message."""
    seen = request.POST.get("basis", "")
    asked = check.requests.select_related("answered_by").order_by("-asked_at")
    partner_request = next((one for one in asked if seen.startswith(str(one.pk))), None) or asked.first()
    left = _left_over(request, check, partner_request)
    added = _keep_document(request, check, files)
    if not left and not added:
        messages.info(request, _("This is answered already. Your contact at Ingram Micro looks at it."))
        return redirect(_place(check))
    context = {
        "enrollment": check.enrollment,
        "check": check,
        "partner_request": partner_request,
        "left": left,
        "added": added,
    }
    return render(request, "onboarding/answered.html", context, status=409)


def _left_over(request: HttpRequest, check: Check, partner_request: PartnerRequest | None) -> str:
    """Return what was typed and is in neither the answers nor the sentence, one line each."""
    fields = tracking.remedy_of(partner_request.reason, check.kind).fields if partner_request else ()
    current: dict[str, Any] = {}
    for page, _names in pages_of(fields):
        current |= requirements.answers(check.enrollment, page)
    typed = _typed(request, [*fields, "text"])
    text = typed.get("text", "").strip()
    lines = [text] if text and (partner_request is None or text != partner_request.answer) else []
    for part in reopened(fields, request.POST, enrollment=check.enrollment, initial={}):
        # As it would have been stored, where possible.
        meant = part.cleaned_data if part.is_valid() else {}
        for name in part.fields:
            if typed.get(name) and meant.get(name, typed[name]) != current[name]:
                lines.append(_("%(label)s: %(value)s") % {"label": part.fields[name].label, "value": typed[name]})
    return "\n".join(lines)


def _keep_document(request: HttpRequest, check: Check, files: Any) -> Document | None:
    """Store the uploaded document with the enrollment and return it; None without one."""
    form = DocumentForm(request.POST, files) if files.get("file") else None
    if form is None or not form.is_valid():
        return None
    try:
        return documents.take_in(
            enrollment=check.enrollment,
            upload=form.upload(),
            by=permissions.signed_in(request),
            now=timezone.now(),
            today=timezone.localdate(),
        )
    except documents.TooManyError:
        return None
    except documents.NotStoredError as error:
        messages.error(request, not_stored(error).message)
        return None
