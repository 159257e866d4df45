"""The product itself, started by ``manage.py demo`` as a newcomer would, and a browser to walk it."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from portal import servers
from tests.e2e import prepared
from tests.e2e.prepared import ROOT

PASSWORD = "a long sentence of mine"
# Which of the processes that test side by side this is, from 0.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
# Pages that somebody has looked at with axe in this process: module of the journey, kind, language, width.
_LOOKED_AT: set[tuple[str, str, str | None, int | None]] = set()
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


@dataclass
class Product:
    url: str
    environment: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes]"

    def address(self, path: str) -> str:
        return f"{self.url}{path}"


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("product")
    port = servers.free_port()
    shutil.copytree(_prepared(tmp_path_factory.getbasetemp()), folder, dirs_exist_ok=True)
    environment = {
        **os.environ,
        "PORT": str(port),
        "RUN_DIR": str(folder),
        "DATABASE_URL": prepared.new_database(f"e2e{_WORKER}", template=prepared.DATABASE),
        "REDIS_URL": f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{8 + _WORKER}",
        "DOCUMENTS_ROOT": str(folder / "documents"),
        "WORKER_CONCURRENCY": "1",
    }
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--prepared"], cwd=ROOT, env=environment, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: _answers(f"{url}/readyz"), seconds=240, what=lambda: log.read_text()[-3000:])
        yield Product(url, environment, log, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _prepared(base: Path) -> Path:
    """Return the folder of a prepared demo: ``make test`` made it, or the first process that needs it does, for all."""
    if made := os.environ.get("TESTS_PREPARED"):
        return Path(made)
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "prepared"
    with (shared / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            prepared.make(folder)
        return folder


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2):
            return True
    except (URLError, OSError):
        return False


def wait_for(condition: Callable[[], object], *, seconds: float = 40, what: Callable[[], str] = lambda: "") -> None:
    """Bounded wait on a condition, not on a time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain. {what()}")
        time.sleep(0.2)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Chromium is missing; make test installs it or says how"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


@dataclass
class Person:
    """A person at a browser: goes, types, presses, and fails at once when a page is broken."""

    product: Product
    context: BrowserContext
    page: Page
    with_axe: bool
    seen: dict[str, list[str]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(self.product.address(path))
        self.look()

    def press(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.page.wait_for_load_state()
        self.look()

    def fill(self, **answers: str | bool) -> None:
        """Fill fields by name: a choice by its value, anything else by typing."""
        for name, answer in answers.items():
            control = self.page.locator(f"main [name={name}]").first
            kind = (
                control.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type") if self.with_js else _kind(control)
            )
            if kind == "select":
                control.select_option(str(answer))
            elif kind == "radio":
                self.page.locator(f"main [name={name}][value='{answer}']").check()
            else:
                control.fill(str(answer))

    @property
    def with_js(self) -> bool:
        return self.with_axe

    def save(self) -> None:
        self.press("main form:has([name=basis]) [type=submit]:not([name=later])")
        # A page that is saved with a warning stays once.
        if self.page.locator("#continue-anyway").count():
            self.press("#continue-anyway")

    def look(self) -> None:
        """axe once per journey's module, kind of page, language and width; nothing may be wider than the window."""
        if not self.with_axe:
            return
        kind = "/".join(
            "*" if len(part) > 20 or part.isdigit() else part for part in urlsplit(self.page.url).path.split("/")
        )
        width = (self.page.viewport_size or {}).get("width")
        module = os.environ.get("PYTEST_CURRENT_TEST", "").partition("::")[0]
        look = (module, kind, self.page.locator("html").get_attribute("lang"), width)
        if look in _LOOKED_AT:
            return
        _LOOKED_AT.add(look)
        found = Axe().run(self.page, options=RULES).response["violations"]
        self.seen[kind] = [f"{v['id']}: {[n['target'] for n in v['nodes']][:3]}" for v in found]
        wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            self.seen[kind].append(f"the page is {wider} px wider than the window")

    def troubles(self) -> dict[str, list[str]]:
        return {kind: found for kind, found in self.seen.items() if found} | (
            {"console": self.broken} if self.broken else {}
        )


def _kind(control: object) -> str:
    tag = control.evaluate("e => e.tagName")  # type: ignore[attr-defined]
    return "select" if tag == "SELECT" else str(control.get_attribute("type"))  # type: ignore[attr-defined]


@pytest.fixture
def somebody(product: Product, browser: Browser) -> Iterator[Callable[..., Person]]:
    """Make a person: ``somebody(language="fr", width=1280, javascript=True)``."""
    contexts: list[BrowserContext] = []

    def make(*, language: str = "fr", width: int = 1280, javascript: bool = True) -> Person:
        context = browser.new_context(
            locale="fr-FR" if language == "fr" else "en-GB",
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        person = Person(product, context, page, with_axe=javascript)
        page.on("console", lambda message: _keep(person, message.type, message.text))
        page.on("pageerror", lambda error: person.broken.append(str(error)))
        page.on("request", lambda request: _no_third_party(person, request.url))
        return person

    yield make
    for context in contexts:
        context.close()


def _keep(person: Person, kind: str, text: str) -> None:
    if kind == "error" and "422" not in text and "404" not in text:
        person.broken.append(text)


def _no_third_party(person: Person, url: str) -> None:
    if not url.startswith((person.product.url, "data:")):
        person.broken.append(f"third-party request: {url}")
