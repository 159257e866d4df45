"""How much of our mail was refused for good, by a server at once or by a bounce that the relay reported later."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils import timezone

from portal.notices.models import Mail, MailStop, Suppression
from portal.work.metrics import Gauge

DAY = dt.timedelta(days=1)


def of_last_day() -> dict[str, int]:
    """Return how many mails of the last 24 hours were sent, and how many refused."""
    rows = Mail.objects.filter(created_at__gt=Now() - DAY)
    found: dict[str, int] = rows.aggregate(
        sent=Count("pk", filter=Q(sent_at__isnull=False, refused_at=None)),
        refused=Count("pk", filter=Q(refused_at__isnull=False)),
    )
    return found


def day_gauge() -> Iterable[Gauge]:
    day = {outcome: float(number) for outcome, number in of_last_day().items()}
    yield Gauge("portal_mail_last_day", "Mails of the last 24 hours", "outcome", day)


def refusing_gauge() -> Iterable[Gauge]:
    refusing = {"refuses": float(Suppression.objects.count())}
    yield Gauge("portal_mail_suppressed_addresses", "Addresses whose servers refuse mail for good", "why", refusing)


def stopped_gauge() -> Iterable[Gauge]:
    stopped = {"stopped": float(MailStop.objects.count())}
    yield Gauge("portal_mail_stopped_addresses", "Addresses whose owners want no mail of companies", "why", stopped)


def unsent_gauge() -> Iterable[Gauge]:
    """Also mails that wait for a later try: due rows alone would hide a relay that defers everything."""
    first = Mail.objects.filter(next_check_at__isnull=False, parked_at=None).order_by("pk").values("created_at")[:1]
    ages = [(timezone.now() - row["created_at"]).total_seconds() for row in first]
    yield Gauge("portal_mail_oldest_unsent_seconds", "Age of the oldest unsent mail", "queue", {"mail": sum(ages)})


# One query each.
GAUGES = (unsent_gauge, day_gauge, refusing_gauge, stopped_gauge)
