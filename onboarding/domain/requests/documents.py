"""Documents as evidence: uploaded, scanned, judged requirement by requirement.

Source: [ms-store-documents] (age, validity, names), [ms-upload-documents] (format, 8 MB).
"""

import datetime as dt
import hashlib
import logging
import re
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from onboarding.domain import history
from onboarding.enums import DocumentKind, Requirement, ScanState
from onboarding.models import Document, Enrollment, PartnerRequest
from onboarding.models.document import QUEUE
from portal import uploads
from portal.accounts.models import User
from portal.backup import papers
from portal.limits import Limited, Scope
from portal.stores import deletions
from portal.stores.base import is_full, make_ready
from portal.work import claims, usage

log = logging.getLogger(__name__)

MAX_BYTES = 8 * 1024 * 1024
MAX_DOCUMENTS = 50  # of one enrollment, without withdrawn ones
LONGEST_NAME = 150
RECENT_DAYS = 365
UNSCANNED = 500  # documents of before the scanner, an hour
LASTS_DAYS = 61
# Requirements by kind; a screenshot only has to be recent.
ASKED: dict[str, tuple[Requirement, ...]] = {
    DocumentKind.DOMAIN_INVOICE: tuple(Requirement),
    DocumentKind.ASSIGNMENT: tuple(Requirement),
    DocumentKind.REGISTER_EXTRACT: (Requirement.RECENT, Requirement.LASTS, Requirement.NAMES_COMPANY),
    DocumentKind.ADDRESS_PROOF: (Requirement.RECENT, Requirement.LASTS, Requirement.NAMES_COMPANY),
    DocumentKind.DUNS_PROOF: (Requirement.RECENT, Requirement.NAMES_COMPANY),
    DocumentKind.SCREEN: (Requirement.RECENT,),
    DocumentKind.OTHER: (),
}

# A withdrawn one keeps its row, and its file is deleted.
STORE = "documents"
STORED = papers.Kept(Document, lambda: Document.objects.filter(removed_at=None), digest="digest")


class TooManyError(Exception):
    """The enrollment has as many documents as it may."""


class NotStoredError(Exception):
    """The store does not take the file now: what it may have of it is deleted an hour later.

    ``is_full``: it takes none before somebody gives it room.
    """

    def __init__(self, *, is_full: bool = False) -> None:
        super().__init__("the store takes no file now")
        self.is_full = is_full


class NotServedError(Exception):
    """The document is not shown to anybody: it has a virus, or is still being scanned."""


@dataclass(frozen=True)
class RequirementVerdict:
    """One requirement: the uploader's statement (None: none), and the BDM's verdict (None: not judged yet)."""

    requirement: Requirement
    said: bool | None
    judged: bool | None

    @property
    def holds(self) -> bool | None:
        return self.said if self.judged is None else self.judged


@dataclass(frozen=True)
class Upload:
    """The uploader's statements about a file whose type was checked (``portal.uploads``)."""

    kind: str
    name: str
    kind_of_file: str
    content: bytes
    issued_on: dt.date | None = None
    expires_on: dt.date | None = None
    names_company: bool | None = None
    names_domain: bool | None = None


def take_in(
    *,
    enrollment: Enrollment,
    upload: Upload,
    by: User,
    now: dt.datetime,
    today: dt.date,
    partner_request: PartnerRequest | None = None,
    by_staff: bool = False,
) -> Document:
    """Return the stored document; a file is stored once per purpose. It is scanned before anybody else sees it.

    A file that is brought again takes the uploader's newest statements and answers ``partner_request``.

    Raises: TooManyError, NotStoredError, limits.LimitReachedError.
    """
    digest = hashlib.sha256(upload.content).hexdigest()
    there = enrollment.documents.filter(digest=digest, kind=upload.kind, removed_at=None)
    if known := there.first():
        return _brought_again(known, upload, today=today, partner_request=partner_request, by_staff=by_staff)
    if enrollment.documents.filter(removed_at=None).count() >= MAX_DOCUMENTS:
        raise TooManyError
    usage.use(Limited.UPLOAD, {Scope.ACCOUNT: by.pk, Scope.COMPANY: enrollment.partner_id}, now=now)
    document = Document(
        enrollment=enrollment,
        partner_request=partner_request,
        kind=upload.kind,
        name=_name_of(upload),
        kind_of_file=upload.kind_of_file,
        size=len(upload.content),
        digest=digest,
        issued_on=upload.issued_on,
        expires_on=upload.expires_on,
        says=_said(upload, today),
        uploaded_by=by,
        by_staff=by_staff,
        uploaded_at=now,
        queue=QUEUE,
        next_check_at=now,
    )
    # The bytes are written before the row: a row without its file would be a lost document.
    _write(document, upload.content, now)
    try:
        _insert(document, now)
    except IntegrityError:
        deletions.delete_now(document.file.name)
        return _brought_again(there.get(), upload, today=today, partner_request=partner_request, by_staff=by_staff)
    return document


def make_store_ready() -> None:
    """Make the folder of a deployment without documents. One that has some and misses it is missing a disk."""
    if not Document.objects.exists():
        make_ready(storages[STORE])


def _brought_again(
    known: Document, upload: Upload, *, today: dt.date, partner_request: PartnerRequest | None, by_staff: bool
) -> Document:
    """Return the stored document with what its uploader says now, and with the request that it answers now.

    A judged document keeps its statements, and nobody changes those of the other side.
    """
    if partner_request is not None:
        known.partner_request = partner_request
        known.save(update_fields=["partner_request"])
    if known.by_staff == by_staff:
        # A BDM may judge it at this moment: what they judged stays as they saw it.
        Document.objects.filter(pk=known.pk, judged_at=None).update(
            issued_on=upload.issued_on, expires_on=upload.expires_on, says=_said(upload, today)
        )
        known.refresh_from_db()
    return known


def _write(document: Document, content: bytes, now: dt.datetime) -> None:
    field = document.file.field
    name = field.generate_filename(document, document.name)
    deletions.announce(STORE, name, now=now)
    try:
        document.file.name = document.file.storage.save(name, ContentFile(content))
    except OSError as error:
        # A silent store may write it yet, as late as it likes: what is announced stays so until its hour is over.
        log.warning("a document is not stored: %s", error)
        raise NotStoredError(is_full=is_full(error)) from error


def _insert(document: Document, now: dt.datetime) -> None:
    source = "bdm" if document.by_staff else ""
    try:
        with transaction.atomic():
            deletions.keep(document.file.name)
            document.save(force_insert=True)
            by = document.uploaded_by
            history.add(document.enrollment, "document_added", at=now, actor=by, source=source, document=document.kind)
    except deletions.TooLateError as error:
        raise NotStoredError from error


def _name_of(upload: Upload) -> str:
    """Return the given name on one line, with the ending of the real type: a BDM's computer opens it by that."""
    visible = "".join(letter for letter in " ".join(upload.name.split()) if letter.isprintable())
    stem = re.sub(r"\.[A-Za-z][A-Za-z0-9]{0,4}$", "", visible).strip(" .") or "document"
    suffix = _SUFFIXES[upload.kind_of_file]
    return stem[: LONGEST_NAME - len(suffix)] + suffix


_SUFFIXES = {uploads.PDF: ".pdf", uploads.PNG: ".png", uploads.JPEG: ".jpg"}


def _said(upload: Upload, today: dt.date) -> dict[str, bool]:
    facts = {
        Requirement.RECENT: None if upload.issued_on is None else (today - upload.issued_on).days <= RECENT_DAYS,
        Requirement.LASTS: upload.expires_on is None or (upload.expires_on - today).days >= LASTS_DAYS,
        Requirement.NAMES_COMPANY: upload.names_company,
        Requirement.NAMES_DOMAIN: upload.names_domain,
    }
    return {asked: bool(facts[asked]) for asked in ASKED[upload.kind] if facts[asked] is not None}


def verdicts(document: Document) -> list[RequirementVerdict]:
    """Return the verdict on each requirement, in their order."""
    return [
        RequirementVerdict(asked, document.says.get(asked), document.judged.get(asked))
        for asked in ASKED.get(document.kind, ())
    ]


def judge(*, document: Document, judged: dict[str, bool], by: User, now: dt.datetime) -> None:
    """Store the BDM's verdict on each requirement; only those of this kind count."""
    kept = {asked.value: judged[asked] for asked in ASKED.get(document.kind, ()) if asked in judged}
    with transaction.atomic():
        changed = Document.objects.filter(pk=document.pk).exclude(judged=kept)
        if changed.update(judged=kept, judged_by=by, judged_at=now):
            history.add(document.enrollment, "document_judged", at=now, actor=by, source="bdm", document=document.kind)


def take_back(*, document: Document, by: User, now: dt.datetime) -> bool:
    """Withdraw a partner's own document and delete its file. Return False if it is judged, or Ingram's."""
    with transaction.atomic():
        rows = Document.objects.filter(pk=document.pk, removed_at=None, judged_at=None, by_staff=False)
        if not rows.update(removed_at=now, next_check_at=None, lease_until=None):
            return False
        deletions.discard(STORE, document.file.name, now=now)
        history.add(document.enrollment, "document_removed", at=now, actor=by, document=document.kind)
    deletions.delete_now(document.file.name)
    return True


def open_file(document: Document, *, for_staff: bool) -> Any:
    """Return the open file. Raises: NotServedError, FileNotFoundError, OSError (the store cannot give it now)."""
    if document.removed_at or is_hidden(document, for_staff=for_staff):
        raise NotServedError
    return document.file.open("rb")


def open_or_none(document: Document) -> IO[bytes] | None:
    """Return the open file; None for one that is not served to partners, or that the store has lost.

    Raises: OSError: the store cannot give it now.
    """
    try:
        found: IO[bytes] = open_file(document, for_staff=False)
    except (NotServedError, FileNotFoundError):
        return None
    return found


def is_hidden(document: Document, *, for_staff: bool) -> bool:
    """Return True for a virus; for a document that is not scanned yet, True for all but the uploader's side."""
    is_unscanned_other = document.scan == ScanState.PENDING and document.by_staff != for_staff
    return document.scan == ScanState.INFECTED or is_unscanned_other


def scanned(*, claim: claims.Claim, state: ScanState, says: str, now: dt.datetime) -> bool:
    """Store the scanner's result; a document with a virus is shown to nobody from then on. Return False if stale."""
    with transaction.atomic():
        document = Document.objects.select_related("enrollment").filter(pk=claim.pk).first()
        settled = claims.settle(claim, next_check_at=None, scan=state, scan_says=says[:200])
        if settled and document and state == ScanState.INFECTED:
            history.add(document.enrollment, "document_infected", at=now, source="api", document=document.kind)
    return bool(settled)


def scan_unscanned(now: dt.datetime) -> int:
    """Have documents scanned that came while no scanner was set up, once there is one. Return how many are due now.

    At most ``UNSCANNED`` a time, so that new documents do not wait behind them. They stay visible meanwhile, as before.
    """
    if not settings.SCANNER_ADDRESS:
        return 0
    waiting = Document.objects.filter(scan=ScanState.UNAVAILABLE, removed_at=None, next_check_at=None, parked_at=None)
    chosen = waiting.order_by("-uploaded_at").values("pk")[:UNSCANNED]
    return Document.objects.filter(pk__in=chosen, next_check_at=None).update(next_check_at=now, attempt=0)


def of_enrollment(enrollment: Enrollment) -> list[Document]:
    """Return all documents but withdrawn ones, the newest first."""
    return list(rows_of(enrollment))


def rows_of(enrollment: Enrollment) -> QuerySet[Document]:
    """Return the rows of ``of_enrollment``; a page reads them with others."""
    rows = enrollment.documents.filter(removed_at=None).select_related("uploaded_by", "judged_by", "partner_request")
    return rows.order_by("-uploaded_at")
