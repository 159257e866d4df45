"""The outbox's doors."""

from celery import shared_task
from django.utils import timezone

from portal.notices import relay


@shared_task(name="notices.send_due")
def send_due() -> None:
    while relay.send_due(limit=20, now=timezone.now):
        pass
