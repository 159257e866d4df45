"""The road without a dead end: a company by its name on a phone, nothing at hand, a task by link, and the way back."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from portal.settings import DEMO_PASSWORD
from tests.e2e.conftest import Person, wait_for
from tests.e2e.test_journey import mail_link, sign_in

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    "javascript",
    [pytest.param(True, id="suggestions"), pytest.param(False, id="without-javascript", marks=pytest.mark.long)],
)
def test_a_company_is_found_by_name_and_fills_the_preflight(somebody: Callable[..., Person], javascript: bool) -> None:
    visitor = somebody(language="fr", width=390, javascript=javascript)
    visitor.go("/preflight/")
    visitor.press("#find-company")
    visitor.page.locator("[name=q]").press_sequentially("nuages")
    if javascript:
        wait_for(lambda: visitor.page.locator("#hits a[href*='found=']").count() == 1)
    else:
        visitor.press("main form [type=submit]")
    visitor.look()
    visitor.press("#hits a[href*='found=']")

    assert visitor.page.locator("[name=legal_name]").input_value() == "NUAGES D'EXEMPLE"
    assert visitor.page.locator("[name=postal_code]").input_value() == "75002"
    assert visitor.troubles() == {}


@pytest.mark.parametrize(
    ("language", "javascript"),
    [
        pytest.param("fr", True, id="french"),
        pytest.param("fr", False, id="without-javascript", marks=pytest.mark.long),
        pytest.param("en-gb", True, id="english", marks=pytest.mark.long),
    ],
)
def test_nothing_at_hand_a_task_by_link_and_a_draft_that_comes_back(
    somebody: Callable[..., Person], language: str, javascript: bool
) -> None:
    reseller, outside = (somebody(language=language, width=390, javascript=javascript) for _person in range(2))
    colleague = f"it{language}{javascript}@firm.example".lower()
    sign_in(reseller, "reseller@demo.example", DEMO_PASSWORD)
    reseller.go("/home/")
    file = urlsplit(reseller.page.locator(".file-card h2 a").first.get_attribute("href") or "").path

    reseller.go(f"{file}steps/mpn-id/")
    reseller.press("[name=missing][value=mpn_account]")
    reseller.look()
    reseller.press("main form:has([name=remind_on]) [type=submit]")
    assert "/preparing/mpn_account/" in (reseller.page.locator("#now-button").get_attribute("href") or "")
    reseller.press("#now-button")
    reseller.press("#got")
    reseller.go(file)
    assert "/preparing/" not in (reseller.page.locator("#now-button").get_attribute("href") or "")

    reseller.go(f"{file}ask/?task=identifiers")
    reseller.fill(to=colleague)
    reseller.press("main form:has([name=to]) [type=submit]")
    outside.go(mail_link(outside, colleague, "/task/"))
    outside.look()
    outside.press("#done")

    reseller.go(file)
    reseller.press("#give-up")
    reseller.press("#withdraw")
    reseller.go(file)
    reseller.look()
    reseller.press("#restore")
    assert reseller.page.locator("#give-up").count() == 1
    for person in (reseller, outside):
        assert person.troubles() == {}, person.troubles()
