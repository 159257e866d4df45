"""The request loop, for both sides: answer a request, upload documents, find the reason, write to support."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from onboarding import permissions
from onboarding.domain.checks import reporting, routing
from onboarding.domain.enrollment import answers, lifecycle, support_pack
from onboarding.domain.questions import requirements
from onboarding.domain.questions.steps import PAGES
from onboarding.domain.reasons import troubleshooting
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.domain.reasons.remediation import pages_of
from onboarding.domain.reasons.shipped import ReasonSpec
from onboarding.domain.requests import documents, tracking
from onboarding.enums import Authority, ScanState
from onboarding.forms.requests import AnswerForm, DocumentForm, JudgeForm, reopened
from onboarding.forms.sentences import sentence
from onboarding.models import Check, Document, Draft, Enrollment, PartnerRequest
from onboarding.views import evidence
from onboarding.views.presenters import journey
from onboarding.views.wizard import posts_only, typed_before_sign_in

# What a browser may do with an uploaded document, should it open it after all: nothing.
_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
_TYPES = {"pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg"}


# --- answer ----------------------------------------------------------------------------------------------------------


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
            return self.show(status=422)
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
            self.document.add_error("file", _too_many())
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
            self.text.add_error("text", _("Add one of the documents above, or write here why you have none."))
        except requirements.AnswersRefused as refused:
            for problem in refused.problems:
                part = next((part for part in self.parts if problem.field in part.fields), None)
                target, field = (part, problem.field) if part else (self.text, None)
                target.add_error(field, sentence(problem.code, problem.values))
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


# --- documents -------------------------------------------------------------------------------------------------------


def enrollment_documents(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show every document of an enrollment, with an upload."""
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=request.method == "POST")
    form = DocumentForm(*([request.POST, request.FILES] if request.method == "POST" else []))
    if request.method == "POST" and form.is_valid():
        try:
            documents.take_in(
                enrollment=enrollment,
                upload=form.upload(),
                by=permissions.signed_in(request),
                now=timezone.now(),
                today=timezone.localdate(),
            )
        except documents.TooManyError:
            form.add_error("file", _too_many())
        else:
            messages.success(request, _("The document is kept. It is scanned before anybody else opens it."))
            return redirect("onboarding:documents", pk)
    context = {
        "enrollment": enrollment,
        "may_edit": permissions.may_edit(enrollment),
        "documents": evidence.papers(documents.of_enrollment(enrollment), may_edit=permissions.may_edit(enrollment)),
        "form": form,
    }
    return render(request, "onboarding/documents.html", context, status=422 if form.errors else 200)


def _too_many() -> str:
    return _("This file holds %(count)s documents already. Take one back first.") % {"count": documents.MAX_DOCUMENTS}


@require_GET
def document(request: HttpRequest, pk: uuid.UUID, document_id: uuid.UUID) -> HttpResponseBase:
    """Return the document as a download: for the company's people, and for the country's BDMs once it is scanned."""
    found, for_staff = permissions.document_for_reader(request, pk, document_id)
    try:
        content = documents.open_file(found, for_staff=for_staff)
    except (documents.NotServedError, FileNotFoundError):
        return render(request, "onboarding/document_held.html", {"document": found, "states": ScanState}, status=409)
    response = FileResponse(content, as_attachment=True, filename=found.name, content_type=_TYPES[found.kind_of_file])
    response["Content-Security-Policy"] = _SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@posts_only
def take_back_document(request: HttpRequest, pk: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=True)
    found = Document.objects.filter(pk=document_id, enrollment=enrollment).first()
    if found is None:
        raise Http404
    if documents.take_back(document=found, by=permissions.signed_in(request), now=timezone.now()):
        messages.success(request, _("The document is taken back, and its file deleted."))
    elif found.removed_at is None:
        messages.info(request, _("Ingram Micro has looked at this document: it stays with the file."))
    return redirect("onboarding:documents", pk)


def judge(request: HttpRequest, pk: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    """Record the BDM's verdict, requirement by requirement."""
    enrollment = permissions.enrollment_for_bdm(request, pk)
    found = documents_of(enrollment).filter(pk=document_id).first()
    if found is None:
        raise Http404
    paper = evidence.papers([found], for_staff=True)[0]
    if not paper.url:
        return render(request, "onboarding/document_held.html", {"document": found, "states": ScanState}, status=409)
    form = JudgeForm(*([request.POST] if request.method == "POST" else []), document=found)
    if request.method == "POST" and form.is_valid():
        documents.judge(document=found, judged=form.judged(), by=permissions.signed_in(request), now=timezone.now())
        messages.success(request, _("What you found is kept beside what the partner said."))
        return redirect(f"{reverse('onboarding:desk_enrollment', args=[pk])}#document-{found.pk}")
    context = {"enrollment": enrollment, "document": paper, "form": form}
    return render(request, "onboarding/judge.html", context)


def documents_of(enrollment: Enrollment) -> Any:
    return enrollment.documents.filter(removed_at=None).select_related("uploaded_by", "judged_by", "partner_request")


# --- three questions -------------------------------------------------------------------------------------------------


def diagnose(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask three questions that lead to the reason. The address has the answers, so that Back and bookmarks work."""
    enrollment, for_staff = permissions.enrollment_for_reader(request, pk)
    codes = [code for code in request.GET.getlist("a") if code][:5]
    try:
        way, here = troubleshooting.follow(codes)
    except troubleshooting.NoSuchAnswerError:
        return redirect("onboarding:diagnose", pk)
    if request.method == "POST":
        return _say_so(request, enrollment, here, for_staff)
    leaf = here if isinstance(here, troubleshooting.Conclusion) else None
    reason = REASONS[leaf.reason] if leaf else None
    context = {
        "enrollment": enrollment,
        "way": [
            {"question": step.question.text, "answer": step.chosen.label, "back": codes[:number]}
            for number, step in enumerate(way)
        ],
        "codes": codes,
        "question": None if leaf else here,
        "number": len(way) + 1,
        "leaf": leaf,
        "reason": reason,
        "wanted": [evidence.document_label(kind) for kind in reason.remedy.documents] if reason else [],
        "check": (check := _check_for(enrollment, leaf)),
        "can_say_so": bool(leaf and check and not for_staff and _may_say(enrollment, check, leaf)),
        "pages": _pages_to_mend(enrollment, reason) if reason and not for_staff else [],
        "write_url": reverse("onboarding:desk_messages" if for_staff else "onboarding:messages", args=[pk]),
        "write_label": _("Write to the partner") if for_staff else _("Write to Ingram Micro"),
        "decide_url": _decide_url(enrollment, check, leaf) if for_staff and leaf and check else "",
        "back_url": reverse("onboarding:desk_enrollment", args=[pk]) if for_staff else enrollment.get_absolute_url(),
        "support_url": reverse("onboarding:support", args=[pk]),
    }
    return render(request, "onboarding/diagnose.html", context)


def _pages_to_mend(enrollment: Enrollment, reason: ReasonSpec) -> list[dict[str, Any]]:
    """Return the pages of the wizard with the answers to correct, as far as they are open."""
    slugs = [page.slug for page, _names in pages_of(reason.remedy.fields)]
    if reason.page and reason.page not in slugs:
        slugs.append(reason.page)
    checks = routing.checks_of(enrollment)
    return [
        {"url": journey.page_url(enrollment, slug), "title": PAGES[slug].title}
        for slug in slugs
        if lifecycle.may_open(enrollment, checks, slug)
    ]


def _check_for(enrollment: Enrollment, leaf: troubleshooting.Conclusion | None) -> Check | None:
    """Return the check on which this reason is raised; of the validations, Microsoft's."""
    if leaf is None:
        return None
    kinds = REASONS[leaf.reason].kinds
    rows = Check.objects.filter(enrollment=enrollment, kind__in=kinds).exclude(authority=Authority.PORTAL)
    check = rows.order_by("pk").first()
    if check:
        check.enrollment = enrollment
    return check


def _may_say(enrollment: Enrollment, check: Check, leaf: troubleshooting.Conclusion) -> bool:
    """Return whether the partner may report it: only what Microsoft's validations show.

    Connectors or BDMs see the rest.
    """
    is_vetting = check.is_validation and check.authority == Authority.MICROSOFT
    return is_vetting and bool(check.subject_key) and permissions.may_edit(enrollment)


def _decide_url(enrollment: Enrollment, check: Check, leaf: troubleshooting.Conclusion) -> str:
    return f"{reverse('onboarding:decide', args=[enrollment.pk, check.pk])}?decision=ask&reason={leaf.reason}"


def _say_so(request: HttpRequest, enrollment: Enrollment, here: Any, for_staff: bool) -> HttpResponse:
    check = _check_for(enrollment, here) if isinstance(here, troubleshooting.Conclusion) else None
    if for_staff or check is None or not _may_say(enrollment, check, here):
        raise Http404
    try:
        reporting.report_reason(check=check, reason=here.reason, by=permissions.signed_in(request), now=timezone.now())
    except reporting.CannotReportError:
        messages.info(request, _("This check is settled, or has not started: nothing was changed."))
    return redirect(f"{enrollment.get_absolute_url()}#check-{check.pk}")


# --- support pack ----------------------------------------------------------------------------------------------------


@require_GET
def support_page(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the text for a ticket with Microsoft's support, in both languages, with the facts it needs."""
    enrollment, for_staff = permissions.enrollment_for_reader(request, pk)
    checks = routing.checks_of(enrollment)
    found = support_pack.pack(
        enrollment,
        checks,
        asked=list(tracking.of_enrollment(enrollment)),
        documents=documents.of_enrollment(enrollment),
        today=enrollment.country.calendar.day_of(timezone.now()),
    )
    texts = []
    for code, name in (("en-gb", "English"), ("fr", "Français")):
        with override(code):
            text = evidence.support_text(found)
        texts.append({"code": code, "name": name, "text": text})
    if (get_language() or "").startswith("fr"):
        texts.reverse()
    context = {
        "enrollment": enrollment,
        "pack": found,
        "texts": texts,
        "back_url": reverse("onboarding:desk_enrollment", args=[pk]) if for_staff else enrollment.get_absolute_url(),
    }
    return render(request, "onboarding/support.html", context)
