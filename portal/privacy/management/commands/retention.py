"""``manage.py retention``: delete what is past its time; ``--dry-run`` only counts."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone, translation

from portal.privacy import retention


class Command(BaseCommand):
    help = "Delete what is past its time, by the table of retention rules. With --dry-run only count it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        with translation.override("en-gb"):
            if not options["dry_run"]:
                retention.run(now)
                return
            for rule in retention.RULES.values():
                kept = rule.how_long or "not deleted"
                self.stdout.write(f"{rule.count(now):>9}  {kept:<12} {rule.code}: {rule.label}. {rule.why}")
