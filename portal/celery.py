"""The Celery app. Its tasks and beat's schedule come from the kinds of work (``portal.work.registry``).

A message only says that work may be due; the rows in PostgreSQL decide. A lost message causes a delay and nothing else,
so nothing here acknowledges late, retries, or waits with an ETA (Source: [celery-redis]).
"""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init, worker_process_init
from django.core.exceptions import ImproperlyConfigured

from portal import memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")


@beat_init.connect
@worker_init.connect
def _start_complete(**_more: Any) -> None:
    """Start no worker and no beat that production lacks something for. Raises: SystemExit, which no signal keeps."""
    from portal import readiness  # noqa: PLC0415  (it needs Django ready)

    try:
        readiness.require()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from None


@worker_process_init.connect
def _leave_loaded_alone(**_more: Any) -> None:
    memory.leave_loaded_alone()
