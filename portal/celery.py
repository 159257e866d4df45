"""The Celery app. Its tasks and beat's schedule come from the kinds of work (``portal.work.registry``).

A message only says that work may be due; the rows in PostgreSQL decide. A lost message causes a delay and nothing else,
so nothing here acknowledges late, retries, or waits with an ETA (Source: [celery-redis]).
"""

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init, worker_process_init
from celery.utils.log import get_multiprocessing_logger
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


@setup_logging.connect
def _log_like_all_programs(loglevel: int = logging.WARNING, **_more: Any) -> None:
    """Leave every line to the handler of ``portal/logs.py``; Celery would give some of its loggers plain ones.

    Celery's own level holds for its loggers and the pool's, unless ``LOG_LEVEL`` is higher; ours keep ``LOG_LEVEL``.
    """
    for logger in (logging.getLogger("celery"), get_multiprocessing_logger()):
        logger.propagate = True  # billiard, which starts the pool's processes, switches it off
        logger.setLevel(max(loglevel, logging.getLogger().level))
    # As Celery does where nobody connects to this signal: what a library prints becomes a line like any other.
    app.log.redirect_stdouts(app.conf.worker_redirect_stdouts_level)


@worker_process_init.connect
def _leave_loaded_alone(**_more: Any) -> None:
    memory.leave_loaded_alone()
