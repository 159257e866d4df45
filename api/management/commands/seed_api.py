"""For the demo, a client of the API with a known key, and a channel of Teams. Runs once, never in production."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from api.domain import clients
from api.domain.webhooks import subscriptions
from api.domain.webhooks.subscriptions import Wish
from api.enums import FOR_PEOPLE, ApiScope, WebhookStyle
from api.models import ApiClient, WebhookSubscription
from portal.accounts.models import User

NAME = "CRM (démo)"
CHANNEL = "Teams\u00a0: BDM (démo)"


class Command(BaseCommand):
    help = "Make the demo's client of the API, which acts for the BDM of France, and its channel of Teams (once)."

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
        if settings.SANDBOX_URL:
            _make_channel(by)


def _make_channel(by: User) -> None:
    """Let the sandbox's channel be told, at the address that the sandbox has in this run."""
    address = f"{settings.SANDBOX_URL}/teams/bdms"
    wish = Wish(name=CHANNEL, address=address, kinds=FOR_PEOPLE, everywhere=True)
    row = WebhookSubscription.objects.filter(name=CHANNEL).first()
    if row is None:
        subscriptions.make(style=WebhookStyle.TEAMS, client=None, wish=wish, by=by, now=timezone.now())
    elif row.host != urlsplit(address).netloc:
        subscriptions.change(subscription=row, wish=wish, by=by, now=timezone.now())
