"""``manage.py send_webhook``: post a signed message to the running portal, in place of another system."""

import json
import uuid
from argparse import ArgumentParser
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from onboarding.connectors import standard_webhooks


class Command(BaseCommand):
    help = "Sign a message with the source's first secret, and post it to SITE_URL/hooks/<source>/."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", help="such as validation.domain.updated")
        parser.add_argument("data", nargs="*", help="what it says, as name=value")
        parser.add_argument("--source", default="demo", help="one of WEBHOOK_SECRETS (demo)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (secrets := settings.WEBHOOK_SECRETS.get(options["source"])):
            raise CommandError(f"WEBHOOK_SECRETS has no secret of {options['source']}.")
        now = timezone.now()
        data = dict(each.partition("=")[::2] for each in options["data"])
        body = json.dumps({"type": options["kind"], "timestamp": now.isoformat(), "data": data}).encode()
        headers = standard_webhooks.sign(number=f"msg_{uuid.uuid4().hex}", at=now, body=body, secret=secrets[0])
        url = f"{settings.SITE_URL}/hooks/{options['source']}/"
        try:
            answer = httpx.post(url, content=body, headers=headers, timeout=10, trust_env=False)
        except httpx.TransportError as error:
            raise CommandError(f"{url} does not answer ({error}): is the portal running?") from error
        if not answer.is_success:
            raise CommandError(f"{answer.status_code}: {answer.text.strip()}")
        self.stdout.write(f"{answer.status_code}: kept, a worker handles it.")
