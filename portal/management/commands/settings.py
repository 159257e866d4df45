"""Print every environment variable that the portal reads, as ``portal/README.md`` shows them."""

from typing import Any

from django.core.management.base import BaseCommand

from portal import configuration


class Command(BaseCommand):
    help = "Print every environment variable with its meaning and default, as Markdown."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(configuration.as_markdown())
