"""The documents of an enrollment: bring one, open it, take it back, judge it."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from onboarding import permissions
from onboarding.domain.requests import documents
from onboarding.enums import ScanState
from onboarding.forms.requests import DocumentForm, JudgeForm
from onboarding.models import Document, Enrollment
from onboarding.views import evidence
from portal.web import questions

# What a browser may do with an uploaded document, should it open it after all: nothing.
_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


_TYPES = {"pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg"}


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
            form.add_error("file", too_many())
        except documents.NotStoredError as error:
            form.add_error("file", not_stored(error))
        else:
            messages.success(request, _("The document is saved. It is scanned before anybody else opens it."))
            return redirect("onboarding:documents", pk)
    context = {
        "enrollment": enrollment,
        "may_edit": permissions.may_edit(enrollment),
        "documents": evidence.papers(documents.of_enrollment(enrollment), may_edit=permissions.may_edit(enrollment)),
        "form": form,
    }
    return render(request, "onboarding/documents.html", context, status=status_of(form) if form.errors else 200)


def too_many() -> str:
    return _("This file holds %(count)s documents already. Take one back first.") % {"count": documents.MAX_DOCUMENTS}


def not_stored(error: documents.NotStoredError) -> ValidationError:
    """Return what a form says of its file when the store does not take it."""
    full = _("The document could not be stored: our storage is full. What you typed is still here: add it again later.")
    silent = _("The document could not be stored: our storage does not answer. Add it again in some minutes.")
    return ValidationError(full if error.is_full else silent, code=_NOT_STORED)


_NOT_STORED = "not_stored"


def status_of(form: DocumentForm) -> int:
    """Return the status of a page with errors: 503 when it is our store that failed, else 422."""
    return 503 if form.is_bound and form.has_error("file", code=_NOT_STORED) else 422


_HELD = {
    ScanState.PENDING: gettext_lazy("It is being scanned for viruses. Try again in a minute."),
    ScanState.INFECTED: gettext_lazy(
        "The scanner found a virus in it. Nobody can open it here; the partner can upload the document again."
    ),
}
_UNREADABLE = gettext_lazy("Its file cannot be read. Our staff see it; the partner can upload the document again.")


_SILENT = gettext_lazy("It cannot be read now: our storage does not answer. Try again in some minutes.")


def _held(request: HttpRequest, found: Document) -> HttpResponse:
    """Say why a document is not served."""
    why = _HELD.get(ScanState(found.scan), _UNREADABLE)
    return render(request, "onboarding/document_held.html", {"why": why}, status=409)


@require_GET
def document(request: HttpRequest, pk: uuid.UUID, document_id: uuid.UUID) -> HttpResponseBase:
    """Return the document as a download: for the company's people, and for the country's BDMs once it is scanned."""
    found, for_staff = permissions.document_for_reader(request, pk, document_id)
    try:
        content = documents.open_file(found, for_staff=for_staff)
    except (documents.NotServedError, FileNotFoundError):
        return _held(request, found)
    except OSError:
        return render(request, "onboarding/document_held.html", {"why": _SILENT}, status=503)
    response = FileResponse(content, as_attachment=True, filename=found.name, content_type=_TYPES[found.kind_of_file])
    response["Content-Security-Policy"] = _SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def take_back_document(request: HttpRequest, pk: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=True)
    found = Document.objects.filter(pk=document_id, enrollment=enrollment).first()
    if found is None:
        raise Http404
    question = questions.ask(
        request,
        question=_("Take “%(name)s” back?") % {"name": found.name},
        told=_("The file is deleted and cannot be brought back. The history keeps that it was there."),
        button=_("Delete the file"),
        back=reverse("onboarding:documents", args=[pk]),
    )
    if question:
        return question
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
        return _held(request, found)
    form = JudgeForm(*([request.POST] if request.method == "POST" else []), document=found)
    if request.method == "POST" and form.is_valid():
        documents.judge(document=found, judged=form.judged(), by=permissions.signed_in(request), now=timezone.now())
        messages.success(request, _("What you found is saved beside what the partner said."))
        return redirect(f"{reverse('onboarding:desk_enrollment', args=[pk])}#document-{found.pk}")
    context = {"enrollment": enrollment, "document": paper, "form": form}
    return render(request, "onboarding/judge.html", context)


def documents_of(enrollment: Enrollment) -> Any:
    return enrollment.documents.filter(removed_at=None).select_related("uploaded_by", "judged_by", "partner_request")
