"""Bring the catalogues of the shipped data up to date, as ``makemessages`` does for the catalogues of the product."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.utils import popen_wrapper

from portal import data_texts

_HEADER = """\
# What the shipped data says in English, where it has no text in this language. Written by "manage.py data_messages".
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""


class Command(BaseCommand):
    help = "Write what the shipped data says in English to locale/data/<language>, and keep what is translated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--locale", action="append", required=True, help="A language, such as de.")

    def handle(self, *args: Any, locale: list[str], **options: Any) -> None:
        for language in locale:
            write(settings.ROOT / "locale" / "data" / language / "LC_MESSAGES" / "django.po", language)


def write(path: Path, language: str) -> None:
    """Write one catalogue. A text that the data no longer has is removed; a new one has no translation yet.

    Raises: CommandError if the programs of GNU gettext refuse a file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    template = path.with_suffix(".pot")
    entries = (
        f'#. {place}\nmsgid "{_quoted(text)}"\nmsgstr ""\n' for text, place in data_texts.collect(language).items()
    )
    template.write_text("\n".join([_HEADER.format(language=language), *entries]), encoding="utf-8")
    try:
        if path.exists():
            _gettext("msgmerge", "--quiet", "--no-fuzzy-matching", "--output-file", str(path), str(path), str(template))
            _gettext("msgattrib", "--no-obsolete", "--output-file", str(path), str(path))
        else:
            template.replace(path)
    finally:
        template.unlink(missing_ok=True)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _gettext(*command: str) -> None:
    _out, errors, status = popen_wrapper(list(command))
    if status:
        raise CommandError(errors)
