"""A person at a browser, and the product that they look at."""

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

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


def wait_for(condition: Callable[[], object], *, seconds: float = 40, what: Callable[[], str] = lambda: "") -> None:
    """Bounded wait on a condition, not on a time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain. {what()}")
        time.sleep(0.2)


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

    def choose_file(self, selector: str, file: Path) -> None:
        self.page.locator(selector).first.set_input_files(file)

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
