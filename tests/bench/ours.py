"""Our Celery app and commands, the register answering at once: what is measured is the portal, not the register.

``python -m tests.bench.ours work`` is ``manage.py work`` with such a register.
"""

import datetime as dt
import os
import sys
from dataclasses import replace
from typing import Any

import django
import redis
from celery import shared_task
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.core.management import execute_from_command_line  # noqa: E402

from onboarding.domain.checks import connectors  # noqa: E402
from onboarding.domain.checks.finding import Finding, Outcome  # noqa: E402
from portal.celery import app  # noqa: E402
from tests.bench.world import KIND, QUEUE  # noqa: E402

__all__ = ["app"]
DONE = "bench-done"


class AnswersAtOnce:
    def look(self, subject: Any, *, now: dt.datetime) -> Finding:
        if os.environ.get("BENCH_ANSWER") == "bad":
            return Finding(Outcome.BAD, now, reason="company_not_found")
        return Finding(Outcome.GOOD, now)


connectors.RECORDS[QUEUE] = replace(connectors.RECORDS[QUEUE], looks={KIND: AnswersAtOnce()})
app.conf.worker_max_tasks_per_child = None  # memory is measured over many tasks of one process


@shared_task(name="bench.nothing")
def nothing() -> None:
    """The control: a bare Celery task."""


@shared_task(name="bench.done")
def done() -> None:
    """The last of a run says so."""
    redis.Redis.from_url(settings.REDIS_URL).set(DONE, "1")


if __name__ == "__main__":
    execute_from_command_line(["manage.py", *sys.argv[1:]])
