"""A passkey in a real browser, with the device that Chromium simulates: registered, and signed in with."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.portal.people import PASSWORD, person

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(autouse=True, scope="module")
def _beside_a_loop() -> Iterator[None]:
    """Playwright's loop runs in the thread of the tests, where Django then refuses its database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


def test_passkey_is_registered_and_signs_in(live_server: Any, browser: Browser, settings: Any) -> None:
    settings.SITE_URL = live_server.url
    person("marie@acme.example")
    context = browser.new_context()
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})

    page.goto(f"{live_server.url}/accounts/login/")
    page.fill("[name=login]", "marie@acme.example")
    page.fill("[name=password]", PASSWORD)
    page.click("main .btn-primary")
    page.goto(f"{live_server.url}/accounts/2fa/webauthn/add/")
    page.fill("[name=password]", PASSWORD)
    page.click("main .btn-primary")
    page.fill("[name=name]", "Telephone")
    page.click("form[data-passkey] button")
    page.wait_for_url("**/recovery-codes/")
    context.clear_cookies()
    page.goto(f"{live_server.url}/accounts/login/?next=/account/")
    page.click("form[data-passkey] button")
    page.wait_for_url(f"{live_server.url}/account/")

    assert page.locator("h1").inner_text()
    assert wrong == []
