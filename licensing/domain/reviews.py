"""Reviews: when a source is older than its limit (180 days, or its own), administrators are asked to read it again."""

import datetime as dt
import hashlib
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from licensing.models import Edition, Source
from portal.notices import outbox


def due_days(codes: Iterable[str]) -> dict[str, dt.date]:
    """Return the day on which each of these sources is to be read again."""
    return {
        one.code: one.read_on + dt.timedelta(days=one.review_days) for one in Source.objects.filter(pk__in=list(codes))
    }


def due(*, today: dt.date) -> list[Source]:
    """Return the sources that published facts cite and nobody has read for too long, the oldest reading first."""
    published = Edition.objects.filter(state="published").values_list("sources", flat=True).first()
    cited = Source.objects.filter(pk__in=published or {}).order_by("read_on", "code")
    return [one for one in cited if one.read_on + dt.timedelta(days=one.review_days) <= today]


def remind(now: dt.datetime) -> int:
    """Write to the administrators once for each set of sources that is due. Return how many sources there are."""
    found = due(today=timezone.localdate(now))
    if found:
        told = "\n".join(f"{one.code} {one.read_on}" for one in found)
        outbox.tell(
            "sources_due",
            people=get_user_model()._default_manager.filter(is_active=True, is_staff=True, is_superuser=True),
            context={"sources": found, "link": settings.SITE_URL + reverse("admin:licensing_source_changelist")},
            key=f"sources-{hashlib.sha256(told.encode()).hexdigest()[:24]}",
            now=now,
        )
    return len(found)
