"""A colleague is invited, joins and uploads a document, in a browser with and without mouse and JavaScript."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portal.settings import DEMO_PASSWORD
from tests import sample_documents
from tests.e2e.conftest import PASSWORD, Person
from tests.e2e.test_journey import mail_link, sign_in, today

pytestmark = [pytest.mark.e2e, pytest.mark.long]


@pytest.mark.parametrize(
    ("number", "language", "width", "javascript", "keyboard"),
    [
        pytest.param(1, "fr", 390, True, False, id="french-phone"),
        pytest.param(2, "fr", 1280, False, False, id="without-javascript"),
        pytest.param(3, "de", 1280, True, True, id="german-keyboard"),
        pytest.param(4, "en-gb", 1280, False, True, id="english-keyboard-without-javascript"),
    ],
)
def test_colleague_joins_and_uploads(
    somebody: Callable[..., Person], tmp_path: Path, number: int, language: str, width: int, javascript: bool,
    keyboard: bool,
) -> None:  # fmt: skip
    way = {"language": language, "width": width, "javascript": javascript, "keyboard": keyboard}
    owner, colleague, outside = somebody(**way), somebody(**way), somebody(javascript=False)
    email = f"kollegin{number}@firm.example"

    sign_in(owner, f"company{number}@demo.example", DEMO_PASSWORD)
    owner.go("/home/")
    file = urlsplit(owner.page.locator("main h2 a[href^='/enrollments/']").first.get_attribute("href") or "").path
    owner.press(".head-nav a[href^='/partners/']")
    owner.fill(email=email, role="contributor")
    owner.press("main form:has([name=email]) [type=submit]")
    assert email in owner.page.locator("main").inner_text()

    colleague.go(mail_link(outside, email, "/partners/invitation/"))
    colleague.press("main a[href^='/accounts/signup/']")
    colleague.fill(password1=PASSWORD)
    colleague.press("main form:has([name=password1]) [type=submit]")
    colleague.go(mail_link(outside, email, "/accounts/confirm-email/"))
    colleague.press("main form [type=submit]")
    colleague.press("main form .btn-primary")  # joins
    assert colleague.page.locator("main h1").count() == 1

    invoice = tmp_path / "facture.pdf"
    invoice.write_bytes(sample_documents.pdf())
    colleague.go(f"{file}documents/")
    colleague.choose_file("main [name=file]", invoice)
    colleague.fill(kind="domain_invoice", issued_on=today(), names_company="yes", names_domain="yes")
    colleague.press("main form:has([name=file]) [type=submit]")
    assert "facture.pdf" in colleague.page.locator("main").inner_text()
    for person in (owner, colleague):
        assert person.troubles() == {}, person.troubles()
