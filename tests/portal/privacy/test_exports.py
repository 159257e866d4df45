"""Taking one's data: everything, once, for the person or the owners alone, and gone after a week."""

import csv
import datetime as dt
import io
import json
import zipfile
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from licensing.models import Customer, Line
from onboarding.models import Document, Enrollment, Message
from portal.accounts.models import User
from portal.notices.models import Mail
from portal.partners.models import Invitation, Membership, Partner, Role
from portal.privacy import archive, exports, registry, retention
from portal.privacy.models import DataExport, storage
from portal.stores import deletions
from portal.stores.models import FileDeletion
from portal.wording import has_decimal_comma
from portal.work import claims
from portal.work.loop import do_once
from tests.builders import NOW, make_bdm, make_partner, make_submitted, make_user
from tests.portal.people import grow_stale

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def made(by: User, partner: Partner | None = None, language: str = "en-gb") -> zipfile.ZipFile:
    asked = exports.ask(by=by, partner=partner, language=language, now=NOW)
    assert do_once(exports.KIND) == 1
    export = DataExport.objects.get(pk=asked.pk)
    with export.file.open("rb") as file:
        content = file.read()
    assert export.size == len(content)
    return zipfile.ZipFile(io.BytesIO(content))


def sections(file: zipfile.ZipFile) -> dict[str, Any]:
    return dict(json.loads(file.read("data.json"))["sections"])


def attach(enrollment: Enrollment, by: User, **fields: Any) -> Document:
    document = Document(
        enrollment=enrollment, kind="screen", name="../Kbis <été>.pdf", kind_of_file="pdf", size=4, digest="d",
        uploaded_by=by, uploaded_at=NOW, scan="clean", **fields,
    )  # fmt: skip
    document.file.save("x", ContentFile(b"%PDF"), save=False)
    document.save()
    return document


def with_contact(enrollment: Enrollment, **fields: str) -> Enrollment:
    Enrollment.objects.filter(pk=enrollment.pk).update(contact_email="Marie@acme.example", **fields)
    return enrollment


def write(enrollment: Enrollment, by: User, body: str, *, internal: bool = False) -> None:
    Message.objects.create(
        enrollment=enrollment, author=by, body=body, internal=internal, by_staff=internal, written_at=NOW, key=body
    )


def test_person_gets_everything_about_them_and_no_secret() -> None:
    me = make_user("marie@acme.example", name="Marie", password=PASSWORD)
    enrollment = with_contact(make_submitted(owner=me), contact_phone="+33 1 23 45 67 89")
    attach(enrollment, me)
    write(enrollment, me, '=HYPERLINK("x") <b>été</b>')
    Mail.objects.create(key="k", to="Marie@ACME.example", subject="Your answers", text="…", queue="mail")

    file = made(me)

    found = sections(file)
    assert [row["email"] for row in found["account"]] == ["marie@acme.example"]
    assert "password" not in found["account"][0]
    assert [row["body"] for row in found["messages"]] == ['=HYPERLINK("x") <b>été</b>']
    assert "Your answers" in [row["subject"] for row in found["mails"]]
    assert [row["contact_phone"] for row in found["contacts"]] == ["+33 1 23 45 67 89"]
    assert [row["role"] for row in found["memberships"]] == ["owner"]
    [document] = [name for name in file.namelist() if name.startswith("documents/")]
    assert file.read(document) == b"%PDF"
    assert ".." not in document and "<" not in document
    page = file.read("index.html").decode()
    assert "&lt;b&gt;été&lt;/b&gt;" in page
    # A formula in a CSV is no formula.
    [[_head], *rows] = [[row] for row in csv.reader(io.StringIO(file.read("messages.csv").decode("utf-8-sig")))]
    assert not rows[0][0][-1].startswith("=")


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_file_is_in_the_language_of_the_person(language: str) -> None:
    me = make_user(language=language)

    file = made(me, language=language)

    page = file.read("index.html").decode()
    assert f'<html lang="{language}">' in page
    with translation.override(language):
        label, head = str(registry.RECORDS["account"].label), str(User._meta.get_field("email").verbose_name)
    assert f"<h2>{label}</h2>" in page
    table = file.read("account.csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table), delimiter=";" if has_decimal_comma(language) else ","))
    assert head in rows[0]
    assert {len(row) for row in rows} == {len(rows[0])}


def test_nothing_of_other_people_is_in_it() -> None:
    me, other = make_user("marie@acme.example"), make_user("paul@other.example")
    theirs = with_contact(make_submitted(owner=other), marketplace_email="boss@other.example")
    attach(theirs, me)  # she has left the company since
    write(theirs, other, "secret plan")
    Mail.objects.create(key="k", to="paul@other.example", subject="For Paul", text="…", queue="mail")
    Mail.objects.create(key="s", to="marie@acme.example", subject="Link", text="token", queue="mail", secret=True)

    file = made(me)

    text = file.read("data.json").decode()
    for leak in ("secret plan", "For Paul", "boss@other.example", "paul@other.example", "token"):
        assert leak not in text
    # As the contact she learns who has her data, not what else that company answered.
    [contact] = sections(file)["contacts"]
    assert set(contact) == {
        "partner", "country", "contact_first_name", "contact_last_name", "contact_email", "contact_phone",
    }  # fmt: skip
    assert [name for name in file.namelist() if name.startswith("documents/")] == []


def test_address_that_nobody_confirmed_is_nobody_s() -> None:
    thief = make_user("thief@acme.example")
    EmailAddress.objects.create(user=thief, email="boss@acme.example", verified=False, primary=False)
    Mail.objects.create(key="k", to="boss@acme.example", subject="For the boss", text="…", queue="mail")
    Invitation.objects.create(
        partner=make_partner(owner=make_user()), email="boss@acme.example", token_hash="x", invited_by=make_user(),
        expires_at=NOW,
    )  # fmt: skip

    assert "boss@acme.example" not in json.dumps(
        {code: rows for code, rows in sections(made(thief)).items() if code != "addresses"}
    )


def test_company_takes_its_files_messages_and_customers_but_no_notes_of_staff() -> None:
    owner = make_user("marie@acme.example")
    enrollment = make_submitted(owner=owner)
    other = make_submitted(owner=make_user())
    bdm = make_bdm("FR").user
    attach(enrollment, owner)
    write(enrollment, owner, "for our BDM")
    write(enrollment, bdm, "they pay late", internal=True)
    write(other, other.created_by, "another company")
    customer = Customer.objects.create(partner=enrollment.partner, name="Nord", key="nord", sector="commercial")
    Line.objects.create(customer=customer, identity="1", product="Office 365", family="o", quantity=5, row_no=2)

    file = made(owner, enrollment.partner)

    found = sections(file)
    assert [row["body"] for row in found["messages"]] == ["for our BDM"]
    assert [row["product"] for row in found["licence-lines"]] == ["Office 365"]
    assert [row["mpn_id"] for row in found["contacts"]] == [enrollment.mpn_id]
    assert {row["partner"]["id"] for row in found["memberships"]} == {str(enrollment.partner_id)}
    assert "another company" not in file.read("data.json").decode()
    assert len([name for name in file.namelist() if name.startswith("documents/")]) == 1


def test_asked_for_twice_is_one() -> None:
    me = make_user()
    partner = make_partner(owner=me)
    client = signed_in(me)

    places = [client.post(reverse("privacy:ask_own"))["Location"] for _time in range(2)]
    companys = [client.post(reverse("privacy:ask_company", args=[partner.pk]))["Location"] for _time in range(2)]

    assert len(set(places)) == len(set(companys)) == 1
    assert DataExport.objects.count() == 2


def test_two_owners_share_one_file_of_their_company() -> None:
    first, second = make_user(), make_user()
    partner = make_partner(owner=first)
    Membership.objects.create(partner=partner, user=second, role=Role.OWNER)

    asked = {exports.ask(by=user, partner=partner, language="fr", now=NOW).pk for user in (first, second)}

    assert len(asked) == 1


@pytest.mark.parametrize("who", ["colleague", "stranger", "bdm", "admin", "former owner"])
def test_file_of_another_is_not_found(who: str) -> None:
    me = make_user()
    partner = make_partner(owner=me)
    made(me)
    made(me, partner)
    asking = make_bdm("FR").user if who == "bdm" else make_user(is_staff=who == "admin", is_superuser=who == "admin")
    if who == "colleague":
        Membership.objects.create(partner=partner, user=asking, role=Role.CONTRIBUTOR)
    if who == "former owner":
        membership = Membership.objects.create(partner=partner, user=asking, role=Role.OWNER)
        membership.delete()
    client = signed_in(asking)

    for export in DataExport.objects.all():
        assert client.get(reverse("privacy:export", args=[export.pk])).status_code == 404
        assert client.get(reverse("privacy:take", args=[export.pk])).status_code == 404
    assert client.get(reverse("privacy:company", args=[partner.pk])).status_code == 404
    assert client.post(reverse("privacy:ask_company", args=[partner.pk])).status_code == 404


def test_owner_takes_the_file_of_the_company_that_another_owner_asked_for() -> None:
    first, second = make_user(), make_user()
    partner = make_partner(owner=first)
    Membership.objects.create(partner=partner, user=second, role=Role.OWNER)
    made(first, partner)
    made(first)

    [of_company, of_person] = [DataExport.objects.get(partner=partner), DataExport.objects.get(partner=None)]
    client = signed_in(second)

    taken = client.get(reverse("privacy:take", args=[of_company.pk]))
    assert (taken.status_code, taken["Content-Type"]) == (200, "application/zip")
    assert b"".join(taken)[:2] == b"PK"  # type: ignore[call-overload]
    assert client.get(reverse("privacy:take", args=[of_person.pk])).status_code == 404


def test_who_has_a_password_confirms_it_before_asking_and_taking() -> None:
    me = make_user("marie@acme.example", password=PASSWORD)
    client = signed_in(me)
    grow_stale(client)

    asked = client.post(reverse("privacy:ask_own"))
    made(me)
    taken = client.get(reverse("privacy:take", args=[DataExport.objects.get().pk]))

    assert "/reauthenticate/" in asked["Location"] and "/reauthenticate/" in taken["Location"]
    back = client.post(taken["Location"], {"password": PASSWORD}, follow=True)
    assert back["Content-Type"] == "application/zip"
    assert b"".join(back)[:2] == b"PK"  # type: ignore[call-overload]


def test_file_goes_after_a_week_and_its_page_says_so() -> None:
    me = make_user(language="en-gb")
    made(me)
    export = DataExport.objects.get()
    path = export.file.path
    assert export.made_at is not None

    early = retention.apply("exports", now=export.made_at + dt.timedelta(days=6))
    late = [retention.apply("exports", now=export.made_at + dt.timedelta(days=8)) for _night in range(2)]

    assert (early, late) == (0, [1, 0])
    export.refresh_from_db()
    assert not export.is_kept
    FileDeletion.objects.update(next_check_at=NOW)
    do_once(deletions.KIND)
    assert not storage().exists(f"exports/{export.pk}-1.zip"), path
    client = signed_in(me)
    assert "no longer kept" in client.get(export.get_absolute_url()).content.decode()
    assert client.get(reverse("privacy:take", args=[export.pk]))["Location"] == export.get_absolute_url()


def test_worker_that_lost_its_row_leaves_no_file() -> None:
    me = make_user()
    export = exports.ask(by=me, partner=None, language="fr", now=NOW)
    [claim] = claims.claim_due(DataExport, queue="privacy", limit=1)
    DataExport.objects.filter(pk=export.pk).update(claim_no=claim.number + 1)

    assert exports.make(claim, DataExport.objects.get(pk=export.pk)) is False

    assert not storage().exists(f"exports/{export.pk}-{claim.number}.zip")
    assert DataExport.objects.get().made_at is None


def test_long_section_is_whole_in_csv_and_json_and_cut_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SHOWN", 3)
    owner = make_user()
    partner = make_partner(owner=owner)
    for number in range(5):
        Customer.objects.create(partner=partner, name=f"C{number}", key=f"c{number}")

    file = made(owner, partner)

    assert len(sections(file)["customers"]) == 5
    assert len(file.read("customers.csv").decode().splitlines()) == 6
    page = file.read("index.html").decode()
    assert page.count("<td>C") == 3
    assert "customers.csv" in page
