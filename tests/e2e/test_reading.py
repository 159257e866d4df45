"""How pages are read: enlarged, spaced out, in colours of one's own, without motion, on paper, by their names.

Each looks at every page one click from a person's first ones.
"""

import io
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import polib
import pypdf
import pytest

from portal.settings import DEMO_PASSWORD
from tests.e2e.conftest import Person
from tests.e2e.prepared import ROOT
from tests.e2e.test_journey import sign_in

pytestmark = pytest.mark.e2e

WHO = {"visitor": "", "company1": "/home/", "company4": "/home/", "bdm": "/desk/"}
# The admin is Django's; what ends a session, downloads or leaves is no page to read.
LEFT_OUT = re.compile(r"^/(admin|sandbox|api)|/logout/|\.(csv|xlsx|ics|pdf|json|txt)$|/download/|/export/|/file/")
MOST_PAGES = 30
LINKS = "all => all.filter(a => !a.hasAttribute('download')).map(a => a.pathname + a.search)"
EVERYBODY = [pytest.param(who, marks=[] if who == "company1" else pytest.mark.long) for who in WHO]
# WCAG 2.2, 1.4.12.
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }`);
  document.adoptedStyleSheets = Array.of(sheet);
}"""
# What hides a part of its own text: neither what only readers of screens get, nor fields, which scroll.
CLIPPED = """() => [...document.querySelectorAll("body *")].filter(e => {
  const style = getComputedStyle(e);
  const hides = ["hidden", "clip"].includes(style.overflowX) || ["hidden", "clip"].includes(style.overflowY);
  return hides && e.clientWidth > 1 && !e.matches("input, select, textarea, svg, svg *, .visually-hidden")
    && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1);
}).map(e => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 40)}`)"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
MOVES = """() => [...document.querySelectorAll("*")].filter(e => [null, "::before", "::after"].some(part => {
  const style = getComputedStyle(e, part);
  return style.animationName !== "none" || style.transitionDuration.split(", ").some(time => time !== "0s");
})).map(e => `${e.tagName}.${e.className}`)"""
# A button and the field one writes in have an edge, and a link a line or an edge: backgrounds are taken away.
EDGELESS = """() => {
  const edged = style => parseFloat(style.borderBottomWidth) > 0 && style.borderBottomStyle !== "none";
  const lined = style => style.textDecorationLine !== "none";
  const chosen = "[aria-current], [aria-pressed=true]";
  const current = [...document.querySelectorAll(chosen)].filter(e => !e.matches("li") && e.checkVisibility());
  const others = one => [...(one.closest("ul, ol, nav, form")?.querySelectorAll(one.tagName) ?? [])]
    .filter(e => !e.matches(chosen) && e.checkVisibility());
  const look = e => {
    const style = getComputedStyle(e);
    return [style.borderBottomWidth, style.borderBottomStyle, style.textDecorationLine, style.outlineStyle,
      style.color, style.backgroundColor].join();
  };
  return [
    ...[...document.querySelectorAll(".btn")].filter(e => e.checkVisibility() && !edged(getComputedStyle(e)) &&
      !lined(getComputedStyle(e))).map(e => `no edge: ${e.textContent.trim()}`),
    ...current.filter(e => others(e).length && others(e).every(other => look(other) === look(e)))
      .map(e => `not told from the others: ${e.textContent.trim().slice(0, 40)}`),
  ];
}"""
CONTROLS = {"button", "link", "textbox", "combobox", "radio", "checkbox", "listbox", "searchbox", "spinbutton"}


def arrive(somebody: Callable[..., Person], who: str, **how: Any) -> Person:
    person = somebody(**how)
    if who != "visitor":
        sign_in(person, f"{who}@demo.example", DEMO_PASSWORD)
    return person


def pages(person: Person, who: str) -> Iterator[str]:
    """Yield the addresses one click from the first pages, those of an enrollment among them, and go to each."""
    person.page.goto(person.product.address(WHO[who] or "/"))
    paths = dict.fromkeys([urlsplit(person.page.url).path])
    first = person.page.locator("main a[href^='/enrollments/'], main a[data-row]")
    links = person.page.eval_on_selector_all("a[href^='/']", LINKS)
    if first.count():
        file = first.first.get_attribute("href") or ""
        person.page.goto(person.product.address(file))
        links = [file, *person.page.eval_on_selector_all("main a[href^='/']", LINKS), *links]
    paths |= dict.fromkeys(path for path in links if not LEFT_OUT.search(path))
    for path in [*paths][:MOST_PAGES]:
        answer = person.page.goto(person.product.address(path))
        if answer is not None and "text/html" in (answer.header_value("content-type") or ""):
            yield path


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("width", [320, pytest.param(640, marks=pytest.mark.long)])
def test_enlarged_page_is_not_pushed_sideways(somebody: Callable[..., Person], who: str, width: int) -> None:
    """1280 px wide, at 400 % and at 200 %. As WCAG 2.2 asks in 1.4.4 and 1.4.10."""
    person = arrive(somebody, who, width=width)

    found = {path: person.page.evaluate(WIDER) for path in pages(person, who)}

    assert len(found) > 8
    assert {path: wider for path, wider in found.items() if wider > 0} == {}


@pytest.mark.long
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("who", WHO)
def test_spaced_out_text_is_neither_cut_nor_pushed_sideways(
    somebody: Callable[..., Person], who: str, width: int
) -> None:
    person = arrive(somebody, who, width=width)

    found = {}
    for path in pages(person, who):
        before = person.page.evaluate(CLIPPED)
        person.page.evaluate(SPACED)
        cut = [one for one in person.page.evaluate(CLIPPED) if one not in before]
        found[path] = cut + [f"{wider} px too wide" for wider in [person.page.evaluate(WIDER)] if wider > 0]

    assert len(found) > 8
    assert {path: cut for path, cut in found.items() if cut} == {}


@pytest.mark.long
@pytest.mark.parametrize("who", WHO)
def test_forced_colours_keep_edges_and_what_is_chosen(somebody: Callable[..., Person], who: str) -> None:
    person = arrive(somebody, who, forced_colors="active")

    found = {path: person.page.evaluate(EDGELESS) for path in pages(person, who)}

    assert len(found) > 8
    assert {path: edgeless for path, edgeless in found.items() if edgeless} == {}


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
@pytest.mark.long
def test_chosen_radio_looks_chosen_in_forced_colours(somebody: Callable[..., Person], scheme: str) -> None:
    visitor = somebody(forced_colors="active", color_scheme=scheme)
    visitor.go("/licensing/advice/")
    radio = visitor.page.locator("main [type=radio]").first

    before = radio.screenshot()
    radio.check()
    visitor.page.mouse.move(0, 0)
    radio.evaluate("e => e.blur()")

    assert radio.screenshot() != before


@pytest.mark.long
@pytest.mark.parametrize("who", WHO)
def test_nothing_moves_for_who_wants_no_motion(somebody: Callable[..., Person], who: str) -> None:
    person = arrive(somebody, who, reduced_motion="reduce")

    found = {path: person.page.evaluate(MOVES) for path in pages(person, who)}

    assert len(found) > 8
    assert {path: moving for path, moving in found.items() if moving} == {}


def test_enrollment_on_paper_has_what_is_folded_and_no_controls(somebody: Callable[..., Person]) -> None:
    person = arrive(somebody, "company1")
    person.go("/home/")
    person.press("main h2 a[href^='/enrollments/']")
    title = person.page.locator("h1").inner_text()
    event = person.page.locator("#story .timeline-title").last.text_content() or ""
    folded = person.page.locator(".check-proves").first.text_content() or ""

    paper = pypdf.PdfReader(io.BytesIO(person.page.pdf(format="A4")))
    text = plain(" ".join(page.extract_text() for page in paper.pages))

    assert len(paper.pages) <= 8
    for one in (title, event, folded):
        assert plain(one) in text, text
    for control in ("Se déconnecter", "Actualiser", "Aller au contenu"):
        assert control not in text


@pytest.mark.long
@pytest.mark.parametrize("language", ["fr", "de"])
@pytest.mark.parametrize("who", WHO)
def test_every_control_has_a_name_in_the_reader_s_language(
    somebody: Callable[..., Person], who: str, language: str
) -> None:
    person = arrive(somebody, who, language=language)
    if who != "visitor":
        person.press(f"form.languages button[value={language}]")
    catalogue = polib.pofile(str(ROOT / f"locale/{language}/LC_MESSAGES/django.po"))
    # A language is named in itself.
    other = {entry.msgid for entry in catalogue if entry.msgstr and entry.msgstr != entry.msgid} - {"English"}

    named = {path: names(person) for path in pages(person, who)}
    person.press("form.languages button[value=fr]")

    assert len(named) > 8
    assert {path: role for path, of in named.items() for role, name in of if not name} == {}
    assert {name for of in named.values() for _role, name in of} & other == set()


def plain(text: str) -> str:
    """Return a text without ligatures, and with one space between words."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def names(person: Person) -> list[tuple[str, str]]:
    """Return role and name of each control, as a reader of screens is told them."""
    wire = person.page.context.new_cdp_session(person.page)
    tree = wire.send("Accessibility.getFullAXTree")["nodes"]
    wire.detach()
    return [
        (node["role"]["value"], node.get("name", {}).get("value", "").strip())
        for node in tree
        if not node["ignored"] and node["role"]["value"] in CONTROLS
    ]
