"""A page asks for one style sheet and one script, which are made of all of ours."""

import os
import re
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from portal.web import page_files, styles
from portal.web.page_files import PAGE_FILES, PageFile, PageFilesFinder

TEMPLATES = sorted((settings.ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("file", PAGE_FILES, ids=lambda file: file.name)
def test_finder_gives_each_to_pages_and_to_the_command_that_collects(file: PageFile) -> None:
    found = finders.find(file.name)
    listed = [path for finder in finders.get_finders() for path, _storage in finder.list(None)]

    assert found is not None and Path(found).read_text() == file.make()
    assert listed.count(file.name) == 1
    assert PageFilesFinder().find("css/other.css") == []


def test_file_is_made_again_when_a_source_is_newer(tmp_path: Path, monkeypatch: Any) -> None:
    own = tmp_path / "portal.css"
    own.write_text(".own { x: 1 }")
    monkeypatch.setattr(styles, "OWN", [own])
    finder = PageFilesFinder()
    made = Path(str(finder.find("css/page.css")))
    assert ".own { x: 1 }" in made.read_text()

    own.write_text(".own { x: 2 }")
    later = made.stat().st_mtime + 10
    os.utime(own, (later, later))

    assert ".own { x: 2 }" in Path(str(finder.find("css/page.css"))).read_text()


def test_script_holds_every_file_and_no_comment(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "b.js").write_text('/* Two\n   lines. */\n(() => {\n  // One.\n  go("/* no comment */");\n})();\n')
    (tmp_path / "a.js").write_text("first();\n")
    monkeypatch.setattr(page_files, "SCRIPTS", tmp_path)

    assert page_files.page_script() == 'first();\n(() => {\ngo("/* no comment */");\n})();'


def test_script_is_light() -> None:
    assert 3_000 < len(brotli.compress(page_files.page_script().encode())) < 5_000


def test_pages_ask_for_no_other_style_sheet_and_script() -> None:
    """Each one more is a request more of every first visit."""
    asked = {
        path.relative_to(settings.ROOT / "templates").as_posix(): found
        for path in TEMPLATES
        if (found := re.findall(r'<(?:script|link rel="stylesheet")[^>]*{% static "([^"]+)"', path.read_text()))
    }

    assert asked == {
        "base.html": ["css/page.css", "js/page.js"],
        "500.html": ["css/page.css"],
        "full.html": ["css/page.css"],
    }
