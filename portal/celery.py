"""The Celery app and, in one table, what runs when.

A message is a hint that work may be due; the rows in PostgreSQL are the truth. Losing every message costs delay only,
so nothing here acknowledges late, retries, or waits with an ETA (``domain/durable-work.md`` 1.2, 1.12).
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# name of the entry: (task, every how many seconds). Beat only ticks: any number of beats is harmless.
TICKS = {
    "checks": ("onboarding.look_at_due_checks", 5.0),
    "mail": ("notices.send_due", 5.0),
    "estate": ("licensing.read_due_files", 5.0),
}
app.conf.beat_schedule = {
    # A hint that nobody took within two ticks is worth nothing.
    name: {"task": task, "schedule": seconds, "options": {"expires": 2 * seconds}}
    for name, (task, seconds) in TICKS.items()
}
