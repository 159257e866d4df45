"""Sign in with Microsoft, in French: a BDM reaches the desk, a newcomer the question for an address."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

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


def test_a_first_sign_in_by_keyboard_without_javascript(somebody: Callable[..., Person]) -> None:
    newcomer = somebody(javascript=False)
    newcomer.go("/accounts/login/")

    newcomer.page.locator("form[action='/accounts/microsoft/partners/'] button").press("Enter")
    choose(newcomer.page, "user")
    newcomer.page.wait_for_url("**/accounts/microsoft/first/")
    newcomer.page.locator("[name=email]").press("Enter")
    newcomer.page.wait_for_url("**/accounts/microsoft/code/")

    assert "sacha@nuages.example" in newcomer.page.locator("main").inner_text()
