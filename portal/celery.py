"""The Celery app. Its tasks and beat's schedule come from the kinds of work (``portal.work.registry``).

A message only says that work may be due; the rows in PostgreSQL decide. A lost message causes a delay and nothing else,
so nothing here acknowledges late, retries, or waits with an ETA (Source: [celery-redis]).
"""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

from portal import memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")


@worker_process_init.connect
def _leave_loaded_alone(**_more: Any) -> None:
    memory.leave_loaded_alone()
