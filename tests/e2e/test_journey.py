"""A new reseller, from the visitor's page to ready, over real protocols; a BDM and an admin see it."""

import datetime as dt
from collections.abc import Callable
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from portal.settings import DEMO_PASSWORD
from tests.e2e.conftest import PASSWORD, Person, wait_for

pytestmark = pytest.mark.e2e

WORLD = {
    # One company of the sandbox's register each, so that the journeys do not meet.
    "fr": ("4393001", "NUAGES D'EXEMPLE", "999000003", "12 rue du Test", "75002", "Paris"),
    "en-gb": ("4393002", "FICTIF SYSTEMS", "999000011", "3 place des Modèles", "69002", "Lyon"),
    "plain": ("4393003", "REGISTRE LENT", "999000060", "1 rue de la Panne", "59000", "Lille"),
    "tasten": ("4393004", "FICTIF SYSTEMS", "999000011", "3 place des Modèles", "69002", "Lyon"),
}


@pytest.mark.parametrize(
    ("world", "language", "width", "javascript", "keyboard"),
    [
        pytest.param("fr", "fr", 1280, True, False, id="french"),
        pytest.param("en-gb", "en-gb", 390, True, False, id="english-phone", marks=pytest.mark.long),
        pytest.param("plain", "fr", 1280, False, False, id="without-javascript", marks=pytest.mark.long),
        pytest.param("tasten", "de", 1280, True, True, id="german-keyboard", marks=pytest.mark.long),
    ],
)
def test_reseller_becomes_ready(
    somebody: Callable[..., Person], world: str, language: str, width: int, javascript: bool, keyboard: bool
) -> None:
    number, name, siren, street, postal_code, city = WORLD[world]
    domain, email = f"{world}.example", f"owner@{world}.example"
    reseller = somebody(language=language, width=width, javascript=javascript, keyboard=keyboard)
    outside = somebody(language=language, javascript=javascript)  # plays the world in the sandbox's console

    sign_up(reseller, outside, email)
    reseller.fill(name=name.title(), country="FR")
    reseller.press("main form:has([name=country]) [type=submit]")
    reseller.fill(country="FR")
    reseller.press("main form:has([name=country]) [type=submit]")
    file = urlsplit(reseller.page.url).path

    # Steps 1 and 2: the verdict comes at once from Partner Center.
    reseller.go(f"{file}steps/mpn-id/")
    reseller.fill(has_mpn_account="True", mpn_id=f"{number[:1]} {number[1:4]} {number[4:]}")
    reseller.save()
    reseller.fill(country="FR", location_mpn_id=number, location_country="FR", location_type="location")
    reseller.save()
    # Step 3, check your answers, submit.
    reseller.fill(
        legal_name=name, registration_number=siren, street=street, postal_code=postal_code, city=city,
        mail_domain=domain,
    )  # fmt: skip
    reseller.save()
    reseller.fill(
        tenant=f"{world.replace('-', '')}.onmicrosoft.com", global_admin="True", contact_first_name="Lou",
        contact_last_name="Exemple", contact_email=f"lou@{domain}",
    )  # fmt: skip
    reseller.save()
    assert urlsplit(reseller.page.url).path.endswith("/answers/")
    reseller.press("main form:not([action]) button[type=submit]")

    # The three validations, each proven by its own protocol.
    confirm_mailbox(outside, f"lou@{domain}")
    publish_record(reseller, outside, file)
    wait_until(reseller, file, lambda: states(reseller)[:6:2] == ["passed"] * 3)

    # Microsoft's part, played in the sandbox: enrol, wait for the vetting, sign.
    reseller.go(f"{file}steps/partner-center/")
    reseller.fill(sent_to_microsoft_on=today())
    reseller.save()
    play(outside, number, "enrol")
    wait_until(reseller, file, lambda: turn_of_agreement(reseller) == "moving")
    pass_time(outside)
    play(outside, number, "sign_agreement")
    wait_until(reseller, file, lambda: states(reseller)[1:6:2] == ["passed"] * 3)

    # Step 4 is confirmed by a BDM, step 5 is seen in Partner Center.
    reseller.go(f"{file}steps/marketplace/")
    reseller.fill(
        # The marketplace shows this account in a state that nobody has documented: the BDM must look.
        marketplace_login="marketplace", marketplace="FR", customer_number="20-222105",
        marketplace_email=f"shop@{domain}", marketplace_activated_on=today(),
    )  # fmt: skip
    reseller.save()
    bdm = somebody(language=language, javascript=javascript, keyboard=keyboard)
    confirm_marketplace(bdm, file, name)
    play(outside, number, "accept_link")
    # The interval of the looks has grown all the while, and the page asks every 30 s: 75 s were not enough once.
    wait_until(reseller, file, lambda: "ready" in reseller.page.content() and is_ready(reseller), seconds=150)

    reseller.go("/home/")
    assert reseller.page.locator("html").get_attribute("lang") == language
    admin = somebody(language=language, javascript=javascript)
    sign_in(admin, "admin@demo.example", DEMO_PASSWORD)
    admin.page.goto(admin.product.address("/admin/onboarding/enrollment/"))
    assert admin.page.locator("#result_list tbody tr").count() >= 1
    for person in (reseller, outside, bdm):
        assert person.troubles() == {}, person.troubles()


def sign_up(person: Person, outside: Person, email: str) -> None:
    person.go("/")
    person.press("main a[href^='/accounts/signup/']")
    person.fill(email=email, password1=PASSWORD)
    person.press("main form:has([name=password1]) [type=submit]")
    person.go(mail_link(outside, email, "/accounts/confirm-email/"))
    person.press("main form [type=submit]")  # which signs in
    if "/companies/" in person.page.url:
        person.press("main a[href='/partners/new/']")  # by hand; tests/e2e/test_road.py searches


def sign_in(person: Person, email: str, password: str) -> None:
    person.go("/accounts/login/")
    person.fill(login=email, password=password)
    person.press("main form:has([name=password]) [type=submit]")


def mail_link(outside: Person, email: str, holding: str) -> str:
    """The path of the newest link of this kind mailed to ``email``, once the SMTP server has received it."""
    link = outside.page.locator("main details", has_text=email).locator(f"a[href*='{holding}']").first

    def received() -> int:
        outside.page.goto(outside.product.address("/sandbox/"))
        return link.count()

    wait_for(received, what=lambda: f"no mail to {email} with {holding}")
    outside.look()
    return urlsplit(link.get_attribute("href") or "").path


def confirm_mailbox(outside: Person, email: str) -> None:
    """The contact has no account: the link is the right, and the page's button confirms."""
    outside.go(mail_link(outside, email, "/confirm/"))
    outside.press("main form [type=submit]")


def publish_record(reseller: Person, outside: Person, file: str) -> None:
    reseller.go(file)
    name = reseller.page.locator("#record-name").inner_text().strip()
    value = reseller.page.locator("#record-value").inner_text().strip()
    outside.go("/sandbox/")
    outside.page.locator("#record-name").fill(name)
    outside.page.locator("#record-value").fill(value)
    outside.press("form:has([value=publish]) button")


def play(outside: Person, number: str, deed: str, *, tenant: str = "") -> None:
    outside.go("/sandbox/")
    outside.page.locator("#reseller-mpn").fill(number)
    outside.page.locator("#reseller-tenant").fill(tenant)
    outside.page.locator("#reseller-country").fill("FR")
    outside.press(f"button[name=do][value={deed}]")


def pass_time(outside: Person) -> None:
    """Six days: longer than the usual vetting of 1 to 3; these numbers are not in the long tail."""
    for _ in range(2):
        outside.go("/sandbox/")
        outside.press("form:has([value=clock]) button")


def confirm_marketplace(bdm: Person, file: str, name: str) -> None:
    sign_in(bdm, "bdm@demo.example", DEMO_PASSWORD)
    bdm.go("/desk/")
    assert bdm.page.get_by_text(name.title()).count() or bdm.page.get_by_text(name).count()
    path = file.replace("/enrollments/", "/desk/")
    bdm.go(path)
    check = bdm.page.locator("[data-check=marketplace]").get_attribute("data-check-id")
    bdm.go(f"{path}checks/{check}/")
    bdm.fill(decision="confirm")
    bdm.press("main form:has([name=decision]) [type=submit]")


def states(person: Person) -> list[str]:
    """Ours and Microsoft's state of the three validations, in the page's order."""
    sides = person.page.locator("[data-validation] [data-state]").all()
    return [side.get_attribute("data-state") or "" for side in sides]


def turn_of_agreement(person: Person) -> str:
    """Whose turn the agreement is, by the badge of its line: before the vetting has ended it is never the partner's."""
    line = person.page.locator("main li.line", has=person.page.locator("form[action$='/offered/']"))
    badge = line.locator(".status").first
    return "moving" if badge.count() and "is-moving" in (badge.get_attribute("class") or "") else ""


def is_ready(person: Person) -> bool:
    return person.page.locator("[data-enrollment-state=ready]").count() == 1


def wait_until(person: Person, file: str, condition: Callable[[], bool], *, seconds: float = 75) -> None:
    """Without JavaScript one asks the page again; with it, the page changes by itself.

    While nothing is about to be looked at, it asks every 30 seconds (``POLL_SECONDS``): an answer that comes just after
    one of its questions is seen by the second.
    """
    person.go(file)

    def holds() -> bool:
        if not person.with_js:
            person.page.goto(person.product.address(file))
        return condition()

    wait_for(holds, seconds=seconds, what=lambda: f"{states(person)} {person.product.log.read_text()[-2000:]}")


def today() -> str:
    return dt.datetime.now(ZoneInfo("Europe/Paris")).date().isoformat()
