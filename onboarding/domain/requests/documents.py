"""Documents as evidence: taken in, scanned, judged requirement by requirement.

Source: [ms-store-documents] (age, validity, names), [ms-upload-documents] (format, 8 MB).
"""

import datetime as dt
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from onboarding.domain import history
from onboarding.enums import DocumentKind, Requirement, ScanState
from onboarding.models import Document, Enrollment, PartnerRequest
from onboarding.models.document import QUEUE
from portal import uploads
from portal.accounts.models import User
from portal.work import claims

MAX_BYTES = 8 * 1024 * 1024
MAX_DOCUMENTS = 50  # of one enrollment, not taken back
LONGEST_NAME = 150
RECENT_DAYS = 365
LASTS_DAYS = 61
# What is asked of which kind; a picture of a page is only asked to be recent.
ASKED: dict[str, tuple[Requirement, ...]] = {
    DocumentKind.DOMAIN_INVOICE: tuple(Requirement),
    DocumentKind.ASSIGNMENT: tuple(Requirement),
    DocumentKind.REGISTER_EXTRACT: (Requirement.RECENT, Requirement.LASTS, Requirement.NAMES_COMPANY),
    DocumentKind.ADDRESS_PROOF: (Requirement.RECENT, Requirement.LASTS, Requirement.NAMES_COMPANY),
    DocumentKind.DUNS_PROOF: (Requirement.RECENT, Requirement.NAMES_COMPANY),
    DocumentKind.SCREEN: (Requirement.RECENT,),
    DocumentKind.OTHER: (),
}


class TooManyError(Exception):
    """The enrollment holds as many documents as it may."""


class NotServedError(Exception):
    """The document is not shown to anybody: it holds a virus, or is still being scanned."""


@dataclass(frozen=True)
class RequirementVerdict:
    """One requirement: what the uploader says (None: nothing), and what the BDM found (None: not looked yet)."""

    requirement: Requirement
    said: bool | None
    judged: bool | None

    @property
    def holds(self) -> bool | None:
        return self.said if self.judged is None else self.judged


@dataclass(frozen=True)
class Upload:
    """What the uploader tells of a file whose type has been looked into (``portal.uploads``)."""

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
    """Keep the document; the same file for the same purpose is kept once. It is scanned before anybody else sees it.

    Raises: TooManyError.
    """
    digest = hashlib.sha256(upload.content).hexdigest()
    there = enrollment.documents.filter(digest=digest, kind=upload.kind, removed_at=None)
    if known := there.first():
        return known
    if enrollment.documents.filter(removed_at=None).count() >= MAX_DOCUMENTS:
        raise TooManyError
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
    # The bytes are on the disk before the row is: a row without its file would be a lost document.
    document.file.save(document.name, ContentFile(upload.content), save=False)
    _sync(document)
    try:
        with transaction.atomic():
            document.save(force_insert=True)
            source = "bdm" if by_staff else ""
            history.add(enrollment, "document_added", at=now, actor=by, source=source, document=upload.kind)
    except IntegrityError:
        document.file.delete(save=False)
        return there.get()
    return document


def _name_of(upload: Upload) -> str:
    """The given name on one line, ending as what the file is: a BDM's computer opens it by that."""
    visible = "".join(letter for letter in " ".join(upload.name.split()) if letter.isprintable())
    stem = re.sub(r"\.[A-Za-z][A-Za-z0-9]{0,4}$", "", visible).strip(" .") or "document"
    suffix = _SUFFIXES[upload.kind_of_file]
    return stem[: LONGEST_NAME - len(suffix)] + suffix


_SUFFIXES = {uploads.PDF: ".pdf", uploads.PNG: ".png", uploads.JPEG: ".jpg"}


def _sync(document: Document) -> None:
    try:
        path = Path(document.file.path)
    except NotImplementedError:  # a storage that is not a disk answers for itself
        return
    for each in (path, path.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _said(upload: Upload, today: dt.date) -> dict[str, bool]:
    facts = {
        Requirement.RECENT: None if upload.issued_on is None else (today - upload.issued_on).days <= RECENT_DAYS,
        Requirement.LASTS: upload.expires_on is None or (upload.expires_on - today).days >= LASTS_DAYS,
        Requirement.NAMES_COMPANY: upload.names_company,
        Requirement.NAMES_DOMAIN: upload.names_domain,
    }
    return {asked: bool(facts[asked]) for asked in ASKED[upload.kind] if facts[asked] is not None}


def verdicts(document: Document) -> list[RequirementVerdict]:
    """Requirement by requirement, in their order."""
    return [
        RequirementVerdict(asked, document.says.get(asked), document.judged.get(asked))
        for asked in ASKED.get(document.kind, ())
    ]


def judge(*, document: Document, judged: dict[str, bool], by: User, now: dt.datetime) -> None:
    """Keep what the BDM found for each requirement; only those that are asked of this kind count."""
    kept = {asked.value: judged[asked] for asked in ASKED.get(document.kind, ()) if asked in judged}
    with transaction.atomic():
        changed = Document.objects.filter(pk=document.pk).exclude(judged=kept)
        if changed.update(judged=kept, judged_by=by, judged_at=now):
            history.add(document.enrollment, "document_judged", at=now, actor=by, source="bdm", document=document.kind)


def take_back(*, document: Document, by: User, now: dt.datetime) -> bool:
    """The partner withdraws what is his, as long as no BDM has judged it; False if he may not. The file goes."""
    with transaction.atomic():
        rows = Document.objects.filter(pk=document.pk, removed_at=None, judged_at=None, by_staff=False)
        if not rows.update(removed_at=now, next_check_at=None, lease_until=None):
            return False
        history.add(document.enrollment, "document_removed", at=now, actor=by, document=document.kind)
    document.file.delete(save=False)
    return True


def open_file(document: Document, *, for_staff: bool) -> Any:
    """The file to be sent. Raises: NotServedError."""
    if document.removed_at or is_hidden(document, for_staff=for_staff):
        raise NotServedError
    return document.file.open("rb")


def is_hidden(document: Document, *, for_staff: bool) -> bool:
    """A virus is shown to nobody; what is not scanned yet, to the uploader's side only."""
    is_unscanned_other = document.scan == ScanState.PENDING and document.by_staff != for_staff
    return document.scan == ScanState.INFECTED or is_unscanned_other


def scanned(*, claim: claims.Claim, state: ScanState, says: str, now: dt.datetime) -> bool:
    """Keep what the scanner said; a document with a virus is shown to nobody from here on. False if stale."""
    with transaction.atomic():
        document = Document.objects.select_related("enrollment").filter(pk=claim.pk).first()
        settled = claims.settle(claim, next_check_at=None, scan=state, scan_says=says[:200])
        if settled and document and state == ScanState.INFECTED:
            history.add(document.enrollment, "document_infected", at=now, source="api", document=document.kind)
    return bool(settled)


def of_enrollment(enrollment: Enrollment) -> list[Document]:
    """All that are not taken back, the newest first."""
    rows = enrollment.documents.filter(removed_at=None).select_related("uploaded_by", "judged_by", "partner_request")
    return list(rows.order_by("-uploaded_at"))
