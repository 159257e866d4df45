"""A view of the desk as a file: all its rows, formulas harmless, and a record of who took it."""

import io

import openpyxl
import pytest
from django.test import Client

from onboarding.domain.desk import export
from onboarding.models import DeskExport, Enrollment, FileWork
from portal.accounts.models import User
from portal.partners.models import Partner
from tests.builders import make_enrollment, make_submitted, make_user
from tests.onboarding.domain.test_pipeline import SITUATIONS

pytestmark = pytest.mark.django_db


def taken(client: Client, query: str, file_format: str = "csv") -> bytes:
    answer = client.post("/desk/export/", {"query": query, "format": file_format})
    assert answer.status_code == 200, answer
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+33;calc", "-2+3"])
def test_formulas_are_neutralised_in_both_formats(name: str, as_bdm: Client) -> None:
    file = make_submitted()
    Partner.objects.filter(pk=file.partner_id).update(name=name, legal_name="")
    FileWork.objects.create(enrollment=file, tags=["=cmd"])

    lines = taken(as_bdm, "view=open").decode("utf-8-sig").splitlines()
    sheet = openpyxl.load_workbook(io.BytesIO(taken(as_bdm, "view=open", "xlsx"))).active

    assert len(lines) == 2
    assert not any(cell.startswith(("=", "@", "+", "-")) for cell in lines[1].replace('"', "").split(";") if cell)
    values = [cell.value for cell in list(sheet.rows)[1]]
    assert not any(str(value).startswith(("=", "@", "+", "-")) for value in values if value is not None)


def test_every_page_of_the_view_is_in_the_file_and_no_other_country(
    as_bdm: Client, bdm: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = make_user()
    for _each in range(7):
        SITUATIONS["ours"](make_submitted(owner=owner))
    SITUATIONS["ours"](make_submitted(country="DE"))
    monkeypatch.setattr(export.rows, "__kwdefaults__", {"size": 3})

    lines = taken(as_bdm, "view=needs_me").decode("utf-8-sig").splitlines()

    assert len(lines) == 8
    [kept] = DeskExport.objects.all()
    assert (kept.user, kept.query, kept.file_format, kept.rows) == (bdm, "view=needs_me", "csv", 7)


def test_it_speaks_the_readers_language(as_bdm: Client, bdm: User) -> None:
    SITUATIONS["ours"](make_submitted())

    assert "Ingram Micro doit examiner" in taken(as_bdm, "").decode()
    User.objects.filter(pk=bdm.pk).update(language="en-gb")
    as_bdm.cookies["django_language"] = "en-gb"
    english = taken(as_bdm, "").decode()
    assert "Ingram Micro must look" in english
    assert "MPN ID,Location ID" in english


@pytest.mark.parametrize(
    ("query", "file_format"),
    [("country=FRA", "csv"), ("view=x", "xlsx"), ("view=open", "pdf"), ("", ""), ("age=0x", "csv")],
)
def test_what_cannot_be_read_is_a_sentence_and_no_file(query: str, file_format: str, as_bdm: Client) -> None:
    answer = as_bdm.post("/desk/export/", {"query": query, "format": file_format})

    assert answer.status_code == 302
    assert not DeskExport.objects.exists()


def test_too_long_for_a_workbook_is_a_sentence(as_bdm: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_IN_WORKBOOK", 1)
    owner = make_user()
    for _each in range(2):
        make_enrollment(owner=owner)

    page = as_bdm.post("/desk/export/", {"query": "view=drafts", "format": "xlsx"}, follow=True)

    assert "en CSV" in page.content.decode()
    assert len(taken(as_bdm, "view=drafts").splitlines()) == 3


def test_a_partner_exports_nothing(as_reseller: Client, enrollment: Enrollment) -> None:
    assert as_reseller.post("/desk/export/", {"query": "", "format": "csv"}).status_code == 404
    assert as_reseller.get("/desk/export/").status_code == 405
