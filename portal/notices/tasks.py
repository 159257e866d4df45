"""The outbox's doors."""

import time

from celery import shared_task

from portal.notices import relay
from portal.work import claims

BUDGET_SECONDS = 20


@shared_task(name="notices.send_due")
def send_due() -> None:
    end = time.monotonic() + BUDGET_SECONDS
    while time.monotonic() < end and relay.send_due(limit=1, now=claims.database_now):
        pass
