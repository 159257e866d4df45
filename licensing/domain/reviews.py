"""Reviews: when a source is older than its limit (180 days, or its own), administrators are asked to read it again."""

import datetime as dt
import hashlib
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from licensing.models import Edition, Source
from portal.accounts.models import User
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


def editors() -> "QuerySet[User]":
    """Return who may change the facts: administrators, and staff with the permission to change a source."""
    may = {"content_type__app_label": "licensing", "codename": "change_source"}
    held = Permission.objects.filter(**may)
    is_editor = Q(is_superuser=True) | Q(user_permissions__in=held) | Q(groups__permissions__in=held)
    return User.objects.filter(is_editor, is_active=True, is_staff=True).distinct()


def mark_read(*, codes: Iterable[str], today: dt.date) -> int:
    """Record that these sources were read again today and still say the same. Return how many."""
    return Source.objects.filter(pk__in=list(codes)).update(read_on=today)


def tell_held(*, edition: Edition, why: str, now: dt.datetime) -> None:
    """Write to the editors that a draft was not published on its day, and why."""
    link = settings.SITE_URL + reverse("admin:licensing_edition_preview", args=[edition.pk])
    outbox.tell(
        "edition_held",
        people=editors(),
        context={"number": edition.number, "why": why, "link": link},
        key=f"held-{edition.pk}",
        now=now,
    )


def remind(now: dt.datetime) -> int:
    """Write to the editors once for each set of sources that is due. Return how many sources there are."""
    found = due(today=timezone.localdate(now))
    if found:
        told = "\n".join(f"{one.code} {one.read_on}" for one in found)
        outbox.tell(
            "sources_due",
            people=editors(),
            context={
                "sources": found,
                "link": settings.SITE_URL + reverse("admin:licensing_source_changelist") + "?due=1",
            },
            key=f"sources-{hashlib.sha256(told.encode()).hexdigest()[:24]}",
            now=now,
        )
    return len(found)
