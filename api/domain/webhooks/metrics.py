"""Metrics of webhooks by subscription: how many deliveries wait, for how long, and which receivers fail or are off."""

from collections.abc import Iterable

from django.db import connection

from portal.work.metrics import Gauge

# Waiting rows only: the index of due ones holds nothing else.
_WAITING = """
SELECT subscription.name, coalesce(count(delivery.id), 0),
       coalesce(extract(epoch FROM now() - min(delivery.happened_at)), 0)::float,
       coalesce(extract(epoch FROM now() - subscription.failing_since), 0)::float,
       (subscription.off_at IS NOT NULL)::int
FROM api_webhooksubscription AS subscription
LEFT JOIN api_webhookdelivery AS delivery
  ON delivery.subscription_id = subscription.id AND delivery.next_check_at IS NOT NULL AND delivery.parked_at IS NULL
GROUP BY subscription.id ORDER BY subscription.name
"""


def gauges() -> Iterable[Gauge]:
    """Yield the figures, one value for each subscription by its name."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        rows = cursor.fetchall()
    for place, (name, text) in enumerate(_GAUGES, start=1):
        yield Gauge(f"portal_webhook_{name}", text, "webhook", {row[0]: float(row[place]) for row in rows})


_GAUGES = (
    ("waiting", "Deliveries that are not taken yet"),
    ("oldest_age_seconds", "How long ago the oldest of them happened"),
    ("failing_seconds", "Since nothing has arrived, while something fails"),
    ("off", "1 while the subscription is off"),
)
