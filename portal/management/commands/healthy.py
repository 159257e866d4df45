"""Check one program of the Procfile, as a container's health check. Exit 0 when it works, or with an error."""

from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from portal import configuration


class Command(BaseCommand):
    help = "Check one program: web answers /readyz; worker and beat run and reach the database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("program", choices=["web", "worker", "beat"])

    def handle(self, *args: Any, program: str, **options: Any) -> None:
        if program == "web":
            _web()
        else:
            _process(program)


def _web() -> None:
    host = (settings.ALLOWED_HOSTS or ["localhost"])[0].lstrip(".*") or "localhost"
    url = f"http://127.0.0.1:{configuration.text('PORT')}/readyz"
    with urlopen(Request(url, headers={"Host": host}), timeout=4):
        pass


def _process(program: str) -> None:
    if not any("celery" in text and f"\0{program}\0" in text for text in _command_lines()):
        raise CommandError(f"no {program} runs here")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _command_lines() -> list[str]:
    texts = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            texts.append(place.read_text(errors="replace"))
        except OSError:
            continue
    return texts
