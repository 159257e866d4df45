from typing import Any

from django.core.management.base import BaseCommand

from portal.geo.load import load


class Command(BaseCommand):
    help = "Load countries, CSP regions, marketplaces and provider links from portal/places/data/ (idempotent)."

    def handle(self, *args: Any, **options: Any) -> None:
        load()
