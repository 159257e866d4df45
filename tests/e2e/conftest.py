"""The product itself, started by ``manage.py demo`` as a newcomer would, and a browser to walk it."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from portal import servers
from tests.e2e import prepared
from tests.e2e.keyboard import AtTheKeyboard
from tests.e2e.person import Person, Product, wait_for
from tests.e2e.prepared import ROOT

__all__ = ["PASSWORD", "Person", "wait_for"]

PASSWORD = "a long sentence of mine"
LOCALES = {"fr": "fr-FR", "en-gb": "en-GB", "de": "de-DE"}
# Which of the processes that test side by side this is, from 0.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


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


@pytest.fixture
def somebody(product: Product, browser: Browser) -> Iterator[Callable[..., Person]]:
    """Make a person: ``somebody(language="fr", width=1280, javascript=True, keyboard=False)``."""
    contexts: list[BrowserContext] = []

    def make(
        *, language: str = "fr", width: int = 1280, javascript: bool = True, keyboard: bool = False, **more: Any
    ) -> Person:
        context = browser.new_context(
            locale=LOCALES[language],
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        person = (AtTheKeyboard if keyboard else Person)(product, context, page, with_axe=javascript)
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
