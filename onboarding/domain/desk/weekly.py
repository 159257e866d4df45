"""Friday's report to the leads: the week in figures, what stands where now, and the way to the reports."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.domain.desk import pipeline
from onboarding.models import Enrollment
from portal.coverage.models import Bdm
from portal.notices import outbox
from portal.workdays import WorkCalendar

FRIDAY = 4
WEEK = dt.timedelta(days=7)
# The views whose numbers the mail gives, in its order.
VIEWS = ("needs_me", "second", "suspension", "long_tail", "microsoft_late", "open")


def send(now: dt.datetime) -> int:
    """Write the report of this week, from Friday's hour of the summaries on. A second run writes no more."""
    calendar = WorkCalendar("FR", settings.TIME_ZONE)
    day = calendar.day_of(now)
    if day.weekday() != FRIDAY or now < calendar.morning(day, settings.DIGEST_HOUR):
        return 0
    leads = [bdm.user for bdm in Bdm.objects.leads()]
    return outbox.tell("weekly_report", people=leads, context=week(now), key=f"week-{day}", thread="", now=now)


def week(now: dt.datetime) -> dict[str, Any]:
    """Return what the mail says: figures of the last seven days beside the seven before, and numbers of views."""
    moments: tuple[tuple[str, str | Promise], ...] = (
        ("created_at", _("Started")),
        ("submitted_at", _("Submitted")),
        ("ready_at", _("Ready to transact")),
    )
    counts = Enrollment.objects.aggregate(
        **{f"{name}_{age}": _within(name, now - age * WEEK) for name, _label in moments for age in (0, 1)}
    )
    numbers = pipeline.counts(None)
    labels = {view.code: view.label for view in pipeline.VIEWS}
    return {
        "day": timezone.localdate(now),
        "figures": [
            {"label": label, "number": counts[f"{name}_0"], "before": counts[f"{name}_1"]} for name, label in moments
        ],
        "views": [
            {
                "label": labels[view],
                "number": numbers.get(view, 0),
                "link": f"{settings.SITE_URL}{reverse('onboarding:desk')}?{urlencode({'view': view})}",
            }
            for view in VIEWS
        ],
        "link": settings.SITE_URL + reverse("onboarding:reports"),
    }


def _within(name: str, until: dt.datetime) -> Count:
    return Count("pk", filter=Q(**{f"{name}__gt": until - WEEK, f"{name}__lte": until}))
