"""Sign in with Microsoft, in French: a BDM reaches the desk; a Global admin proves the tenant of step 3."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from onboarding.sandbox.entra_people import NUAGES
from portal import settings
from tests.e2e.conftest import Person

pytestmark = [pytest.mark.e2e, pytest.mark.long]


def choose(page: Page, key: str) -> None:
    """Choose a person on Microsoft's page, and come back."""
    page.wait_for_url("**/oauth2/v2.0/authorize**")
    page.locator(f"button[value={key}]").click()
    page.wait_for_load_state()


def ours(person: Person) -> dict[str, list[str]]:
    """Return what is wrong with our own pages: Microsoft's are another site."""
    wrong = person.troubles()
    console = [text for text in wrong.pop("console", []) if "/entra/" not in text]
    return wrong | ({"console": console} if console else {})


@pytest.mark.parametrize("width", [1280, 390])
def test_bdm_reaches_the_desk(somebody: Callable[..., Person], width: int) -> None:
    bdm = somebody(width=width)
    bdm.go("/accounts/login/?next=/desk/")

    bdm.page.locator("form[action='/accounts/microsoft/staff/'] button").click()
    choose(bdm.page, "bdm")

    bdm.page.wait_for_url("**/desk/")
    bdm.look()
    bdm.go("/accounts/microsoft/")
    assert "bdm@ingram.example" in bdm.page.locator("main").inner_text()
    assert ours(bdm) == {}


def test_global_admin_proves_the_tenant(somebody: Callable[..., Person]) -> None:
    owner = somebody()
    owner.go("/accounts/login/")
    owner.page.fill("[name=login]", "company1@demo.example")
    owner.page.fill("[name=password]", settings.DEMO_PASSWORD)
    owner.page.locator("main form[action='/accounts/login/'] .btn-primary").click()
    owner.page.wait_for_url("**/home/")
    owner.page.locator("main a[href^='/enrollments/']").first.click()
    owner.page.wait_for_url("**/enrollments/**")
    contact = f"{owner.page.url.split('/enrollments/')[1].split('/')[0]}/steps/contact/"
    owner.go(f"/enrollments/{contact}")

    owner.page.locator("#tenant-proof button").click()
    choose(owner.page, "elsewhere")
    owner.page.wait_for_url("**/steps/contact/")
    owner.look()
    other = owner.page.locator("main").inner_text()
    owner.fill(tenant=NUAGES.domains[0])
    owner.save()
    owner.go(f"/enrollments/{contact}")
    owner.page.locator("#tenant-proof button").click()
    choose(owner.page, "admin")
    owner.page.wait_for_url("**/steps/contact/")
    owner.look()

    proof = owner.page.locator("#tenant-proof").inner_text()
    assert "Ailleurs Exemple" in owner.page.content() or "Ailleurs Exemple" in other
    assert all(text in proof for text in (NUAGES.id, *NUAGES.domains))
    assert owner.page.locator("#tenant-proof button").count() == 0
    assert ours(owner) == {}


def test_a_first_sign_in_by_keyboard_without_javascript(somebody: Callable[..., Person]) -> None:
    newcomer = somebody(javascript=False)
    newcomer.go("/accounts/login/")

    newcomer.page.locator("form[action='/accounts/microsoft/partners/'] button").press("Enter")
    choose(newcomer.page, "user")
    newcomer.page.wait_for_url("**/accounts/microsoft/first/")
    newcomer.page.locator("[name=email]").press("Enter")
    newcomer.page.wait_for_url("**/accounts/microsoft/code/")

    assert "user@nuages.example" in newcomer.page.locator("main").inner_text()
