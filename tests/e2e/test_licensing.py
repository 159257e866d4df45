"""From a file of licences to a plan, a calendar and the risk on the home page, in a browser."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portal.settings import DEMO_PASSWORD
from tests.e2e.conftest import Person, wait_for
from tests.e2e.test_journey import sign_in
from tests.e2e.test_journey import today as today_there
from tests.licensing.test_calendar_file import read

pytestmark = pytest.mark.e2e


def a_file(folder: Path, *, number: int) -> Path:
    """In cp1252 with semicolons, as French Excel writes it; one line expires tomorrow, before any file can be ready."""
    today = dt.date.fromisoformat(today_there())
    soon, later = today + dt.timedelta(days=1), today + dt.timedelta(days=200)
    lines = [
        "Client;N° d'autorisation;Produit;Quantité;SA;Date de fin",
        f"Boulangerie Été {number} SARL;0123;Office 365 E3;12;;{soon:%d/%m/%Y}",
        f"BOULANGERIE ETE {number};0123;Windows Server 2019;2;non;",
        f"Boulangerie Été {number};0123;SQL Server 2019;4;oui;{later:%d/%m/%Y}",
        f"Boulangerie Été {number};0123;Visio;0;non;",
    ]
    place = folder / "parc.csv"
    place.write_bytes("\r\n".join(lines).encode("cp1252"))
    return place


@pytest.mark.parametrize(
    ("number", "language", "width", "javascript", "keyboard"),
    [
        pytest.param(2, "fr", 1280, True, False, id="french"),
        pytest.param(3, "en-gb", 390, True, False, id="english-phone", marks=pytest.mark.long),
        pytest.param(4, "fr", 1280, False, False, id="without-javascript", marks=pytest.mark.long),
        pytest.param(7, "de", 1280, True, True, id="german-keyboard", marks=pytest.mark.long),
    ],
)
def test_from_a_file_to_a_plan(
    somebody: Callable[..., Person], tmp_path: Path, number: int, language: str, width: int, javascript: bool,
    keyboard: bool,
) -> None:  # fmt: skip
    reseller = somebody(language=language, width=width, javascript=javascript, keyboard=keyboard)
    sign_in(reseller, f"company{number}@demo.example", DEMO_PASSWORD)
    if language != "fr":
        reseller.press(f"form.languages button[value={language}]")
    reseller.go("/home/")
    reseller.press("nav a[href^='/licensing/'][href$='/']")

    reseller.choose_file("main [name=file]", a_file(tmp_path, number=number))
    reseller.press("main form:has([name=file]) [type=submit]")
    place = urlsplit(reseller.page.url).path
    see(reseller, place, "select[name=column-0]")
    reseller.look()
    reseller.press("main form:has([name=column-0]) [type=submit]")
    see(reseller, place, "main form[action$='accept/']")
    reseller.look()
    reseller.press("main form[action$='accept/'] [type=submit]")
    see(reseller, place, "main a[href$='rejected.csv']")
    reseller.look()
    estate = reseller.page.locator("main a.btn-primary").get_attribute("href") or ""
    reseller.press("main a.btn-primary")
    reseller.press("main table tbody a")
    reseller.fill(sector="commercial")
    reseller.press("main form:has([name=sector]) [type=submit]")
    assert reseller.page.locator("select[name=sector]").input_value() == "commercial"

    calendar = reseller.context.request.get(reseller.product.address(f"{estate}plan.ics"))
    # What was planned before the sector was known is cancelled.
    standing = [event for event in read(calendar.body()) if event.get("STATUS") != "CANCELLED"]
    kinds = sorted(event["UID"].split("@")[0].rpartition("-")[2] for event in standing)
    assert kinds == ["authorise", "order", "order", "transfer"]
    reseller.go("/home/")
    assert "12" in reseller.page.locator(".risk").first.inner_text()
    assert reseller.troubles() == {}, reseller.troubles()


def see(person: Person, place: str, selector: str) -> None:
    """With JavaScript the page changes by itself; without, one asks it again."""

    def there() -> bool:
        if not person.with_js:
            person.page.goto(person.product.address(place))
        return person.page.locator(selector).count() > 0

    wait_for(there, what=lambda: f"{selector} {person.product.log.read_text()[-2000:]}")


@pytest.mark.parametrize(("language", "width"), [("fr", 390), pytest.param("en-gb", 1280, marks=pytest.mark.long)])
def test_a_visitor_is_answered_without_an_account(somebody: Callable[..., Person], language: str, width: int) -> None:
    visitor = somebody(language=language, width=width)
    visitor.go("/")
    visitor.press("main a[href='/licensing/advice/']")
    for name, value in (("need", "perpetual_no_sa"), ("transaction", "new")):
        visitor.page.locator(f"[name={name}][value={value}]").check()
        visitor.press("main form.advice button.btn-primary[type=submit]")
    visitor.page.locator("select[name=product]").select_option("system_center")
    visitor.press("main form.advice button.btn-primary[type=submit]")
    visitor.press("main form.advice button.btn-primary[type=submit]")  # nothing chosen
    assert visitor.page.locator("#question-error").count() == 1
    visitor.page.locator("[name=sector][value=commercial]").check()
    visitor.press("main form.advice button.btn-primary[type=submit]")
    visitor.page.locator("[name=quantity]").fill("10")
    visitor.press("main form.advice button.btn-primary[type=submit]")

    assert visitor.page.locator("#verdict-title").inner_text() == "Open Value"
    pages = ("compare/", "compare/?on=2021-09-01&differences=1", "calendar/", "transfer/?expires_on=2031-03-31")
    for page in (*pages, "library/"):
        visitor.go(f"/licensing/{page}")
    assert visitor.troubles() == {}, visitor.troubles()


@pytest.mark.long
def test_print_shows_steps_and_where_sources_differ(somebody: Callable[..., Person]) -> None:
    reseller = somebody()
    sign_in(reseller, "reseller@demo.example", DEMO_PASSWORD)
    reseller.press("nav a[href^='/licensing/'][href$='/']")
    reseller.press("main table tbody a")
    reseller.page.emulate_media(media="print")

    assert reseller.page.locator(".tick button").first.is_visible()
    assert not reseller.page.locator("main select:visible, main input:visible").count()
    reseller.go("/licensing/compare/")
    assert reseller.page.locator(".compare .differs:not(.other-times) > summary").first.is_visible()
    assert not reseller.page.locator(".compare .other-times:visible").count()
    size = "e => parseFloat(getComputedStyle(e).fontSize)"
    cell, note = (reseller.page.locator(f".compare {one}").first.evaluate(size) for one in ("td", ".cell-note"))
    assert note < cell
