"""``manage.py prepare``: bring the database of a deployment to this release, before its programs start."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

COMMANDS = ("migrate", "createcachetable", "load_places", "load_licensing", "partner_center_account")


class Command(BaseCommand):
    help = f"Make or change the tables and load what is missing: {', '.join(COMMANDS)}. It may be repeated."

    def handle(self, *args: Any, **options: Any) -> None:
        for command in COMMANDS:
            call_command(command, verbosity=options["verbosity"], stdout=self.stdout)
