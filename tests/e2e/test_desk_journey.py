"""A BDM's day: invite the channel, act on many files, look as a partner does, read the numbers."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portal.settings import DEMO_PASSWORD
from tests.e2e.conftest import Person, wait_for
from tests.e2e.test_journey import sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.long]

SHEET = """IMOnline;Société;Pays;MPN ID;Courriel;Contact
20-700001;Cliente Une;FR;5700001;lou@cliente-une.example;Lou Exemple
20-700002;Cliente Deux;FR;5700002;lou@cliente-deux.example;Lou Exemple
20-700002;Cliente Deux;FR;5700002;lou@cliente-deux.example;Lou Exemple
20-700003;Cliente Trois;FR;5700003;pas une adresse;Lou Exemple
"""
SIZES = [("fr", 1280, True), ("en-gb", 390, True), ("fr", 1280, False)]
IDS = ["french", "english-phone", "without-javascript"]


def bdm_of(somebody: Callable[..., Person], language: str, width: int, javascript: bool) -> Person:
    bdm = somebody(language=language, width=width, javascript=javascript)
    sign_in(bdm, "bdm@demo.example", DEMO_PASSWORD)
    return bdm


@pytest.mark.parametrize(("language", "width", "javascript"), SIZES, ids=IDS)
def test_a_spreadsheet_becomes_a_campaign_that_stops(
    somebody: Callable[..., Person], tmp_path: Path, language: str, width: int, javascript: bool
) -> None:
    file = tmp_path / "open.csv"
    file.write_text(SHEET, encoding="utf-8")
    bdm = bdm_of(somebody, language, width, javascript)
    bdm.go("/desk/campaigns/")
    bdm.fill(name=f"Printemps {language} {javascript}")
    bdm.page.locator("main [type=file]").set_input_files(file)
    bdm.press("main form[enctype] [type=submit]")
    campaign = urlsplit(bdm.page.url).path

    send = bdm.page.locator("main [name=start]")
    wait_for(
        lambda: is_there(bdm, campaign, lambda: send.count() == 1), what=lambda: bdm.page.locator("main").inner_text()
    )
    bdm.look()
    assert bdm.page.locator("main table tbody tr").count() == 4
    assert "Cliente Une" in bdm.page.locator("main").inner_text()

    bdm.press("main [name=start]")
    bdm.press("main [name=stop]")
    assert send.count() == 1  # it can go on
    bdm.go(f"{campaign}report/")
    assert bdm.page.locator("main table").count() >= 1
    assert bdm.troubles() == {}


@pytest.mark.parametrize(("language", "width", "javascript"), SIZES, ids=IDS)
def test_many_files_get_a_tag_once_however_often_it_is_pressed(
    somebody: Callable[..., Person], language: str, width: int, javascript: bool
) -> None:
    bdm = bdm_of(somebody, language, width, javascript)
    tag = f"vague-{language}-{width}-{javascript}".lower()
    bdm.go("/desk/?view=open")
    boxes = bdm.page.locator("main [name=file]")
    for each in range(2):
        boxes.nth(each).check()
    bdm.press("#bulk-form [type=submit], [form=bulk-form][type=submit]")
    bdm.page.locator("main [name=tags]").fill(tag)
    bdm.press("main form:has([name=tags]) [type=submit]")
    deed = urlsplit(bdm.page.url).path
    done = bdm.page.locator("#bulk-state [data-live], #bulk-state[data-live]")
    wait_for(lambda: is_there(bdm, deed, lambda: done.count() == 0))

    bdm.page.go_back()
    bdm.page.locator("main [name=tags]").fill(tag)
    bdm.press("main form:has([name=tags]) [type=submit]")
    bdm.go(f"/desk/?view=open&tag={tag}")
    assert bdm.page.locator("[data-row]").count() == 2
    assert bdm.troubles() == {}


@pytest.mark.parametrize(("language", "width", "javascript"), SIZES, ids=IDS)
def test_a_look_as_the_partner_changes_nothing_and_is_told(
    somebody: Callable[..., Person], language: str, width: int, javascript: bool
) -> None:
    bdm = bdm_of(somebody, language, width, javascript)
    bdm.go("/desk/?view=open&text=debutant")
    bdm.press("[data-row]")
    file = urlsplit(bdm.page.url).path
    as_them = bdm.page.locator("main a[href^='/view-as/']").first
    bdm.go(as_them.get_attribute("href") or "")
    bdm.page.locator("main [name=reason]").fill("Lui montrer l'étape suivante au téléphone")
    bdm.press("main form [type=submit]")
    banner = bdm.page.locator("form[action='/view-as/end/']")
    assert banner.count() == 1

    bdm.go(file.replace("/desk/", "/enrollments/"))
    bdm.page.goto(bdm.product.address(file.replace("/desk/", "/enrollments/") + "steps/mpn-id/"))
    bdm.page.locator("main form:has([name=basis]) [type=submit]").first.click()
    bdm.page.wait_for_load_state()
    assert bdm.page.locator("main form:has([name=basis])").count() == 0  # refused, with a sentence
    bdm.broken.clear()  # the browser notes the refusal
    assert banner.count() == 1
    bdm.press("form[action='/view-as/end/'] [type=submit]")
    bdm.go(file)

    owner = somebody(language=language, width=width, javascript=javascript)
    sign_in(owner, "reseller@demo.example", DEMO_PASSWORD)
    owner.go("/partners/")
    for person in (bdm, owner):
        assert person.troubles() == {}, person.troubles()


@pytest.mark.parametrize(("language", "width", "javascript"), SIZES, ids=IDS)
def test_reports_are_drawn_tabled_and_downloaded(
    somebody: Callable[..., Person], language: str, width: int, javascript: bool
) -> None:
    bdm = bdm_of(somebody, language, width, javascript)
    bdm.go("/desk/reports/")
    assert bdm.page.locator("main svg").count() >= 1
    assert bdm.page.locator("main table").count() >= 1
    with bdm.page.expect_download() as download:
        bdm.page.locator("main a[download], main a[href*='csv']").first.click()
    assert download.value.suggested_filename.endswith(".csv")
    assert bdm.troubles() == {}


def is_there(person: Person, path: str, condition: Callable[[], bool]) -> bool:
    """Without JavaScript one asks the page again; with it, the page changes by itself."""
    if not person.with_js:
        person.page.goto(person.product.address(path))
    return condition()
