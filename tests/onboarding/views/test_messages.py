"""Messages between a partner and Ingram Micro: written once, read by whom they concern, notes by nobody else."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onboarding.domain.mail import messages
from onboarding.models import Document, Enrollment, Message, Reading
from portal.accounts.models import User
from portal.notices.models import DigestLine, Mail
from portal.partners.models import Membership, Role
from tests import sample_documents
from tests.builders import NOW, make_bdm, make_user
from tests.portal.people import page

pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SECRET = "Between ourselves: 7319"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def colleague(enrollment: Enrollment, role: str = Role.VIEWER, name: str = "Camille Collègue") -> User:
    user = make_user(name=name)
    Membership.objects.create(partner=enrollment.partner, user=user, role=role)
    return user


def send(client: Client, enrollment: Enrollment, body: str = "Bonjour", *, desk: bool = False, **values: Any) -> Any:
    path = f"/desk/{enrollment.pk}/messages/" if desk else f"/enrollments/{enrollment.pk}/messages/"
    return client.post(path, {"body": body, "key": "k" * 32, **values})


def note(enrollment: Enrollment, by: User, **values: Any) -> Message:
    written = messages.write(
        enrollment=enrollment, author=by, body=SECRET, key="note", now=NOW, by_staff=True, internal=True, **values
    )
    assert written is not None
    return written


# --- the thread ------------------------------------------------------------------------------------------------------


def test_both_sides_read_the_same_thread(as_reseller: Client, as_bdm: Client, enrollment: Enrollment):
    send(as_reseller, enrollment, "La facture arrive.")
    send(as_bdm, enrollment, "Merci.", desk=True)

    for client, path in ((as_reseller, "/enrollments"), (as_bdm, "/desk")):
        shown = client.get(f"{path}/{enrollment.pk}/messages/").content.decode()
        assert ("La facture arrive." in shown, "Merci." in shown) == (True, True)


def test_message_sent_twice_is_kept_once(as_reseller: Client, enrollment: Enrollment, bdm: User):
    answers = [send(as_reseller, enrollment).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert (enrollment.messages.count(), DigestLine.objects.filter(user=bdm).count()) == (1, 1)


def test_same_form_with_another_text_is_another_message(as_reseller: Client, enrollment: Enrollment):
    send(as_reseller, enrollment, "Une")
    send(as_reseller, enrollment, "Deux")

    assert [m.body for m in enrollment.messages.order_by("pk")] == ["Une", "Deux"]


@pytest.mark.parametrize(("body", "status"), [("", 422), ("  ", 422), ("x" * 4000, 302), ("x" * 4001, 422)])
def test_text_is_asked_for_and_bounded(as_reseller: Client, enrollment: Enrollment, body: str, status: int):
    response = send(as_reseller, enrollment, body)

    assert response.status_code == status
    # Nothing typed is lost.
    assert status == 302 or body.strip() in response.content.decode()


def test_html_in_a_message_is_shown_as_typed(as_reseller: Client, enrollment: Enrollment):
    send(as_reseller, enrollment, "<b onclick=x>gras</b>")

    assert "&lt;b onclick=x&gt;gras" in as_reseller.get(f"/enrollments/{enrollment.pk}/messages/").content.decode()


def test_viewer_reads_and_does_not_write(as_reseller: Client, enrollment: Enrollment):
    send(as_reseller, enrollment, "Pour tous")
    viewer = client_of(colleague(enrollment))

    assert "Pour tous" in viewer.get(f"/enrollments/{enrollment.pk}/messages/").content.decode()
    assert send(viewer, enrollment).status_code == 404


def test_outsiders_find_nothing(as_outsider: Client, enrollment: Enrollment):
    german = client_of(make_bdm("DE").user)
    paths = [f"/enrollments/{enrollment.pk}/messages/", f"/desk/{enrollment.pk}/messages/"]
    reads = [f"{path}read/" for path in paths]

    found = [
        (path, method)
        for client in (as_outsider, german)
        for method, path in [("post", path) for path in (*paths, *reads)] + [("get", path) for path in paths]
        if getattr(client, method)(path, {"upto": "1", "body": "x"}).status_code != 404
    ]

    assert found == []


def test_long_thread_has_pages_and_costs_the_same(as_bdm: Client, bdm: User, enrollment: Enrollment):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_bdm.get(f"/desk/{enrollment.pk}/messages/")
        return len(captured)

    def add(count: int) -> None:
        Message.objects.bulk_create(
            Message(enrollment=enrollment, author=enrollment.created_by, body=f"Nr {n}", mentions=[bdm.pk],
                    key=f"{count}-{n}", written_at=NOW)
            for n in range(count)
        )  # fmt: skip

    add(1)
    one = cost()
    add(70)

    assert cost() == one
    newest = messages.of_enrollment(enrollment)
    older = messages.of_enrollment(enrollment, before=newest.before)
    oldest = messages.of_enrollment(enrollment, before=older.before)
    assert [len(part.rows) for part in (newest, older, oldest)] == [30, 30, 11]
    assert (newest.rows[-1].body, oldest.rows[0].body, oldest.before) == ("Nr 69", "Nr 0", 0)


def test_messages_cannot_be_changed_or_deleted(as_reseller: Client, enrollment: Enrollment):
    send(as_reseller, enrollment)

    for deed in (lambda: Message.objects.update(body="Autre"), lambda: Message.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()


# --- documents -------------------------------------------------------------------------------------------------------


def test_new_document_comes_along_with_a_message(as_reseller: Client, enrollment: Enrollment):
    file = SimpleUploadedFile("facture.pdf", sample_documents.pdf())
    values = {"file": file, "kind": "other"}

    assert send(as_reseller, enrollment, "Voici", **values).status_code == 302

    document = Document.objects.get()
    assert (document.name, enrollment.messages.get().papers) == ("facture.pdf", [document.pk])
    assert "facture.pdf" in as_reseller.get(f"/enrollments/{enrollment.pk}/messages/").content.decode()


def test_bdm_sends_a_new_document_which_the_partner_reads_once_it_is_scanned(
    as_reseller: Client, as_bdm: Client, enrollment: Enrollment, bdm: User
):
    file = SimpleUploadedFile("Modèle d'attestation.pdf", sample_documents.pdf())
    assert send(as_bdm, enrollment, "Voici le modèle.", desk=True, file=file, kind="other").status_code == 302

    document = Document.objects.get()
    path = f"/enrollments/{enrollment.pk}/documents/{document.pk}/"
    thread = f"/enrollments/{enrollment.pk}/messages/"
    own = as_bdm.get(path)
    b"".join(own.streaming_content)
    before = (own.status_code, as_reseller.get(path).status_code)
    Document.objects.update(scan="clean")
    listed = as_reseller.get(f"/enrollments/{enrollment.pk}/documents/").content.decode()

    assert enrollment.messages.get().papers == [document.pk]
    assert (document.by_staff, document.uploaded_by) == (True, bdm)
    assert enrollment.events.get(kind="document_added").source == "bdm"
    assert before == (200, 409)
    assert f'href="{path}"' in as_reseller.get(thread).content.decode()
    assert f"{bdm} (Ingram Micro)" in listed
    assert "take-back" not in listed
    assert as_reseller.post(f"{path}take-back/", {"sure": "1"}).status_code == 302
    assert Document.objects.get().removed_at is None


def test_note_takes_no_document_along(as_bdm: Client, enrollment: Enrollment):
    file = SimpleUploadedFile("a.pdf", sample_documents.pdf())
    send(as_bdm, enrollment, "Entre nous", desk=True, internal="1", file=file, kind="other")

    assert (enrollment.messages.get().papers, Document.objects.count()) == ([], 0)


def test_bdm_s_document_is_looked_into_like_any_other(as_bdm: Client, enrollment: Enrollment):
    file = SimpleUploadedFile("a.pdf", sample_documents.pdf_with_script())
    response = send(as_bdm, enrollment, "Voici.", desk=True, file=file, kind="other")

    assert response.status_code == 422
    assert "script" in response.content.decode()
    assert not Document.objects.exists()


def test_document_that_cannot_be_kept_keeps_the_text(as_reseller: Client, enrollment: Enrollment):
    response = send(as_reseller, enrollment, "Voici", file=SimpleUploadedFile("a.pdf", b"no pdf"), kind="other")

    assert response.status_code == 422
    assert "Voici" in response.content.decode()
    assert not enrollment.messages.exists()


def test_document_is_kept_where_the_text_is_missing(as_reseller: Client, enrollment: Enrollment):
    response = send(as_reseller, enrollment, "", file=SimpleUploadedFile("a.pdf", sample_documents.pdf()), kind="other")

    assert response.status_code == 422
    [box] = page(response).all("input", value=str(Document.objects.get().pk))
    assert "checked" in box.attrs


def test_documents_of_another_file_are_left_out(as_reseller: Client, as_outsider: Client, enrollment: Enrollment):
    theirs = Enrollment.objects.exclude(pk=enrollment.pk).get()
    file = SimpleUploadedFile("secret.pdf", sample_documents.pdf())
    as_outsider.post(f"/enrollments/{theirs.pk}/documents/", {"file": file, "kind": "other"})

    written = messages.write(
        enrollment=enrollment, author=enrollment.created_by, body="x", key="k", now=NOW,
        papers=[Document.objects.get().pk],
    )  # fmt: skip

    assert written is not None
    assert written.papers == []


# --- who is told -----------------------------------------------------------------------------------------------------


def test_ingrams_message_is_mailed_at_once_in_the_files_thread(as_bdm: Client, enrollment: Enrollment):
    send(as_bdm, enrollment, "Il manque la facture.", desk=True)

    [mail] = Mail.objects.filter(code="message")
    assert (mail.to, mail.thread) == (enrollment.created_by.email, f"enrollment-{enrollment.pk}")
    assert "Il manque la facture." in mail.text
    assert f"/enrollments/{enrollment.pk}/messages/#message-" in mail.text


def test_partners_message_waits_for_the_bdms_summary(as_reseller: Client, bdm: User, enrollment: Enrollment):
    send(as_reseller, enrollment)

    assert not Mail.objects.filter(to=bdm.email).exists()
    [line] = DigestLine.objects.filter(user=bdm)
    assert f"/desk/{enrollment.pk}/messages/#message-" in line.link


def test_who_is_mentioned_is_told_at_once(as_reseller: Client, enrollment: Enrollment):
    viewer = colleague(enrollment)

    send(as_reseller, enrollment, "Peux-tu regarder ?", mentions=[str(viewer.pk)])

    assert [mail.code for mail in Mail.objects.filter(to=viewer.email)] == ["mentioned"]
    assert "Camille Collègue" in as_reseller.get(f"/enrollments/{enrollment.pk}/messages/").content.decode()


def test_nobody_else_can_be_mentioned(as_reseller: Client, outsider: User, bdm: User, enrollment: Enrollment):
    response = send(as_reseller, enrollment, mentions=[str(outsider.pk)])
    written = messages.write(
        enrollment=enrollment, author=enrollment.created_by, body="x", key="k", now=NOW, mentions=[outsider.pk, bdm.pk]
    )

    assert response.status_code in (302, 422)
    assert written is not None
    assert written.mentions == []
    assert not Mail.objects.filter(to=outsider.email).exists()


# --- internal notes --------------------------------------------------------------------------------------------------


def test_note_is_kept_apart_and_mailed_to_the_mentioned_colleague_only(as_bdm: Client, enrollment: Enrollment):
    other = make_bdm("FR").user

    send(as_bdm, enrollment, SECRET, desk=True, internal="1", mentions=[str(other.pk)])

    assert [m.internal for m in enrollment.messages.all()] == [True]
    assert [(mail.to, mail.code) for mail in Mail.objects.all()] == [(other.email, "mentioned")]
    assert SECRET in as_bdm.get(f"/desk/{enrollment.pk}/messages/").content.decode()


def test_partner_cannot_write_a_note(as_reseller: Client, enrollment: Enrollment):
    send(as_reseller, enrollment, internal="1")
    messages.write(enrollment=enrollment, author=enrollment.created_by, body="x", key="k", now=NOW, internal=True)

    assert [m.internal for m in enrollment.messages.all()] == [False, False]


# That nobody else reads it on any page: tests/test_matrix.py.


def test_note_is_in_no_mail_summary_or_count_of_a_partner(bdm: User, enrollment: Enrollment):
    note(enrollment, bdm, mentions=[enrollment.created_by.pk])

    assert not Mail.objects.filter(text__contains=SECRET).exists()
    assert not DigestLine.objects.exists()
    assert messages.unread_of(enrollment, enrollment.created_by, for_staff=False) == 0
    assert not enrollment.events.filter(at=NOW, actor=bdm).exists()


def test_partner_marks_no_note_as_read(as_reseller: Client, bdm: User, enrollment: Enrollment):
    written = note(enrollment, bdm)

    as_reseller.post(f"/enrollments/{enrollment.pk}/messages/read/", {"upto": str(written.pk)})

    assert not Reading.objects.filter(user=enrollment.created_by).exists()


# --- unread ----------------------------------------------------------------------------------------------------------


def test_unread_is_counted_until_it_is_read(as_reseller: Client, as_bdm: Client, enrollment: Enrollment):
    send(as_bdm, enrollment, "Une", desk=True)
    send(as_bdm, enrollment, "Deux", desk=True)
    assert "2 nouveaux messages" in as_reseller.get("/home/").content.decode()
    path = f"/enrollments/{enrollment.pk}/messages/"

    as_reseller.get(path)
    still = messages.unread_of(enrollment, enrollment.created_by, for_staff=False)
    newest = Message.objects.latest("pk").pk
    for upto in (newest, newest - 1, "x", ""):
        assert as_reseller.post(f"{path}read/", {"upto": str(upto)}).status_code == 302

    assert (still, messages.unread_of(enrollment, enrollment.created_by, for_staff=False)) == (2, 0)
    assert "nouveaux messages" not in as_reseller.get("/home/").content.decode()


def test_desk_counts_messages_and_notes_of_others(as_bdm: Client, as_reseller: Client, enrollment: Enrollment):
    send(as_reseller, enrollment)
    note(enrollment, make_bdm("FR").user)
    send(as_bdm, enrollment, "La mienne", desk=True, key="own")

    # Who writes has read what was there.
    assert "nouveau message" not in as_bdm.get("/desk/?view=all").content.decode()
    send(as_reseller, enrollment, "Encore")
    assert "1 nouveau message" in as_bdm.get("/desk/?view=all").content.decode()
