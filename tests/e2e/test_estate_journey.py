"""A messy workbook: columns, review, questions, approval, undo, again, a customer's plan, and their paper."""

import datetime as dt
import email
import io
from collections.abc import Callable
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pytest
from pypdf import PdfReader

from portal.settings import DEMO_PASSWORD
from tests.e2e.conftest import Person
from tests.e2e.test_journey import sign_in
from tests.e2e.test_journey import today as today_there
from tests.e2e.test_licensing import see

pytestmark = [pytest.mark.e2e, pytest.mark.long]

# What a person answers to the file's questions; the last is about the hidden row.
ANSWERS = {"sa-0": "without_sa", "status-0": "live", "program-0": "open", "hidden": "1"}


def a_messy_workbook(folder: Path) -> Path:
    """A title, a sum, a hidden row, a damaged number, words that no table knows, a product of another maker."""
    end = dt.date.fromisoformat(today_there()) + dt.timedelta(days=120)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Parc"
    head = ["Client", "N° de licence", "Produit", "Quantité", "SA", "Date de fin", "Programme", "Statut", "Secteur"]
    for row in (
        ["Parc Microsoft, export de novembre"],
        [],
        [*head, "Remarque"],
        ["Boulangerie Été SARL", "0012345", "Office 365 E3", 12, "", end, "Open", "Active", "commercial", "x"],
        ["BOULANGERIE ETE", "0012346", "Windows Server 2019 Standard", 2, "non", None, "Open", "Active", "commercial"],
        ["Sous-total Boulangerie", None, None, 14],
        ["株式会社テスト", "0012347", "SQL Server 2019", 4, "oui", end, "Open Value", "En cours", "commercial"],
        ["Mairie d'Exemple", "0012348", "Office 365 E1", 30, "", end, "Accord-cadre", "Active", "gouvernement"],
        ["Garage Fictif", "0012349", "Adobe Photoshop", 1, "non", None, "Open", "Active", "commercial"],
        ["Garage Fictif", "1,23457E+11", "Visio 2019", 1, "non", None, "Open", "Active", "commercial"],
        ["Garage Fictif", "0012350", "Office 2019 Standard", 3, "peut-être", None, "Open", "Active", "commercial"],
        ["Garage Fictif", "0012351", "Visio 2019", 0, "non", None, "Open", "Active", "commercial"],
        ["Lycée Fictif", "0012352", "Exchange Online Plan 1", 25, "", end, "Open", "Mystère", "éducation"],
        ["TOTAL", None, None, 78],
    ):
        sheet.append(row)
    sheet.row_dimensions[7].hidden = True
    place = folder / "parc.xlsx"
    book.save(place)
    return place


def bring(reseller: Person, workbook: Path) -> str:
    """From the estate's page to the import; the address of the file's page comes back."""
    reseller.page.locator("[name=file]").set_input_files(workbook)
    reseller.press("main form:has([name=file]) [type=submit]")
    place = urlsplit(reseller.page.url).path
    if not reseller.page.locator("main form[action$='columns/']").count():
        see(reseller, place, "select[name=column-0], main form[action$='columns/']")
    if reseller.page.locator("select[name=column-0]").count():
        reseller.look()
        reseller.press("main form:has([name=column-0]) [type=submit]")
    see(reseller, place, "main form[action$='columns/']")
    reseller.look()
    if reseller.page.locator("[name=hidden]").count():
        reseller.fill(**ANSWERS)
        reseller.press("main form:has([name=hidden]) [type=submit]")
    see(reseller, place, "main form[action$='accept/']")
    reseller.look()
    reseller.press("main form[action$='accept/'] [type=submit]")
    see(reseller, place, "main a[href$='rejected.csv']")
    reseller.look()
    return place


def text_of(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


@pytest.mark.parametrize(
    ("number", "language", "width"), [(5, "fr", 1280), (6, "en-gb", 390)], ids=["french", "english-phone"]
)
def test_a_messy_file_becomes_a_customers_paper(
    somebody: Callable[..., Person], tmp_path: Path, number: int, language: str, width: int
) -> None:
    reseller = somebody(language=language, width=width)
    sign_in(reseller, f"company{number}@demo.example", DEMO_PASSWORD)
    if language != "fr":
        reseller.press("form.languages button[value=en-gb]")
    reseller.go("/home/")
    reseller.press("nav a[href^='/licensing/'][href$='/']")
    estate, workbook = urlsplit(reseller.page.url).path, a_messy_workbook(tmp_path)
    before = reseller.page.locator("main table tbody tr").count()

    place = bring(reseller, workbook)
    reseller.press("main form[action$='undo/'] [type=submit]")
    reseller.go(estate)
    undone = reseller.page.locator("main table tbody tr").count()
    again = bring(reseller, workbook)
    reseller.go(estate)
    reseller.page.locator("main table tbody a", has_text="Boulangerie Été").first.click()
    reseller.page.wait_for_load_state()
    reseller.look()

    assert (undone, place == again) == (before, False)
    customer = urlsplit(reseller.page.url).path
    for code, words in (("fr", "Établi par"), ("en-gb", "Prepared by")):
        pdf = reseller.context.request.get(reseller.product.address(f"{customer}plan.pdf?language={code}"))
        text = text_of(pdf.body())
        assert words in text
        assert "Office 365 E3" in text
        assert "Windows Server 2019 Standard" in text
        assert today_there() in pdf.headers["content-disposition"]
    mail = reseller.context.request.get(reseller.product.address(f"{customer}plan.eml?language={language}"))
    [attached] = email.message_from_bytes(mail.body(), policy=default).iter_attachments()  # type: ignore[attr-defined]
    assert attached.get_content().startswith(b"%PDF-")
    assert reseller.troubles() == {}, reseller.troubles()
