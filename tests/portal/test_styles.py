"""The one style sheet: nothing of Bootstrap that a page could need is missing, and little more is there."""

import os
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.contrib.staticfiles import finders

from portal.web import styles


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".a{x:1}.b{y:2}", ".a{x:1}"),
        (".a,.b>.c,p{x:1}", ".a,p{x:1}"),
        (".a .b{x:1}.a.a:hover::before{y:2}", ".a.a:hover::before{y:2}"),
        (".a:not(.b){x:1}", ".a:not(.b){x:1}"),
        ("p,input[type=text]{x:1}", "p,input[type=text]{x:1}"),
        (":root,[data-bs-theme=dark]{x:1}", ":root{x:1}"),
        ("@media (min-width:1px){.b{x:1}.a{y:2}}@media print{.b{z:3}}", "@media (min-width:1px){.a{y:2}}"),
        (":root{--on:1;--off:2;--by:var(--on)}.a{x:var(--by)}", ":root{--on:1;--by:var(--on)}.a{x:var(--by)}"),
        (":root{--first:1;--then:var(--first)}", ":root{}"),
        ("@keyframes no{to{x:1}}@keyframes go{to{x:2}}.a{animation:go}", "@keyframes go{to{x:2}}.a{animation:go}"),
        ('.a{x:url("data:image/svg+xml,%3csvg%3e{;}")}', '.a{x:url("data:image/svg+xml,%3csvg%3e{;}")}'),
    ],
)  # fmt: skip
def test_rules_stay_whose_every_class_somebody_names(css: str, kept: str) -> None:
    assert styles.used_of(css, {"a"}).replace(": ", ":") == kept


def test_property_stays_that_our_own_rules_use() -> None:
    assert styles.used_of(":root{--bs-gap:1}", set(), beside=".own { gap: var(--bs-gap); }") == ":root{--bs-gap:1}"


def test_page_has_what_its_templates_name_and_the_licence_of_what_it_took() -> None:
    css = styles.page_style()

    needed = (".btn{", ".form-control{", ".visually-hidden", ".table", ".is-invalid")
    assert [name for name in needed if name not in css] == []
    assert ".carousel" not in css and ".offcanvas" not in css
    assert "Licensed under MIT" in css and css.count("{") == css.count("}")
    assert "--ink-soft: " in css and css.index("--ink-soft: ") < css.index("var(--ink-soft)")
    assert len(brotli.compress(css.encode())) < 20_000


def test_finder_gives_the_sheet_to_pages_and_to_the_command_that_collects() -> None:
    found = finders.find(styles.NAME)
    listed = [path for finder in finders.get_finders() for path, _storage in finder.list(None)]

    assert found is not None and Path(found).read_text() == styles.page_style()
    assert listed.count(styles.NAME) == 1
    assert styles.StylesFinder().find("css/other.css") == []


def test_sheet_is_made_again_when_its_source_is_newer(tmp_path: Path, monkeypatch: Any) -> None:
    own = tmp_path / "portal.css"
    own.write_text(".own { x: 1 }")
    monkeypatch.setattr(styles, "OWN", [own])
    finder = styles.StylesFinder()
    made = Path(str(finder.find(styles.NAME)))
    assert ".own { x: 1 }" in made.read_text()

    own.write_text(".own { x: 2 }")
    later = made.stat().st_mtime + 10
    os.utime(own, (later, later))

    assert ".own { x: 2 }" in Path(str(finder.find(styles.NAME))).read_text()
