"""Errors and their correction: a wrong name before submission, Microsoft's refusal, a withdrawn agreement."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portal.settings import DEMO_PASSWORD
from tests import sample_documents
from tests.e2e.conftest import Person, wait_for
from tests.e2e.test_journey import (
    confirm_mailbox,
    is_ready,
    pass_time,
    play,
    publish_record,
    sign_in,
    sign_up,
    states,
    today,
    wait_until,
)

pytestmark = [pytest.mark.e2e, pytest.mark.long]

NUMBER, DOMAIN = "4393104", "boucle.example"
COMPANY = {
    "legal_name": "Nuages de Démonstration SAS",  # the register knows them as NUAGES D'EXEMPLE
    "registration_number": "999000003",
    "street": "12 rue du Test",
    "postal_code": "75002",
    "city": "Paris",
}


def test_what_goes_wrong_is_found_explained_and_mended(somebody: Callable[..., Person], tmp_path: Path) -> None:
    reseller, outside, bdm = somebody(width=390), somebody(), somebody(language="en-gb")

    name = finds_the_wrong_name_before_anything_is_sent(reseller)
    file = submits(reseller, outside, name)
    reports_that_microsoft_refused_the_domain(reseller, file)
    answers_with_the_invoice(reseller, tmp_path)
    sees_the_difference_and_lets_it_go(bdm, file)
    is_authorised(reseller, outside, bdm, file)
    loses_the_agreement_at_night(reseller, outside, file)

    for person in (reseller, outside, bdm):
        assert person.troubles() == {}, person.troubles()


def finds_the_wrong_name_before_anything_is_sent(reseller: Person) -> str:
    """Without an account; gives the name that the register has."""
    reseller.go("/preflight/")
    ask_preflight(reseller, COMPANY["legal_name"])
    assert reseller.page.locator("#now.is-refused").count() == 1
    name = " ".join(reseller.page.locator(".sides-row").first.locator("dd").nth(1).inner_text().split())
    assert name == "NUAGES D'EXEMPLE"

    # Another company's name is not taken over in one click: the page asks whether the number is right.
    assert reseller.page.locator(".take-over a").count() == 0
    reseller.press("main p.section a.btn-secondary")
    assert reseller.page.input_value("[name=contact_email]") == f"lou@{DOMAIN}"
    ask_preflight(reseller, name)
    assert reseller.page.locator("#now.is-refused").count() == 0
    return name


def ask_preflight(reseller: Person, name: str) -> None:
    reseller.fill(
        country="FR", location_country="FR", location_type="location", mpn_id=NUMBER, contact_email=f"lou@{DOMAIN}",
        website=DOMAIN, company_country="FR", **{**COMPANY, "legal_name": name},
    )  # fmt: skip
    reseller.press("main form:has([name=legal_name]) [type=submit]")
    # The page changes by itself once the register and DNS have answered.
    wait_for(lambda: reseller.page.locator("#now.is-moving").count() == 0, what=lambda: reseller.page.content()[-3000:])
    reseller.look()


def submits(reseller: Person, outside: Person, name: str) -> str:
    """The whole file, with the register's spelling; gives its path."""
    sign_up(reseller, outside, f"owner@{DOMAIN}")
    reseller.fill(name="Boucle Exemple", country="FR")
    reseller.press("main form:has([name=country]) [type=submit]")
    reseller.fill(country="FR")
    reseller.press("main form:has([name=country]) [type=submit]")
    file = urlsplit(reseller.page.url).path
    reseller.go(f"{file}steps/mpn-id/")
    reseller.fill(has_mpn_account="True", mpn_id=NUMBER)
    reseller.save()
    reseller.fill(country="FR", location_mpn_id=NUMBER, location_country="FR", location_type="location")
    reseller.save()
    reseller.fill(mail_domain=DOMAIN, website=DOMAIN, **{**COMPANY, "legal_name": name})
    reseller.save()
    reseller.fill(
        tenant="boucle.onmicrosoft.com", global_admin="True", contact_first_name="Lou", contact_last_name="Exemple",
        contact_email=f"lou@{DOMAIN}",
    )  # fmt: skip
    reseller.save()
    reseller.press("main form:not([action]) button.btn-primary")
    confirm_mailbox(outside, f"lou@{DOMAIN}")
    publish_record(reseller, outside, file)
    reseller.go(f"{file}steps/partner-center/")
    reseller.fill(sent_to_microsoft_on=today())
    reseller.save()
    return file


def reports_that_microsoft_refused_the_domain(reseller: Person, file: str) -> None:
    reseller.go(f"{file}reason/")
    for answer in ("domain", "rejected", "us"):
        reseller.page.locator(f"#a-{answer}").check()
        reseller.press("main form [type=submit]")
    reseller.press("#say-so")
    reseller.press("[data-validation=domain] .check-theirs a[href$='/answer/']")


def answers_with_the_invoice(reseller: Person, folder: Path) -> None:
    invoice = folder / "facture.pdf"
    invoice.write_bytes(sample_documents.pdf())
    reseller.page.locator("[name=file]").set_input_files(invoice)
    reseller.fill(kind="domain_invoice", issued_on=today(), names_company="yes", names_domain="yes")
    reseller.fill(website=f"www.{DOMAIN}")
    reseller.press("#send-answer")
    assert states(reseller)[3] == "in_progress"


def sees_the_difference_and_lets_it_go(bdm: Person, file: str) -> None:
    sign_in(bdm, "bdm@demo.example", DEMO_PASSWORD)
    desk = file.replace("/enrollments/", "/desk/")
    bdm.go(desk)
    asked = bdm.page.locator("#asked")
    assert asked.locator("del").inner_text() == DOMAIN
    assert asked.locator("ins").inner_text() == f"www.{DOMAIN}"
    bdm.press("#asked a[href*='/desk/'][href*='/documents/']")
    bdm.fill(recent="yes", names_company="yes", names_domain="yes")
    bdm.press("main form:has([name=recent]) [type=submit]")
    check = bdm.page.locator("[data-check=domain]").nth(1).get_attribute("data-check-id")
    bdm.go(f"{desk}checks/{check}/")
    bdm.fill(decision="confirm")
    bdm.press("main form:has([name=decision]) [type=submit]")
    assert asked.locator(".is-done").count() >= 1


def is_authorised(reseller: Person, outside: Person, bdm: Person, file: str) -> None:
    play(outside, NUMBER, "enrol")
    pass_time(outside)
    play(outside, NUMBER, "sign_agreement")
    wait_until(reseller, file, lambda: states(reseller)[1:6:2] == ["passed"] * 3)
    reseller.go(f"{file}steps/marketplace/")
    reseller.fill(
        marketplace_login="marketplace", marketplace="FR", customer_number="20-222222",
        marketplace_email=f"shop@{DOMAIN}", marketplace_activated_on=today(),
    )  # fmt: skip
    reseller.save()
    play(outside, NUMBER, "accept_link")
    wait_until(reseller, file, lambda: is_ready(reseller))


def loses_the_agreement_at_night(reseller: Person, outside: Person, file: str) -> None:
    play(outside, NUMBER, "withdraw_agreement")
    outside.press("form:has([value=night]) button")

    def asks_for_its_repair() -> bool:
        reseller.go(file)  # the page of a ready file rests: nothing on it moves
        return reseller.page.locator("#now.is-turn").count() == 1

    wait_for(asks_for_its_repair)
    play(outside, NUMBER, "sign_agreement")
    wait_until(reseller, file, lambda: is_ready(reseller))
