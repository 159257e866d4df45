"""A partner and their BDM write to each other, in a browser with and without JavaScript."""

from collections.abc import Callable

import pytest

from portal.settings import DEMO_PASSWORD
from tests import sample_documents
from tests.e2e.conftest import Person, wait_for
from tests.e2e.test_journey import sign_in

pytestmark = pytest.mark.e2e

NEWS = "main .unread-count a"


# Each with a company of its own.
@pytest.mark.parametrize(
    ("company", "javascript"),
    [
        pytest.param(2, True, id="javascript"),
        pytest.param(3, False, id="without-javascript", marks=pytest.mark.long),
    ],
)
def test_partner_and_bdm_write_to_each_other(somebody: Callable[..., Person], company: int, javascript: bool) -> None:
    reseller, bdm = somebody(width=390, javascript=javascript), somebody(javascript=javascript)
    sign_in(reseller, f"company{company}@demo.example", DEMO_PASSWORD)
    reseller.go("/home/")
    reseller.press("main h2 a[href^='/enrollments/']")
    reseller.press("main a[href$='/messages/']")
    thread = reseller.page.url.removeprefix(reseller.product.url)
    reseller.fill(body="Notre facture arrive demain.")
    reseller.press(".message-form button.btn-primary")
    shows(reseller, "Notre facture arrive demain.")

    bdm.page.set_viewport_size({"width": 390, "height": 800})
    sign_in(bdm, "bdm@demo.example", DEMO_PASSWORD)
    bdm.go(thread.replace("enrollments", "desk"))
    shows(bdm, "Notre facture arrive demain.")
    bdm.page.fill("#note_body", "À rappeler jeudi.")
    bdm.press(".internal .message-form button")
    shows(bdm, "À rappeler jeudi.")
    bdm.page.fill("#id_body", "Merci, nous regardons.")
    bdm.page.locator("summary", has_text="Ajouter un nouveau document").click()
    bdm.page.set_input_files(
        "[name=file]", {"name": f"{'modele_' * 20}.pdf", "mimeType": "", "buffer": sample_documents.pdf()}
    )
    bdm.press(".message-form button.btn-primary")
    shows(bdm, "Merci, nous regardons.")
    assert bdm.page.evaluate("document.documentElement.scrollWidth") == 390

    reseller.go("/home/")
    reseller.press(NEWS)
    shown = reseller.page.inner_text("main")
    assert ("Merci, nous regardons." in shown, "À rappeler jeudi." in shown) == (True, False)
    if not javascript:
        reseller.press(".unread button")
    wait_for(lambda: _has_read(reseller), seconds=10)
    assert [person.troubles() for person in (reseller, bdm)] == [{}, {}]


def shows(person: Person, text: str) -> None:
    """What was written is in the thread by now: the next thing is typed on the page that came back."""
    entry = person.page.locator(".thread-entry", has_text=text)
    wait_for(lambda: entry.count() == 1, seconds=20, what=lambda: person.page.content()[-2000:])


def _has_read(person: Person) -> bool:
    person.go("/home/")
    return person.page.locator(NEWS).count() == 0
