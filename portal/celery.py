"""The Celery app and, in one table, what runs when.

A message is a hint that work may be due; the rows in PostgreSQL are the truth. Losing every message costs delay only,
so nothing here acknowledges late, retries, or waits with an ETA (Source: [celery-redis]).
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Between two hints. Read here, as the settings may be what imports this module.
TICK_SECONDS = float(os.environ.get("WORK_TICK_SECONDS", "5"))
# name of the entry: (task, every how many seconds). Beat only ticks: any number of beats is harmless.
TICKS = {
    "checks": ("onboarding.look_at_due_checks", TICK_SECONDS),
    "inbound": ("onboarding.handle_inbound", TICK_SECONDS),
    "clocks": ("onboarding.read_due_clocks", 6 * TICK_SECONDS),
    "preflights": ("onboarding.look_at_due_preflights", TICK_SECONDS),
    "documents": ("onboarding.scan_due_documents", TICK_SECONDS),
    "duties": ("onboarding.do_due_duties", 6 * TICK_SECONDS),
    "insights": ("onboarding.read_insights", TICK_SECONDS),
    "mail": ("notices.send_due", TICK_SECONDS),
    "estate": ("licensing.read_due_files", TICK_SECONDS),
    "plan files": ("licensing.make_due_plan_files", TICK_SECONDS),
}
app.conf.beat_schedule = {
    # A hint that nobody took within two ticks is worth nothing.
    name: {"task": task, "schedule": seconds, "options": {"expires": 2 * seconds}}
    for name, (task, seconds) in TICKS.items()
}
