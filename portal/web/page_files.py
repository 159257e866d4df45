"""The files that are made of others, so that a page asks for one where it would ask for several.

``collectstatic`` makes them from the sources; else each is made when it is first asked for.
"""

import atexit
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

from portal.web import admin_files, styles

SCRIPTS = settings.ROOT / "static/js"


@dataclass(frozen=True)
class PageFile:
    """``make`` returns the text; the file is made again when one of its ``sources`` is newer."""

    name: str
    sources: Callable[[], Iterable[Path]]
    make: Callable[[], str]


def page_script() -> str:
    """Return all of our scripts in one: each does nothing on a page that lacks what it is for."""
    return "\n".join(_small(file.read_text()) for file in _scripts())


def _scripts() -> list[Path]:
    return sorted(SCRIPTS.glob("*.js"))


def _small(script: str) -> str:
    """Return a script without the comments that have lines of their own, and without its lines' beginnings."""
    without_comments = re.sub(r"^[ \t]*(/\*.*?\*/|//[^\n]*)[ \t]*$", "", script, flags=re.DOTALL | re.MULTILINE)
    return "\n".join(line for line in map(str.strip, without_comments.split("\n")) if line)


PAGE_FILES = (
    PageFile("css/page.css", lambda: (styles.BOOTSTRAP, *styles.OWN), styles.page_style),
    PageFile("js/page.js", _scripts, page_script),
    PageFile("admin/page.css", admin_files.sources, admin_files.style),
    *(PageFile(name, admin_files.sources, partial(admin_files.script, name)) for name in admin_files.SCRIPTS),
)


class PageFilesFinder(BaseFinder):
    """Finds ``PAGE_FILES``, which are in no folder."""

    def __init__(self, app_names: Sequence[str] | None = None, *args: Any, **kwargs: Any) -> None:
        folder = mkdtemp(prefix="portal-page-files-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        self._folder = Path(folder)

    def find(self, path: str, find_all: bool = False, **_older: Any) -> Any:
        found = [str(self._made(file)) for file in PAGE_FILES if file.name == path]
        return found if find_all or not found else found[0]

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for file in PAGE_FILES:
            self._made(file)
            yield file.name, FileSystemStorage(location=self._folder)

    def check(self, **_options: Any) -> Any:
        return []

    def _made(self, file: PageFile) -> Path:
        place = self._folder / file.name
        newest = max(source.stat().st_mtime for source in file.sources())
        if not place.exists() or place.stat().st_mtime < newest:
            place.parent.mkdir(exist_ok=True)
            place.write_text(file.make())
        return place
