"""Documents: looked into, kept under a random name, scanned, served as attachment to those who may, judged."""

import datetime as dt
import stat
from typing import Any

import pytest
from django.conf import settings as conf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from onboarding.domain.enrollment import lifecycle
from onboarding.domain.requests import documents
from onboarding.enums import ScanState
from onboarding.models import Document, Enrollment
from onboarding.sandbox.records import Fault
from onboarding.sandbox.scanner_twin import EICAR
from onboarding.sandbox.servers import Sandbox
from onboarding.work import documents as work
from portal.work import periodic
from portal.work.loop import do_once
from portal.work.models import Queue
from tests import sample_documents
from tests.builders import NOW, fill_steps_1_to_3
from tests.onboarding.connectors.conftest import sandbox, servers_running  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def submitted(enrollment: Enrollment) -> Enrollment:
    fill_steps_1_to_3(enrollment)
    return lifecycle.submit(enrollment=enrollment, by=enrollment.created_by, now=NOW)


@pytest.fixture
def scanner(sandbox: Sandbox, settings: Any) -> Sandbox:  # noqa: F811
    settings.SCANNER_ADDRESS = f"127.0.0.1:{sandbox.scanner_port}"
    return sandbox


ISSUED = (timezone.localdate() - dt.timedelta(days=40)).isoformat()


def form(content: bytes = b"", *, name: str = "Facture Éric.pdf", **values: Any) -> dict[str, Any]:
    return {
        "file": SimpleUploadedFile(name, sample_documents.pdf() if content == b"" else content),
        "kind": "domain_invoice",
        "issued_on": ISSUED,
        "names_company": "yes",
        "names_domain": "yes",
        **values,
    }


def add(client: Client, enrollment: Enrollment, content: bytes = b"", **values: Any) -> Document:
    assert client.post(f"/enrollments/{enrollment.pk}/documents/", form(content, **values)).status_code == 302
    return Document.objects.latest("uploaded_at")


def scan() -> None:
    """A worker comes by; by the test's transaction, what was added a moment ago is not due yet."""
    Document.objects.filter(scan=ScanState.PENDING).update(next_check_at=NOW)
    Queue.objects.update(closed_until=None)
    do_once(work.KIND)


def test_document_that_expires_before_it_was_issued_is_refused(as_reseller: Client, submitted: Enrollment) -> None:
    typed = form(b"", issued_on="2026-06-01", expires_on="2026-05-31")

    answer = as_reseller.post(f"/enrollments/{submitted.pk}/documents/", typed)

    assert answer.status_code == 422
    assert "Un document ne peut pas expirer avant d’avoir été délivré." in answer.content.decode()
    assert not Document.objects.exists()


def test_document_lies_outside_the_web_root_under_a_random_name(as_reseller: Client, submitted: Enrollment):
    document = add(as_reseller, submitted)

    assert document.name == "Facture Éric.pdf"
    assert "Facture" not in document.file.path
    assert str(conf.STATIC_ROOT) not in document.file.path
    assert stat.S_IMODE((conf.DOCUMENTS_ROOT / document.file.name).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.exe", "a.pdf"),
        ("a.PDF", "a.pdf"),
        ("a", "a.pdf"),
        (".pdf", "document.pdf"),
        ("Facture 2026.117", "Facture 2026.117.pdf"),
        ("Facture\u00a0no\u202efdp.exe", "Facture nofdp.pdf"),
        ("one\r\ntwo\x07.pdf", "one two.pdf"),
        ("é" * 200 + ".pdf", "é" * 146 + ".pdf"),
    ],
)
def test_document_s_name_ends_as_what_it_is(submitted: Enrollment, given: str, kept: str):
    upload = documents.Upload(kind="other", name=given, kind_of_file="pdf", content=sample_documents.pdf())

    document = documents.take_in(
        enrollment=submitted, upload=upload, by=submitted.created_by, now=NOW, today=NOW.date()
    )

    assert document.name == kept


def test_picture_that_calls_itself_a_pdf_is_served_as_a_picture(as_reseller: Client, submitted: Enrollment):
    document = add(as_reseller, submitted, sample_documents.picture("JPEG"), name="page.pdf")

    response = as_reseller.get(f"/enrollments/{submitted.pk}/documents/{document.pk}/")
    b"".join(response.streaming_content)

    assert response["Content-Disposition"] == 'attachment; filename="page.jpg"'


def test_same_document_twice_is_kept_once(as_reseller: Client, submitted: Enrollment):
    first = add(as_reseller, submitted)
    second = add(as_reseller, submitted)

    assert first == second
    assert submitted.events.filter(kind="document_added").count() == 1


def test_document_is_served_as_attachment_under_a_sandbox_policy(as_reseller: Client, submitted: Enrollment):
    document = add(as_reseller, submitted)

    response = as_reseller.get(f"/enrollments/{submitted.pk}/documents/{document.pk}/")
    content = b"".join(response.streaming_content)

    assert content == sample_documents.pdf()
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["Content-Security-Policy"].startswith("sandbox;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"MZ" + bytes(200), "PDF, PNG"),
        (sample_documents.pdf_with_script(), "script"),
        (sample_documents.pdf_with_a_password(), "passe"),
        (b"%PDF-" + bytes(documents.MAX_BYTES), "8"),
    ],
    ids=["a program", "a script", "a password", "too large"],
)
def test_what_is_not_taken_is_explained_and_the_rest_kept(
    as_reseller: Client, submitted: Enrollment, content: bytes, says: str
):
    response = as_reseller.post(f"/enrollments/{submitted.pk}/documents/", form(content))

    page = response.content.decode()
    assert response.status_code == 422
    assert says in page
    assert f'value="{ISSUED}"' in page
    assert not Document.objects.exists()


def test_empty_file_is_refused(as_reseller: Client, submitted: Enrollment):
    response = as_reseller.post(
        f"/enrollments/{submitted.pk}/documents/", {**form(), "file": SimpleUploadedFile("empty.pdf", b"")}
    )

    assert response.status_code == 422
    assert not Document.objects.exists()


def test_old_document_is_taken_and_says_what_microsoft_would_object(as_reseller: Client, submitted: Enrollment):
    document = add(as_reseller, submitted, issued_on="2024-01-01", names_domain="no")
    page = as_reseller.get(f"/enrollments/{submitted.pk}/documents/").content.decode()

    assert document.says == {"recent": False, "lasts": True, "names_company": True, "names_domain": False}
    assert "Microsoft" in page
    assert "paper-objection" in page


def test_requirement_left_unanswered_is_asked_at_its_field(as_reseller: Client, submitted: Enrollment):
    response = as_reseller.post(
        f"/enrollments/{submitted.pk}/documents/", form(issued_on="", names_company="", names_domain="")
    )

    assert response.context["form"].errors == {
        "file": [
            "Choisissez de nouveau le fichier\u00a0: le navigateur l’oublie quand une autre réponse est à corriger."
        ],
        "issued_on": ["Saisissez la date imprimée sur le document."],
        "names_company": [
            "Vérifiez si le nom de l’entreprise figure à l’identique sur le document, et choisissez oui ou non."
        ],
        "names_domain": ["Vérifiez si le nom de domaine figure sur le document, et choisissez oui ou non."],
    }


@pytest.mark.parametrize(
    ("kind", "optional"),
    [
        ("", ["expires_on"]),  # as it is shown first: an invoice
        ("register_extract", ["expires_on", "names_domain"]),
        ("other", ["issued_on", "expires_on", "names_company", "names_domain"]),
    ],
)
def test_only_what_is_not_asked_of_a_document_is_called_optional(
    as_reseller: Client, submitted: Enrollment, kind: str, optional: list[str]
):
    path = f"/enrollments/{submitted.pk}/documents/"
    response = as_reseller.post(path, {"kind": kind}) if kind else as_reseller.get(path)

    shown = [name for name, field in response.context["form"].fields.items() if not field.required]
    assert shown == optional
    assert response.content.decode().count("(facultatif)") == len(optional)


# --- the scanner -----------------------------------------------------------------------------------------------------


def test_clean_document_reaches_the_bdm_once_it_is_scanned(
    as_reseller: Client, as_bdm: Client, submitted: Enrollment, scanner: Sandbox
):
    document = add(as_reseller, submitted)
    path = f"/enrollments/{submitted.pk}/documents/{document.pk}/"
    before = as_bdm.get(path)
    scan()
    after = as_bdm.get(path)
    b"".join(after.streaming_content)

    assert (before.status_code, after.status_code) == (409, 200)
    assert Document.objects.get().scan == ScanState.CLEAN


def test_infected_document_is_shown_to_nobody(
    as_reseller: Client, as_bdm: Client, submitted: Enrollment, scanner: Sandbox
):
    document = add(as_reseller, submitted, sample_documents.pdf() + EICAR)
    scan()

    path = f"/enrollments/{submitted.pk}/documents/{document.pk}/"
    assert [client.get(path).status_code for client in (as_reseller, as_bdm)] == [409, 409]
    assert Document.objects.get().scan_says == "Eicar-Test-Signature"
    assert submitted.events.filter(kind="document_infected").count() == 1


def test_without_a_scanner_it_says_so(as_reseller: Client, as_bdm: Client, submitted: Enrollment, settings: Any):
    settings.SCANNER_ADDRESS = ""
    document = add(as_reseller, submitted)
    scan()

    served = as_bdm.get(f"/enrollments/{submitted.pk}/documents/{document.pk}/")
    b"".join(served.streaming_content)
    assert served.status_code == 200
    assert Document.objects.get().scan == ScanState.UNAVAILABLE


def test_what_came_before_the_scanner_is_scanned_once_there_is_one(
    as_reseller: Client, submitted: Enrollment, scanner: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "UNSCANNED", 2)
    address, settings.SCANNER_ADDRESS = settings.SCANNER_ADDRESS, ""
    for ending in (b"\n", b"\n\n", EICAR):
        add(as_reseller, submitted, sample_documents.pdf() + ending)
    taken_back = add(as_reseller, submitted, sample_documents.pdf() + b"\n\n\n")
    for _document in range(4):
        scan()
    documents.take_back(document=taken_back, by=submitted.created_by, now=NOW)
    do = periodic.JOBS["unscanned-documents"].do
    without = do(NOW)

    settings.SCANNER_ADDRESS = address
    runs = []
    for _run in range(3):
        runs.append(do(NOW))
        for _document in range(2):
            scan()

    assert (without, runs) == (0, [2, 1, 0])
    states = Document.objects.filter(removed_at=None).values_list("scan", flat=True)
    assert sorted(states) == [ScanState.CLEAN, ScanState.CLEAN, ScanState.INFECTED]
    assert Document.objects.get(pk=taken_back.pk).scan == ScanState.UNAVAILABLE


def test_what_a_scanner_cannot_take_is_not_tried_for_ever(
    as_reseller: Client, submitted: Enrollment, scanner: Sandbox, settings: Any
) -> None:
    address, settings.SCANNER_ADDRESS = settings.SCANNER_ADDRESS, ""
    add(as_reseller, submitted)
    scan()
    settings.SCANNER_ADDRESS = address
    scanner.world.add_fault(Fault("scanner", "nonsense", 1))

    first = documents.scan_unscanned(NOW)
    scan()

    assert (first, documents.scan_unscanned(NOW)) == (1, 0)
    assert Document.objects.get().parked_why == "what answers there is no clamd"


@pytest.mark.parametrize("kind", ["drop", "error"])
def test_scanner_in_trouble_is_asked_again(as_reseller: Client, submitted: Enrollment, scanner: Sandbox, kind: str):
    scanner.world.add_fault(Fault("scanner", kind, 1))
    document = add(as_reseller, submitted)

    scan()
    document.refresh_from_db()
    waiting = (document.scan, document.errors, document.attempt)
    scan()

    assert waiting == (ScanState.PENDING, 1, 0)
    assert Document.objects.get().scan == ScanState.CLEAN


def test_what_is_no_scanner_parks_the_document(as_reseller: Client, submitted: Enrollment, scanner: Sandbox):
    scanner.world.add_fault(Fault("scanner", "nonsense", 1))
    add(as_reseller, submitted)

    scan()

    assert Document.objects.get().parked_why == "what answers there is no clamd"


# --- judging and taking back -----------------------------------------------------------------------------------------


def test_bdm_judges_requirement_by_requirement(as_reseller: Client, as_bdm: Client, submitted: Enrollment):
    document = add(as_reseller, submitted)
    Document.objects.update(scan=ScanState.CLEAN)
    as_bdm.post(
        f"/desk/{submitted.pk}/documents/{document.pk}/", {"recent": "yes", "names_company": "no", "nonsense": "yes"}
    )

    verdicts = documents.verdicts(Document.objects.get())
    assert [(one.requirement, one.said, one.judged) for one in verdicts] == [
        ("recent", True, True),
        ("lasts", True, None),
        ("names_company", True, False),
        ("names_domain", True, None),
    ]


def test_bdm_sees_what_he_judges_before_the_questions(as_reseller: Client, as_bdm: Client, submitted: Enrollment):
    document = add(as_reseller, submitted, expires_on="2026-12-24")
    Document.objects.update(scan=ScanState.CLEAN)

    page = as_bdm.get(f"/desk/{submitted.pk}/documents/{document.pk}/").content.decode()

    assert "24 décembre 2026" in page and "Indiqué par le partenaire\xa0: Oui" in page
    assert page.index('id="doc-title"') < page.index('name="recent"')
    assert 'class="optional"' not in page


def test_document_with_a_virus_is_not_offered_to_be_judged(as_reseller: Client, as_bdm: Client, submitted: Enrollment):
    document = add(as_reseller, submitted)
    path = f"/desk/{submitted.pk}/documents/{document.pk}/"
    Document.objects.update(scan=ScanState.CLEAN)
    before = as_bdm.get(f"/desk/{submitted.pk}/").content.decode()
    Document.objects.update(scan=ScanState.INFECTED)
    after = as_bdm.get(f"/desk/{submitted.pk}/").content.decode()

    assert (f'href="{path}"' in before, f'href="{path}"' in after) == (True, False)
    assert as_bdm.get(path).status_code == 409


def test_partner_takes_back_until_the_bdm_has_judged(as_reseller: Client, as_bdm: Client, submitted: Enrollment):
    kept, gone = add(as_reseller, submitted), add(as_reseller, submitted, kind="other")
    Document.objects.update(scan=ScanState.CLEAN)
    as_bdm.post(f"/desk/{submitted.pk}/documents/{kept.pk}/", {"recent": "yes"})
    path = conf.DOCUMENTS_ROOT / gone.file.name

    for document in (kept, gone):
        as_reseller.post(f"/enrollments/{submitted.pk}/documents/{document.pk}/take-back/", {"sure": "1"})

    assert list(Document.objects.filter(removed_at=None)) == [kept]
    assert not path.exists()


def test_a_question_says_what_is_lost_and_its_answer_deletes_once(as_reseller: Client, submitted: Enrollment) -> None:
    document = add(as_reseller, submitted)
    path = f"/enrollments/{submitted.pk}/documents/{document.pk}/take-back/"

    question = as_reseller.post(path)
    kept = Document.objects.get().removed_at
    answers = [as_reseller.post(path, {"sure": "1"}).status_code for _time in range(2)]

    shown = question.content.decode()
    assert (question.status_code, kept, answers) == (200, None, [302, 302])
    assert "supprimé définitivement" in shown and f'action="{path}"' in shown
    assert f'href="/enrollments/{submitted.pk}/documents/"' in shown
    assert Document.objects.get().removed_at is not None


def test_document_brought_again_says_what_its_uploader_says_now(as_reseller: Client, submitted: Enrollment):
    add(as_reseller, submitted, names_domain="no", issued_on="2019-01-01", expires_on="2020-01-01")

    corrected = add(as_reseller, submitted, names_domain="yes")

    assert Document.objects.get() == corrected
    assert (corrected.expires_on, {verdict.said for verdict in documents.verdicts(corrected)}) == (None, {True})


def test_document_brought_again_keeps_what_was_judged(as_reseller: Client, submitted: Enrollment):
    document = add(as_reseller, submitted, names_domain="no")
    documents.judge(document=document, judged={"names_domain": False}, by=submitted.created_by, now=NOW)

    add(as_reseller, submitted, names_domain="yes")

    document.refresh_from_db()
    assert (document.says["names_domain"], document.judged["names_domain"]) == (False, False)


def test_staff_s_copy_of_a_partner_s_document_changes_nothing_the_partner_said(
    as_reseller: Client, submitted: Enrollment
):
    document = add(as_reseller, submitted)
    upload = documents.Upload("domain_invoice", "a.pdf", "pdf", sample_documents.pdf())

    documents.take_in(
        enrollment=submitted, upload=upload, by=submitted.created_by, now=NOW, today=NOW.date(), by_staff=True
    )

    document.refresh_from_db()
    assert document.says["names_company"] is True
