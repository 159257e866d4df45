"""A company by its name, on a phone: pre-flight, account, submitted, and the second country. Without JavaScript too."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import PASSWORD, Person, wait_for
from tests.e2e.test_journey import mail_link

pytestmark = [pytest.mark.e2e, pytest.mark.long]

STEPS = ("mpn-id", "location", "company", "contact")


@pytest.mark.parametrize("javascript", [True, False], ids=["suggestions", "without-javascript"])
def test_a_name_becomes_a_submitted_file_and_a_second_country(
    somebody: Callable[..., Person], javascript: bool
) -> None:
    email = f"lou{javascript}@nuages.example".lower()
    visitor = somebody(language="fr", width=390, javascript=javascript)
    outside = somebody(language="fr", javascript=False)

    # What no register knows; website and D-U-N-S number are optional.
    known = {
        "mpn_id": "4394001" if javascript else "4394002",
        "contact_email": "lou@nuages.example",
        "tenant": f"nuages{int(javascript)}",
    }

    fly(visitor, known)
    visitor.press("#enroll")
    visitor.fill(email=email, password1=PASSWORD)
    visitor.press("main form:has([name=password1]) [type=submit]")
    visitor.go(mail_link(outside, email, "/accounts/confirm-email/"))
    visitor.press("main form [type=submit]")
    visitor.press("#begin")  # confirming the address led back to the pre-flight
    file = urlsplit(visitor.page.url).path

    typed = sum(fill_step(visitor, f"{file}steps/{slug}/", known["mpn_id"]) for slug in STEPS)
    assert typed + len(known) <= 6
    visitor.go(f"{file}answers/")
    visitor.press("main form:not([action]) button[type=submit]")
    assert visitor.page.locator("[data-enrollment-state=submitted]").count() == 1

    visitor.go("/home/")
    visitor.press("main a[href*='/enroll/']")
    visitor.fill(country="BE")
    visitor.press("main form:has([name=country]) [type=submit]")
    second = urlsplit(visitor.page.url).path
    assert second.split("/")[2] != file.split("/")[2]
    visitor.go("/".join(second.split("/")[:3]) + "/steps/mpn-id/")
    assert visitor.page.locator("[name=mpn_id]").input_value().replace(" ", "") == known["mpn_id"]
    assert visitor.troubles() == {}, visitor.troubles()


def fly(visitor: Person, known: dict[str, str]) -> None:
    """Find the company by its name, and fill in what the register does not know."""
    visitor.go("/preflight/")
    visitor.press("#find-company")
    visitor.page.locator("[name=q]").press_sequentially("nuages")
    if visitor.with_js:
        wait_for(lambda: visitor.page.locator("#hits a[href*='found=']").count() == 1)
    else:
        visitor.press("main form [type=submit]")
    visitor.press("#hits a[href*='found=']")
    visitor.fill(country="FR", company_country="FR", **known)
    visitor.press("main form:has([name=contact_email]) [type=submit]")
    wait_for(lambda: "/preflight/" in visitor.page.url and visitor.page.locator("#enroll").count() == 1)


def fill_step(visitor: Person, path: str, number: str) -> int:
    """Save a page of the wizard, with what it still lacks. Return how many fields had to be typed."""
    lacking = {
        "mpn_id": number, "location_mpn_id": number, "contact_first_name": "Lou",
        "contact_last_name": "Exemple",
    }  # fmt: skip
    chosen = {"has_mpn_account": "True", "location_country": "FR", "location_type": "location", "global_admin": "True"}
    visitor.go(path)
    typed = 0
    for name, answer in lacking.items():
        control = visitor.page.locator(f"main [name={name}]")
        if control.count() and not control.input_value():
            control.fill(answer)
            typed += 1
    for name, answer in chosen.items():
        if visitor.page.locator(f"main [name={name}]").count():
            visitor.fill(**{name: answer})
    visitor.save()
    return typed
