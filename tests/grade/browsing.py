"""Open every page in Chromium with an empty cache, and note what it fetched, said, refused, and what axe sees."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright
from playwright.sync_api import Error as BrowserError

from tests.grade.run import Run, Stop, Visit

# Language, width, colour scheme.
Look = tuple[str, int, str]
LOCALES = {"fr": "fr-FR", "en-gb": "en-GB", "de": "de-DE"}
HEIGHTS = {390: 844, 1280: 900}
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-dev-shm-usage", "--no-first-run",
)  # fmt: skip
AFTER_LOAD = 2.0
# What the page itself says is blocked; listened for before any script of the page.
LISTEN = """
window.__blocked = [];
document.addEventListener("securitypolicyviolation", e =>
  window.__blocked.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile || ""}:${e.lineNumber}`));
"""
SEND = """
([path, fields]) => {
  const form = document.createElement("form");
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  form.method = "post";
  form.action = path;
  for (const [name, value] of [["csrfmiddlewaretoken", token ? token.value : ""], ...fields]) {
    const field = document.createElement("input");
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  HTMLFormElement.prototype.submit.call(form);
}
"""
# What axe could not judge is asked about once more: a page that was still being laid out stands still by then.
RUN_AXE = """
async options => {
  const plain = list => list.map(r => ({id: r.id, impact: r.impact, help: r.help, nodes: r.nodes.map(n => ({
    target: n.target.flat().join(" "), html: n.html.slice(0, 300),
    why: [...n.any, ...n.all, ...n.none].map(c => c.message).join(" | ").slice(0, 300)}))}));
  const first = await axe.run(document, options);
  if (!first.incomplete.length) return [plain(first.violations), []];
  await new Promise(still => setTimeout(still, 500));
  const ids = first.incomplete.map(rule => rule.id);
  const again = await axe.run(document, {...options, runOnly: {type: "rule", values: ids}});
  const others = first.violations.filter(rule => !ids.includes(rule.id));
  return [plain([...others, ...again.violations]), plain(again.incomplete)];
}
"""


def chromium() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "Chromium is missing: make test installs it or says how"
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try:
            yield started
        finally:
            started.close()


def browse(
    run: Run,
    stops: Iterable[Stop],
    *,
    looks: Iterable[Look],
    options: dict[str, Any],
    say: Callable[[str], None] = lambda _line: None,
) -> list[Visit]:
    """Return a visit for each stop and look. Two browsers work side by side, on one language at a time."""
    axe = (run.tools / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
    visits: list[Visit] = []
    for language, of_language in groupby(sorted(looks), itemgetter(0)):
        run.speak(language)
        sights = [(width, scheme) for _language, width, scheme in of_language]
        rounds = [
            (run.sign_in(person), list(of), width, scheme)
            for person, of in _by_person(stops).items()
            for width, scheme in sights
        ]
        halves = [rounds[0::2], rounds[1::2]]
        with ThreadPoolExecutor(2) as pool:
            for found in pool.map(partial(_rounds, run, language, axe, options), halves):
                visits += found
        say(f"{language}: {len(visits)} visits")
    return visits


def _by_person(stops: Iterable[Stop]) -> dict[str, list[Stop]]:
    found: dict[str, list[Stop]] = {}
    for stop in stops:
        found.setdefault(stop.person, []).append(stop)
    return found


def _rounds(run: Run, language: str, axe: str, options: dict[str, Any], rounds: list[Any]) -> list[Visit]:
    visits = []
    with browser() as started:
        for session, stops, width, scheme in rounds:
            context = _context(run, started, session, language, width, scheme)
            page = context.new_page()
            page.set_default_timeout(30_000)
            for stop in stops:
                visits.append(_visit(run, page, Visit(stop, language, width, scheme), axe, options))
            context.close()
    return visits


def _context(run: Run, started: Browser, session: str, language: str, width: int, scheme: Any) -> BrowserContext:
    context = started.new_context(
        locale=LOCALES[language], viewport={"width": width, "height": HEIGHTS[width]}, color_scheme=scheme,
        ignore_https_errors=True, reduced_motion="reduce",
    )  # fmt: skip
    context.add_init_script(LISTEN)
    if session:
        name, _, value = session.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": run.url, "secure": True}])
    return context


def first_requests(
    asked: dict[str, tuple[str, float]], sizes: dict[str, float], loaded: float | None
) -> list[tuple[str, float]]:
    """Return what a first visit asked for, in bytes. One that fails counts too.

    A page that shows work in progress asks on and on, and axe looks at it for seconds: what begins later than
    ``AFTER_LOAD`` seconds after the page had loaded is not the visit's.
    """
    return [
        (url, sizes.get(number, 0.0))
        for number, (url, at) in asked.items()
        if loaded is None or at <= loaded + AFTER_LOAD
    ]


def _is_dead(response: Response | None) -> bool:
    """Return whether the policy lets no script run in the page, the browser's own included: it would wait for ever."""
    return response is not None and "sandbox" in (response.header_value("content-security-policy") or "")


def _visit(run: Run, page: Page, visit: Visit, axe: str, options: dict[str, Any]) -> Visit:
    """Go there. The cache is off, so that each visit is a first one."""
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Page.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    asked: dict[str, tuple[str, float]] = {}
    sizes: dict[str, float] = {}
    loaded: list[float] = []
    frame = wire.send("Page.getFrameTree")["frameTree"]["frame"]["id"]

    def asks(event: dict[str, Any]) -> None:
        if event.get("type") == "Document" and event.get("frameId") == frame and event["requestId"] not in asked:
            asked.clear()  # what the page before still asked for is not this one's
        asked[event["requestId"]] = (event["request"]["url"], event["timestamp"])

    wire.on("Network.requestWillBeSent", asks)
    wire.on("Network.loadingFinished", lambda event: sizes.__setitem__(event["requestId"], event["encodedDataLength"]))
    wire.on("Page.loadEventFired", lambda event: loaded.append(event["timestamp"]))

    def said(message: Any) -> None:
        if message.type in ("error", "warning"):
            visit.console.append(f"{message.type}: {message.text}"[:400])

    def broke(error: Any) -> None:
        visit.console.append(f"exception: {error}"[:400])

    page.on("console", said)
    page.on("pageerror", broke)
    try:
        response = page.goto(f"{run.url}{visit.stop.path}", wait_until="load")
        if visit.stop.form is not None:
            visit.console.clear()
            with page.expect_navigation(wait_until="load") as going:
                page.evaluate(SEND, [visit.stop.path, [list(pair) for pair in visit.stop.form]])
            response = going.value
        visit.status = response.status if response else 0
        if _is_dead(response):
            return visit
        visit.blocked = page.evaluate("window.__blocked || []")
        if options:
            page.evaluate(axe)
            visit.violations, visit.unjudged = page.evaluate(RUN_AXE, options)
    except BrowserError as error:
        visit.console.append(f"browser: {error}"[:400])
    finally:
        visit.requests = first_requests(asked, sizes, loaded[-1] if loaded else None)
        page.remove_listener("console", said)
        page.remove_listener("pageerror", broke)
        wire.detach()
    return visit
