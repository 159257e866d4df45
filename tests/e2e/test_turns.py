"""Whose turn, since when and what is lost, as a partner and a BDM see it on the demo's companies."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from portal.settings import DEMO_PASSWORD
from tests.e2e.conftest import Person
from tests.e2e.test_journey import pass_time, play, sign_in, today, wait_until

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(("language", "width"), [pytest.param("fr", 1280, marks=pytest.mark.long), ("en-gb", 390)])
def test_all_that_is_mine_in_the_order_of_what_is_lost(
    somebody: Callable[..., Person], language: str, width: int
) -> None:
    partner = somebody(language=language, width=width)
    sign_in(partner, "company4@demo.example", DEMO_PASSWORD)
    partner.go("/home/")

    # Microsoft refused the domain months ago: its last day comes before the contact's confirmation.
    first = partner.page.locator(".file-card-now")
    assert first.locator(".deadline").count() >= 1
    assert first.locator(".now-list li").count() >= 2
    file = urlsplit(partner.page.locator(".file-card h2 a").first.get_attribute("href") or "").path
    partner.go(file)
    assert partner.page.locator("#now .deadline").count() >= 1
    for link in partner.page.locator("#now .now-list a").all():
        target = (link.get_attribute("href") or "").partition("#")[0]
        assert partner.page.request.get(partner.product.address(target)).status == 200
    assert partner.troubles() == {}


@pytest.mark.parametrize("language", ["fr", pytest.param("en-gb", marks=pytest.mark.long)])
@pytest.mark.long
def test_a_change_here_is_no_act_of_microsofts(somebody: Callable[..., Person], language: str) -> None:
    partner = somebody(language=language)
    sign_in(partner, "company3@demo.example", DEMO_PASSWORD)
    partner.go("/home/")
    file = urlsplit(partner.page.locator(".file-card h2 a").first.get_attribute("href") or "").path
    partner.go(file)
    theirs = partner.page.locator("[data-validation=legal_entity] .check-theirs")
    before = theirs.locator(".small").first.text_content()

    for street in (f"9 quai du Passé, {language}", "8 quai du Passé"):
        partner.go(f"{file}steps/company/")
        partner.fill(street=street)
        partner.save()
        partner.go(file)
        assert theirs.get_attribute("data-state") == "in_progress"
        assert theirs.locator(".small").first.text_content() == before
        # Changed: said, with the button that ends it. Changed back: nothing is left to say.
        assert theirs.locator("form[action$='/changed/']").count() == (0 if street == "8 quai du Passé" else 1)
    assert partner.troubles() == {}


@pytest.mark.parametrize("language", ["fr", pytest.param("en-gb", marks=pytest.mark.long)])
@pytest.mark.long
def test_a_strangers_name_is_not_taken_over_in_one_click(somebody: Callable[..., Person], language: str) -> None:
    partner = somebody(language=language)
    sign_in(partner, "company4@demo.example", DEMO_PASSWORD)
    partner.go("/home/")
    partner.press(".file-card h2 a")

    assert partner.page.locator("#take-over").count() == 0
    assert partner.troubles() == {}


def test_bdm_finds_what_needs_them_first_and_goes_on(somebody: Callable[..., Person]) -> None:
    bdm = somebody(language="fr")
    sign_in(bdm, "bdm@demo.example", DEMO_PASSWORD)
    bdm.go("/desk/")
    rows = bdm.page.locator("[data-row]")
    assert rows.count() >= 2
    assert bdm.page.locator(".desk-parts li").count() >= rows.count()

    bdm.page.keyboard.press("/")
    bdm.page.keyboard.type("debutant")
    bdm.page.keyboard.press("Enter")
    bdm.page.wait_for_url("**text=debutant**")
    assert "Débutant" in rows.first.inner_text()

    bdm.go("/desk/?view=open")
    rows.first.click()
    bdm.page.wait_for_load_state()
    here = urlsplit(bdm.page.url).path
    bdm.press(".desk-beside [rel=next]")
    assert urlsplit(bdm.page.url).path != here
    bdm.press(".desk-beside a:first-child")
    assert bdm.page.url.endswith("/desk/?view=open")
    assert bdm.troubles() == {}


@pytest.mark.long
def test_a_link_accepted_from_another_tenant_is_said_in_words(somebody: Callable[..., Person]) -> None:
    partner, outside, bdm = somebody(language="fr"), somebody(), somebody(language="en-gb", width=390)
    sign_in(partner, "company2@demo.example", DEMO_PASSWORD)
    partner.go("/home/")
    file = urlsplit(partner.page.locator(".file-card h2 a").first.get_attribute("href") or "").path
    # The name that the partner typed is known to Microsoft; the location is another tenant's.
    play(outside, "4392888", "enrol", tenant="demo2.onmicrosoft.com")
    play(outside, "4392002", "enrol", tenant="quelquun.onmicrosoft.com")
    pass_time(outside)
    play(outside, "4392002", "sign_agreement")
    partner.go(f"{file}steps/marketplace/")
    partner.fill(
        marketplace_login="marketplace", marketplace="FR", customer_number="20-222222",
        marketplace_email="shop@fictif.example", marketplace_activated_on=today(),
    )  # fmt: skip
    partner.save()
    play(outside, "4392002", "accept_link")
    # The next look may be hours away: the partner asks for one, in a part of the page that may be folded.
    partner.go(file)
    with partner.page.expect_navigation():
        partner.page.locator("main li.line form[action$='/look/']").first.evaluate("form => form.submit()")

    line = partner.page.locator("main li.line").last
    wait_until(partner, file, lambda: "un autre tenant" in (line.text_content() or ""), seconds=120)
    sign_in(bdm, "bdm@demo.example", DEMO_PASSWORD)
    bdm.go(file.replace("/enrollments/", "/desk/"))

    assert "avec un autre tenant" in bdm.page.locator("main").inner_text()
    for person in (partner, bdm):
        assert not re.search(r"[{\[]'|None|True|False", person.page.locator("main").inner_text())
        assert person.troubles() == {}, person.troubles()
