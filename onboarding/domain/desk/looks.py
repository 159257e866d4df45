"""How far each BDM has seen an enrollment's history, so that the page says what is new for them."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import OuterRef, QuerySet, Subquery

from onboarding.models import Enrollment, Event, FileLook
from portal.accounts.models import User


def mark(*, enrollment: Enrollment, user: User, upto: int, now: dt.datetime) -> None:
    """Store that the user has seen the history up to this event; an older mark changes nothing."""
    # Some dozens, by their own index: the newest one alone would be looked for among everybody's, in each month.
    newest = max(enrollment.events.filter(pk__lte=upto).values_list("pk", flat=True), default=None)
    if newest is None:
        return
    fresh = FileLook(enrollment=enrollment, user=user, upto=newest, seen_at=now)
    FileLook.objects.bulk_create([fresh], ignore_conflicts=True)
    FileLook.objects.filter(enrollment=enrollment, user=user, upto__lt=newest).update(upto=newest, seen_at=now)


def with_look(rows: QuerySet[Enrollment], user: User) -> QuerySet[Enrollment]:
    """Return the rows, each with ``seen_upto`` and ``seen_at`` of the user's last look; None before the first."""
    own = FileLook.objects.filter(enrollment=OuterRef("pk"), user=user)
    return rows.annotate(seen_upto=Subquery(own.values("upto")), seen_at=Subquery(own.values("seen_at")))


def new_for(events: Sequence[Event], user: User, seen_upto: int | None) -> list[Event]:
    """Return the events after the user's last look that are not their own; none before the first look."""
    if seen_upto is None:
        return []
    return [event for event in events if event.pk > seen_upto and event.actor_id != user.pk]
