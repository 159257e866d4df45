"""What a first visit to a page of the wizard costs a phone: at most 50 kB in 6 requests. And the head of a page."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from portal.settings import DEMO_PASSWORD
from tests.e2e.conftest import Person, wait_for
from tests.e2e.test_journey import sign_in

pytestmark = pytest.mark.e2e


@pytest.mark.long
def test_visitor_s_head_is_one_line(somebody: Callable[..., Person]) -> None:
    person = somebody(language="fr", width=1280)
    person.go("/")

    tops = person.page.eval_on_selector_all(
        ".wordmark, .head-nav, .head-tools, .head-tools .btn", "all => all.map(e => e.getBoundingClientRect().top)"
    )

    assert max(tops) - min(tops) < 10, tops


@pytest.mark.parametrize(
    ("who", "language"),
    [("company1", "fr"), pytest.param("company2", "en-gb", marks=pytest.mark.long),
     pytest.param("company4", "fr", marks=pytest.mark.long)],
)  # fmt: skip
def test_next_action_is_on_a_phone_s_first_screen(somebody: Callable[..., Person], who: str, language: str) -> None:
    person = somebody(language=language, width=390)
    sign_in(person, f"{who}@demo.example", DEMO_PASSWORD)
    person.go("/home/")
    person.press(".file-card h2 a")

    box = person.page.locator("#now-button").bounding_box()

    assert box is not None and box["y"] + box["height"] <= 844, box


@pytest.mark.parametrize(
    "slug",
    ["mpn-id", "location",
     *(pytest.param(slug, marks=pytest.mark.long)
       for slug in ("company", "contact", "partner-center", "marketplace"))],  # the last opens only after Microsoft
)  # fmt: skip
@pytest.mark.long
def test_wizard_page_is_light(somebody: Callable[..., Person], slug: str) -> None:
    person = somebody(width=390)
    sign_in(person, "company1@demo.example", DEMO_PASSWORD)
    person.go("/home/")
    file = "/".join(
        (person.page.locator("main a[href^='/enrollments/']").first.get_attribute("href") or "").split("/")[:3]
    )
    wait_for(lambda: _is_quiet(person, f"{file}/steps/{slug}/"), what=lambda: "the first checks have not ended")
    cookies = person.context.cookies()
    cold = somebody(width=390)
    cold.context.add_cookies(cookies)  # type: ignore[arg-type]
    wire = cold.context.new_cdp_session(cold.page)
    wire.send("Network.enable")
    pictures: set[str] = set()  # in the style sheet itself
    sizes: list[float] = []
    wire.on(
        "Network.requestWillBeSent",
        lambda event: event["request"]["url"].startswith("data:") and pictures.add(event["requestId"]),
    )
    wire.on(
        "Network.loadingFinished",
        lambda event: event["requestId"] in pictures or sizes.append(event["encodedDataLength"]),
    )

    cold.page.goto(cold.product.address(f"{file}/steps/{slug}/"), wait_until="networkidle")

    assert urlsplit(cold.page.url).path == f"{file}/steps/{slug}/"
    assert (len(sizes) <= 6, sum(sizes) <= 50_000) == (True, True), sizes


def _is_quiet(person: Person, path: str) -> bool:
    """Nothing is being looked at: then the page asks for nothing by itself."""
    person.go(path)
    return person.page.locator("[data-part], [data-live]").count() == 0
