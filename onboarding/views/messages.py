"""The messages of an enrollment: one thread for the partner and Ingram Micro, and Ingram's own internal notes.

A page that shows messages marks none as read, because a GET writes nothing: a button does, or a line of script.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from onboarding import permissions
from onboarding.domain.mail import messages
from onboarding.domain.requests import documents
from onboarding.enums import DocumentKind
from onboarding.forms.messages import MessageForm
from onboarding.forms.requests import DocumentForm
from onboarding.models import Document, Enrollment, Message
from onboarding.views import evidence
from onboarding.views.documents import not_stored, status_of
from portal.accounts.models import User
from portal.web.typed import typed_before_sign_in


@dataclass(frozen=True)
class ThreadEntry:
    """One message as it is shown."""

    message: Message
    is_own: bool
    mentioned: list[str]
    papers: list[evidence.Paper]


@dataclass(frozen=True)
class Thread:
    entries: list[ThreadEntry]
    before: int

    @property
    def newest(self) -> int:
        return self.entries[-1].message.pk if self.entries else 0


def thread(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the partner's side: everybody of the company reads, owners and contributors write."""
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=request.method == "POST")
    return _Page(request, enrollment, for_staff=False).answer()


def desk_thread(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show Ingram Micro's side: the thread of the partner, and the internal notes."""
    return _Page(request, permissions.enrollment_for_bdm(request, pk), for_staff=True).answer()


@require_POST
def read(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    enrollment = permissions.enrollment_for_member(request, pk)
    return _mark(request, enrollment, for_staff=False)


def desk_read(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    enrollment = permissions.enrollment_for_bdm(request, pk, lent_may_post=True)
    if request.method != "POST":
        return redirect("onboarding:desk_messages", pk)
    return _mark(request, enrollment, for_staff=True)


def _mark(request: HttpRequest, enrollment: Enrollment, *, for_staff: bool) -> HttpResponse:
    upto = _number(request.POST.get("upto", ""))
    messages.mark_read(
        enrollment=enrollment,
        user=permissions.signed_in(request),
        upto=upto,
        now=timezone.now(),
        for_staff=for_staff,
    )
    return redirect(_address(enrollment, for_staff))


def _address(enrollment: Enrollment, for_staff: bool) -> str:
    return reverse("onboarding:desk_messages" if for_staff else "onboarding:messages", args=[enrollment.pk])


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


class _Page:
    """One page, with one form, or two where notes are written; a message may bring a new document."""

    def __init__(self, request: HttpRequest, enrollment: Enrollment, *, for_staff: bool) -> None:
        self.request, self.enrollment, self.for_staff = request, enrollment, for_staff
        self.user: User = permissions.signed_in(request)
        self.may_write = for_staff or permissions.may_edit(enrollment)
        self.papers = documents.of_enrollment(enrollment)
        self.added: Document | None = None
        is_note = for_staff and request.POST.get("internal") == "1"
        sent = request.method == "POST"
        self.people = messages.may_be_mentioned(enrollment, self.user, by_staff=for_staff) if self.may_write else []
        self.form = self._form(request.POST if sent and not is_note else None)
        self.note = self._form(request.POST if sent and is_note else None, is_note=True) if for_staff else None
        self.sent = self.note if self.note and is_note else self.form
        with_file = sent and not is_note and bool(request.FILES.get("file"))
        self.document = self._document_form(*([request.POST, request.FILES] if with_file else []))

    def _form(self, data: QueryDict | None, *, is_note: bool = False) -> MessageForm:
        typed = {} if data is not None else typed_before_sign_in(self.request)
        mine = bool(typed) and (typed.get("internal") == "1") == is_note
        return MessageForm(
            *([data] if data is not None else []),
            people=self.people,
            documents=self._offered(),
            is_note=is_note,
            initial={"body": typed.get("body", "")} if mine else {},
            auto_id="note_%s" if is_note else "id_%s",
        )

    def _document_form(self, *data: Any) -> DocumentForm:
        # Documents of Ingram Micro are rarely evidence, so nothing more is asked about them.
        return DocumentForm(*data, wanted=(DocumentKind.OTHER,) if self.for_staff else ())

    def _offered(self) -> list[Document]:
        shown = evidence.papers(self.papers, for_staff=self.for_staff)
        return [paper.document for paper in shown if paper.url or paper.document == self.added]

    def answer(self) -> HttpResponse:
        if self.request.method != "POST":
            return self.show()
        self.request.session.pop("typed", None)
        self._take_in()
        # Both are evaluated, so that every error is shown at once.
        is_whole = not self.sent.errors and not self.document.errors
        if is_whole:
            self._send(self.sent)
            place = "notes" if self.sent is self.note else "end"
            return redirect(f"{_address(self.enrollment, self.for_staff)}#{place}")
        return self.show(status=status_of(self.document))

    def _take_in(self) -> None:
        """Store the new document, even if the text has errors, and attach it to this message."""
        if not (self.document.is_bound and self.document.is_valid()):
            return
        try:
            self.added = documents.take_in(
                enrollment=self.enrollment,
                upload=self.document.upload(),
                by=self.user,
                now=timezone.now(),
                today=timezone.localdate(),
                by_staff=self.for_staff,
            )
        except documents.TooManyError:
            self.document.add_error("file", _("This file holds too many documents. Take one back first."))
            return
        except documents.NotStoredError as error:
            self.document.add_error("file", not_stored(error))
            return
        self.document = self._document_form()
        self.papers = documents.of_enrollment(self.enrollment)
        data = self.request.POST.copy()
        data.appendlist("papers", str(self.added.pk))
        self.sent = self.form = self._form(data)

    def _send(self, form: MessageForm) -> None:
        written = messages.write(
            enrollment=self.enrollment,
            author=self.user,
            body=form.cleaned_data["body"],
            key=form.cleaned_data["key"],
            now=timezone.now(),
            by_staff=self.for_staff,
            internal=form is self.note,
            mentions=form.cleaned_data.get("mentions", []),
            papers=form.cleaned_data.get("papers", []),
        )
        if written:
            told = (
                _("Your note is saved. The partner does not see it.")
                if form is self.note
                else _("Your message is sent.")
            )
            flash.success(self.request, told)

    def show(self, *, status: int = 200) -> HttpResponse:
        thread = self._thread("before", internal=False)
        notes = self._thread("notes_before", internal=True) if self.for_staff else None
        unread = messages.unread_of(self.enrollment, self.user, for_staff=self.for_staff)
        newest = max(thread.newest, notes.newest if notes else 0)
        context = {
            "enrollment": self.enrollment,
            "for_staff": self.for_staff,
            "back_url": reverse("onboarding:desk_enrollment", args=[self.enrollment.pk])
            if self.for_staff
            else self.enrollment.get_absolute_url(),
            "read_url": reverse(
                "onboarding:desk_messages_read" if self.for_staff else "onboarding:messages_read",
                args=[self.enrollment.pk],
            ),
            "thread": thread,
            "notes": notes,
            "unread": unread,
            "newest": newest,
            "may_write": self.may_write,
            "message_form": self.form,
            "note_form": self.note,
            "document_form": self.document,
            "forms": [form for form in (self.form, self.note, self.document) if form],
        }
        return render(self.request, "onboarding/messages.html", context, status=status)

    def _thread(self, parameter: str, *, internal: bool) -> Thread:
        found = messages.of_enrollment(
            self.enrollment, internal=internal, before=_number(self.request.GET.get(parameter, ""))
        )
        names, papers = messages.names(found.rows), messages.documents(found.rows)
        return Thread(
            [
                ThreadEntry(
                    message=one,
                    is_own=one.author_id == self.user.pk,
                    mentioned=[names[pk] for pk in one.mentions if pk in names],
                    papers=evidence.papers([papers[pk] for pk in one.papers if pk in papers], for_staff=self.for_staff),
                )
                for one in found.rows
            ],
            found.before,
        )
