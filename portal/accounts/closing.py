"""What follows when an account can no longer sign in. Apps above add their own (``AppConfig.ready``)."""

import datetime as dt
from collections.abc import Callable

from portal.accounts.models import User

# Called with (account, who closed it or None, now), inside the transaction of the deed.
CLOSED: list[Callable[[User, User | None, dt.datetime], None]] = []


def closed(user: User, *, by: User | None, now: dt.datetime) -> None:
    """Tell every app that this account became inactive. Call it inside the transaction of the deed."""
    for follow in CLOSED:
        follow(user, by, now)
