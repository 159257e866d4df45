"""``python -m tests.bench.visit``: from the home page to the first saved answer, and how fast suggestions come.

Starts the demo with servers of its own. In headless Chromium it goes the way five times on a phone, in French, and
counts the screens on which something has to be done, the fields typed, and the seconds that the portal takes: the hand
on the keyboard takes none. Then it asks for suggestions as the page does, each a question that was never asked, by
turns with that page without a question, which is the control: the difference is the register's twin.
"""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page, sync_playwright

from portal import servers
from tests.bench.measure import until

ROOT = Path(__file__).parents[2]
# Companies of the register's twin that are not yet in the demo: one for each walk.
COMPANIES = ("une tout autre", "repetition fictive", "plaisant", "zone modele", "quatrieme")
QUESTIONS = 100
PASSWORD = "nine green bicycles in a row"
# What is asked of suggestions. A page never waits for them.
MOST_MILLISECONDS = 400


def main() -> None:
    with _demo() as url, sync_playwright() as playwright:
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        walks = [_walk(browser, url, number) for number in range(len(COMPANIES))]
        asked, control = _suggestions(url)
    seconds = statistics.median(walk.seconds for walk in walks)
    print(f"screens to the first saved answer: {walks[0].screens}; fields typed: {walks[0].typed}")
    print(f"seconds that the portal took: {seconds:.1f} (median of {len(walks)})")
    p95, other = (statistics.quantiles(times, n=20)[-1] for times in (asked, control))
    print(
        f"suggestions: 95 of 100 within {p95:.0f} ms, median {statistics.median(asked):.0f} ms; the page alone "
        f"{other:.0f} ms; ratio {p95 / other:.1f}; {'reached' if p95 < MOST_MILLISECONDS else 'missed'}"
    )


@contextmanager
def _demo() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="portal-visit-", ignore_cleanup_errors=True) as folder:
        port = servers.free_port()
        log = (Path(folder) / "log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"], cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
            env={**os.environ, "RUN_DIR": folder, "PORT": str(port)},
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            until(lambda: _answers(f"{url}/readyz"), limit=300, every=0.5)
            yield url
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2):
            return True
    except (URLError, OSError):
        return False


@dataclass
class Walk:
    """A way through the portal: what was asked of the visitor, and how long the portal took."""

    page: Page
    url: str
    screens: int = 0
    typed: int = 0
    seconds: float = 0
    _seen: set[str] = field(default_factory=set)

    def arrive(self, act: Callable[[], object]) -> None:
        """Do what leads to the next screen, and wait until it is there."""
        before, start = self.page.url, time.perf_counter()
        act()
        self.page.wait_for_url(lambda url: url != before, wait_until="load")
        self.seconds += time.perf_counter() - start

    def asks(self) -> None:
        """Count this screen, once."""
        path = urlsplit(self.page.url).path
        self.screens += path not in self._seen
        self._seen.add(path)

    def fill(self, **answers: str) -> None:
        self.asks()
        for name, answer in answers.items():
            self.page.locator(f"main [name={name}]").first.fill(answer)
            self.typed += 1


def _walk(browser: Browser, url: str, number: int) -> Walk:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="fr-FR")
    walk = Walk(context.new_page(), url)
    page, email = walk.page, f"visit{number}@nuages.example"
    walk.arrive(lambda: page.goto(f"{url}/"))
    walk.arrive(page.locator("main a[href*='/accounts/signup/']").first.click)
    walk.fill(email=email, password1=PASSWORD)
    walk.arrive(page.locator("main form:has([name=password1]) [type=submit]").first.click)
    link = _mailed(context.new_page(), url, email)
    walk.arrive(lambda: page.goto(link))
    walk.asks()
    walk.arrive(page.locator("main form [type=submit]").first.click)
    walk.fill(q=COMPANIES[number])
    start = time.perf_counter()
    page.locator("#hits button[name=found]").first.wait_for()
    walk.seconds += time.perf_counter() - start
    walk.arrive(page.locator("#hits button[name=found]").first.click)
    page.locator("main [name=has_mpn_account][value=True]").first.check()
    walk.fill(mpn_id=f"43940{number:02}")
    walk.arrive(page.locator("main form:has([name=basis]) [type=submit]:not([name=later])").first.click)
    context.close()
    return walk


def _mailed(page: Page, url: str, email: str) -> str:
    """Return the link of the confirmation that the demo's mail server received. Its time is not the portal's."""
    link = page.locator("main details", has_text=email).locator("a[href*='/confirm-email/']").first

    def received() -> int:
        page.goto(f"{url}/sandbox/")
        return link.count()

    until(received, limit=60, every=0.2)
    return url + urlsplit(link.get_attribute("href") or "").path


def _suggestions(url: str) -> tuple[list[float], list[float]]:
    """Return milliseconds of suggestions and of the control, by turns."""
    asked, control = [], []
    for number in range(QUESTIONS):
        query = urlencode({"q": f"{('fictif', 'zone', 'nuages', 'modele')[number % 4]} {number:03}", "country": "FR"})
        asked.append(_milliseconds(f"{url}/companies/?{query}"))
        control.append(_milliseconds(f"{url}/companies/"))
    return asked, control


def _milliseconds(url: str) -> float:
    start = time.perf_counter()
    with urlopen(Request(url, headers={"X-Part": "hits"}), timeout=10) as answer:
        answer.read()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
