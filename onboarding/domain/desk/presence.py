"""Who has an enrollment open just now: kept in the cache for a minute, never in the database's tables.

Two people who report at one instant may miss each other once; the next report, half a minute later, puts it right.
"""

import datetime as dt

from django.core.cache import cache

from onboarding.models import Enrollment
from portal.accounts.models import User

KEPT = dt.timedelta(seconds=60)


def report(*, enrollment: Enrollment, user: User, now: dt.datetime) -> list[str]:
    """Keep that the user has the enrollment open. Return the names of the others who have."""
    key = f"presence-{enrollment.pk}"
    kept: dict[int, tuple[str, dt.datetime]] = cache.get(key) or {}
    present = {pk: entry for pk, entry in kept.items() if entry[1] > now - KEPT}
    present[user.pk] = (str(user), now)
    cache.set(key, present, KEPT.total_seconds())
    return sorted(name for pk, (name, _at) in present.items() if pk != user.pk)
