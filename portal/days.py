"""A day that a person or a file names, as a moment."""

import datetime as dt

from django.utils import timezone


def end_of(day: dt.date) -> dt.datetime:
    """Return the last moment of ``day`` where the portal counts its days, the zone ``TIME_ZONE``."""
    return dt.datetime.combine(day, dt.time.max, tzinfo=timezone.get_default_timezone())
