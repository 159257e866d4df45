"""What goes wrong is said first and leads to its field; what is new is said politely and takes nobody's focus."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.settings import DEMO_PASSWORD
from tests.e2e.conftest import Person, wait_for
from tests.e2e.test_journey import sign_in

pytestmark = pytest.mark.e2e

# Who, where, and the button that sends a form with nothing in it.
EMPTY = {
    "sign-in": ("", "/accounts/login/", "main form:has([name=password]) [type=submit]"),
    "sign-up": ("", "/accounts/signup/", "main form:has([name=password1]) [type=submit]"),
    "preflight": ("", "/preflight/", "main form:has([name=legal_name]) [type=submit]"),
    "company": ("reseller", "steps/mpn-id/", "main form:has([name=basis]) [type=submit]:not([name=later])"),
    "upload": ("reseller", "documents/", "#add-document"),
    "task": ("reseller", "ask/", "main form:has([name=to]) [type=submit]"),
    "messages": ("reseller", "messages/", ".message-form button.btn-primary"),
    "estate": ("company1", ".head-nav a[href^='/licensing/']", "main form:has([name=file]) [type=submit]"),
    "invitation": ("company1", ".head-nav a[href^='/partners/']", "main form:has([name=email]) [type=submit]"),
}


def arrive(person: Person, who: str, where: str) -> None:
    if who:
        sign_in(person, f"{who}@demo.example", DEMO_PASSWORD)
        person.go("/home/")
    if where.startswith("."):
        person.press(where)
    elif who:
        file = person.page.locator("main h2 a[href^='/enrollments/']").first.get_attribute("href") or ""
        person.go(f"{file}{where}")
    else:
        person.go(where)


@pytest.mark.parametrize(
    "form", [pytest.param(name, marks=[] if name == "company" else pytest.mark.long) for name in EMPTY]
)
@pytest.mark.parametrize("javascript", [True, pytest.param(False, marks=pytest.mark.long)])
def test_summary_of_errors_is_first_and_leads_to_each_field(
    somebody: Callable[..., Person], form: str, javascript: bool
) -> None:
    who, where, button = EMPTY[form]
    person = somebody(language="de", javascript=javascript, keyboard=javascript)
    arrive(person, who, where)
    # A browser's own bubbles would come first.
    person.page.eval_on_selector_all("form", "all => all.forEach(one => { one.noValidate = true; })")

    person.press(button)

    summary = person.page.locator("[data-error-summary]")
    assert summary.get_attribute("role") == "alert"
    assert person.page.title().strip().startswith(("Fehler", "Erreur"))
    if javascript:
        assert summary.evaluate("e => e === document.activeElement")
    links = summary.locator("a").all()
    assert links
    for link in links:
        target = (link.get_attribute("href") or "").removeprefix("#")
        field = person.page.locator(f"[id='{target}']")
        assert field.count() == 1, target
        if javascript:
            link.press("Enter")
            assert field.evaluate("e => e === document.activeElement || e.contains(document.activeElement)"), target
    assert person.troubles() == {}


def test_news_are_said_politely_and_the_focus_stays(somebody: Callable[..., Person]) -> None:
    """A forecast changes under somebody who stands on a link of it, which goes once nothing is looked for any more."""
    visitor = somebody(language="fr", width=1280)
    visitor.go("/preflight/")
    visitor.fill(
        country="FR", location_country="FR", location_type="location", mpn_id="4395001", company_country="FR",
        legal_name="REGISTRE LENT", registration_number="999000060", street="1 rue de la Panne", postal_code="59000",
        city="Lille", website="nouvelles.example", contact_email="lou@nouvelles.example",
    )  # fmt: skip
    visitor.press("main form:has([name=legal_name]) [type=submit]")
    assert visitor.page.locator("#live[data-part]").count() == 1
    visitor.page.locator("#now .now-body a").focus()

    said = visitor.page.locator("#said[role=status]")
    wait_for(lambda: (said.text_content() or "").strip(), what=lambda: visitor.page.content()[-2000:])

    assert visitor.page.evaluate("document.activeElement.id") == "main"
    assert (said.text_content() or "").strip() == visitor.page.locator("#now").get_attribute("data-says")
    assert visitor.troubles() == {}


@pytest.mark.long
def test_hints_are_said_and_the_field_keeps_the_focus(somebody: Callable[..., Person]) -> None:
    person = somebody(language="fr", keyboard=True)
    arrive(person, "reseller", "steps/mpn-id/")

    person.fill(has_mpn_account="True", mpn_id="12")
    person.page.keyboard.press("Tab")
    at = person.page.evaluate("document.activeElement.outerHTML")
    said = person.page.locator("#hints-said")
    wait_for(lambda: (said.text_content() or "").strip(), what=lambda: person.page.content()[-2000:])

    assert (said.get_attribute("role"), said.get_attribute("aria-live")) == ("status", "polite")
    assert person.page.evaluate("document.activeElement.outerHTML") == at
    assert (said.text_content() or "").strip() in " ".join(person.page.locator("main .field-hints").all_inner_texts())
    assert person.troubles() == {}


def test_nobody_finds_the_page_to_sign_in_inside_another_one(somebody: Callable[..., Person]) -> None:
    person = somebody(language="fr")
    arrive(person, "reseller", "company/")
    person.context.clear_cookies(name=re.compile("sessionid"))

    with person.page.expect_response(lambda answer: "/company/?" in answer.url) as asked:
        person.page.locator("main input[name=q]").press_sequentially("fictif")

    assert asked.value.status == 302
    for _time in range(3):  # as long as it would take to fetch that page
        person.page.evaluate("fetch('/accounts/login/').then((answer) => answer.text())")
    assert person.page.locator("h1").count() == 1
    assert person.troubles() == {}


def test_page_goes_on_asking_after_an_answer_that_broke_off(somebody: Callable[..., Person]) -> None:
    visitor = somebody(language="fr")
    visitor.page.add_init_script("""
        const fetched = window.fetch;
        window.fetch = () => {
            window.fetch = fetched;
            return Promise.resolve(new Response(new ReadableStream({ start: (cut) => cut.error(new Error("cut")) })));
        };
    """)
    visitor.go("/preflight/")
    visitor.fill(
        country="FR", location_country="FR", location_type="location", mpn_id="4395001", company_country="FR",
        legal_name="REGISTRE LENT", registration_number="999000060", street="1 rue de la Panne", postal_code="59000",
        city="Lille", website="coupures.example", contact_email="lou@coupures.example",
    )  # fmt: skip
    visitor.press("main form:has([name=legal_name]) [type=submit]")

    said = visitor.page.locator("#said[role=status]")
    wait_for(lambda: (said.text_content() or "").strip(), what=lambda: visitor.page.content()[-2000:])

    assert visitor.troubles() == {}


def test_page_of_work_follows_when_it_becomes_another_page(somebody: Callable[..., Person], tmp_path: Path) -> None:
    """What is waited for ends with questions: those of the columns that a file has."""
    bdm = somebody(language="fr")
    sign_in(bdm, "bdm@demo.example", DEMO_PASSWORD)
    bdm.go("/desk/insights/")
    file = tmp_path / "MPA signed.csv"
    file.write_text("Reseller Name,PartnerID,Region,Vetting Status\nExemple,4391600,EMEA,Authorized\n")
    bdm.choose_file("main input[type=file]", file)
    bdm.page.locator("main form:has([type=file]) [type=submit]").click()  # nobody looks: it goes on by itself

    bdm.page.locator(".insights-preview").wait_for()

    bdm.look()
    assert bdm.troubles() == {}


def test_list_of_the_desk_is_taken_in_one_format_after_the_other(somebody: Callable[..., Person]) -> None:
    """A file that is taken leaves the page as it is, with its buttons."""
    bdm = somebody(language="fr")
    sign_in(bdm, "bdm@demo.example", DEMO_PASSWORD)
    bdm.go("/desk/?view=open")

    for kind in ("csv", "xlsx", "csv"):
        with bdm.page.expect_download() as taken:
            bdm.page.locator(f"button[name=format][value={kind}]").click()
        assert taken.value.suggested_filename.endswith(f".{kind}")

    assert bdm.troubles() == {}
