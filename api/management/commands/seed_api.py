"""A client of the API for the demo, with a known key. Runs once; refuses to run in production."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from api.domain import clients
from api.enums import ApiScope
from api.models import ApiClient
from portal.accounts.models import User

NAME = "CRM (démo)"


class Command(BaseCommand):
    help = "Make the demo's client of the API, which acts for the BDM of France (once)."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("seed_api makes a client with a known key: never in production.")
        by = User.objects.get(email="admin@demo.example")
        client, is_new = ApiClient.objects.get_or_create(
            name=NAME,
            defaults={
                "acts_for": User.objects.get(email="bdm@demo.example"), "scopes": list(ApiScope), "everywhere": True,
                "made_by": by,
            },
        )  # fmt: skip
        if is_new:
            clients.add_key(client=client, text=settings.DEMO_API_KEY, by=by, now=timezone.now())
