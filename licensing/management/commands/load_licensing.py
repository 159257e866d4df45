"""Load the reviewed facts of licensing; running it again changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from licensing.domain import editions


class Command(BaseCommand):
    help = "Load the reviewed facts (licensing/data/*.toml) as a new edition, if they changed."

    def handle(self, *args: Any, **options: Any) -> None:
        edition = editions.load(now=timezone.now())
        if options["verbosity"] > 1:
            self.stdout.write(f"edition {edition}" if edition else "nothing new")
