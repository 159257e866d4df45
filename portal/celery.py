"""The Celery app. Its tasks and beat's schedule come from the kinds of work (``portal.work.registry``).

A message only says that work may be due; the rows in PostgreSQL decide. A lost message causes a delay and nothing else,
so nothing here acknowledges late, retries, or waits with an ETA (Source: [celery-redis]).
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
