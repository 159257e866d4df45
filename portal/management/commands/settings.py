"""Print every environment variable that the portal reads, as ``portal/README.md`` or ``.env.example`` shows them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal import configuration


class Command(BaseCommand):
    help = "Print every environment variable with its meaning and default, as Markdown or (--env) as .env.example."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--env", action="store_true", help="as .env.example")

    def handle(self, *args: Any, env: bool = False, **options: Any) -> None:
        self.stdout.write(configuration.as_env_file() if env else configuration.as_markdown())
