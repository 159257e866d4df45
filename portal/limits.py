"""How often people may have the portal write, store or compute something: one table. Pure.

``portal.work.usage`` counts. Our mail must be nobody's megaphone, and no account may fill the portal alone. The numbers
leave room for what a company does on its busiest day: 20 colleagues, a register extract for every country.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Limited(StrEnum):
    """What is limited."""

    COMPANY = "company"
    INVITATION = "invitation"
    TASK = "task"
    RESEND = "resend"
    PREFLIGHT = "preflight"
    PREFLIGHT_FILE = "preflight_file"
    UPLOAD = "upload"
    EXPORT = "export"
    SIGN_IN_CODE = "sign_in_code"


class Scope(StrEnum):
    """By whom or what it is counted."""

    ACCOUNT = "account"
    COMPANY = "company"
    ADDRESS = "address"
    NETWORK = "network"


@dataclass(frozen=True)
class Limit:
    """``most`` in ``hours``, counted backwards from now; ``most_unproven`` while a company confirmed nothing yet."""

    deed: Limited
    scope: Scope
    most: int
    hours: int = 24
    most_unproven: int | None = None

    @property
    def window(self) -> dt.timedelta:
        return dt.timedelta(hours=self.hours)

    def allowed(self, *, is_proven: bool) -> int:
        return self.most if is_proven or self.most_unproven is None else self.most_unproven


LIMITS = (
    Limit(Limited.COMPANY, Scope.ACCOUNT, 5),
    Limit(Limited.INVITATION, Scope.ACCOUNT, 40, most_unproven=10),
    Limit(Limited.INVITATION, Scope.COMPANY, 20, most_unproven=10),
    Limit(Limited.INVITATION, Scope.ADDRESS, 5),
    Limit(Limited.TASK, Scope.ACCOUNT, 20),
    Limit(Limited.TASK, Scope.COMPANY, 10),
    Limit(Limited.TASK, Scope.ADDRESS, 5),
    Limit(Limited.RESEND, Scope.COMPANY, 20),
    Limit(Limited.RESEND, Scope.ADDRESS, 5),
    Limit(Limited.PREFLIGHT, Scope.NETWORK, 20, hours=1),
    Limit(Limited.PREFLIGHT_FILE, Scope.ACCOUNT, 20, hours=1),
    Limit(Limited.UPLOAD, Scope.ACCOUNT, 200),
    Limit(Limited.UPLOAD, Scope.COMPANY, 300),
    Limit(Limited.EXPORT, Scope.ACCOUNT, 100),
    Limit(Limited.SIGN_IN_CODE, Scope.ADDRESS, 10),
    Limit(Limited.SIGN_IN_CODE, Scope.NETWORK, 30, hours=1),
)


class LimitReachedError(Exception):
    """The limit is reached; ``until`` is the moment when it goes on."""

    def __init__(self, limit: Limit, until: dt.datetime) -> None:
        super().__init__(f"{limit.deed} by {limit.scope}")
        self.limit, self.until = limit, until


def of(deed: Limited) -> Iterator[Limit]:
    return (limit for limit in LIMITS if limit.deed == deed)


def most(deed: Limited, scope: Scope) -> int:
    """Return the number of one limit. Raises: StopIteration for one that the table does not have."""
    return next(limit.most for limit in of(deed) if limit.scope == scope)
