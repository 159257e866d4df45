"""Count what the table of limits (``portal.limits``) names, in the database and in the transaction of the deed.

A deed that fails afterwards was not done, and does not count.
"""

import datetime as dt
import hashlib
import struct
from collections.abc import Mapping

from django.db import connection, transaction

from portal import keyed_hash
from portal.limits import LIMITS, Limited, LimitReachedError, Scope, of
from portal.work.models import LimitedDeed

KEPT = max(limit.window for limit in LIMITS)


@transaction.atomic
def use(deed: Limited, who: Mapping[Scope, object], *, now: dt.datetime, is_proven: bool = True) -> None:
    """Count one deed of these people. Every limit of the deed whose scope is in ``who`` must allow it.

    Raises: LimitReachedError: nothing was counted; it says when the limit allows the next one.
    """
    limits = [limit for limit in of(deed) if limit.scope in who]
    keys = {limit.scope: _keys(who[limit.scope]) for limit in limits}
    for limit in sorted(limits, key=lambda one: one.scope):
        _lock(deed, limit.scope, keys[limit.scope][0])
        allowed = limit.allowed(is_proven=is_proven)
        rows = LimitedDeed.objects.filter(
            deed=deed, scope=limit.scope, key__in=keys[limit.scope], at__gt=now - limit.window
        )
        newest = list(rows.order_by("-at").values_list("at", flat=True)[:allowed])
        if len(newest) == allowed:
            raise LimitReachedError(limit, newest[allowed - 1] + limit.window)
    LimitedDeed.objects.bulk_create(
        [LimitedDeed(deed=deed, scope=scope, key=newest, at=now) for scope, (newest, *_older) in keys.items()]
    )


def _keys(who: object) -> list[str]:
    """Return what recognises somebody: what is kept of them from now on, then what former keys kept."""
    # Addresses of people and networks are not kept, only what recognises them again.
    return keyed_hash.digests("portal.limits", str(who).strip().lower())


def _lock(deed: Limited, scope: Scope, key: str) -> None:
    """Let two deeds of one person wait for each other, so that both are counted."""
    digest = hashlib.sha256(f"{deed}:{scope}:{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [struct.unpack(">q", digest[:8])[0]])
