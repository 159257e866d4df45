"""The outbox's doors."""

import time

from celery import shared_task
from django.conf import settings

from portal.notices import relay
from portal.work import claims


@shared_task(name="notices.send_due")
def send_due() -> None:
    end = time.monotonic() + settings.WORK_BUDGET_SECONDS
    while time.monotonic() < end and relay.send_due(limit=1, now=claims.database_now):
        pass
