"""The provider's activity log in Partner Center, an early sign that something changed. It never decides.

Source: [pc-activity]: which operations there are is documented, which of them a reseller's acceptance leaves is not.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from onboarding.domain.checks import requeueing
from onboarding.domain.partner_center import accounts, resellers
from onboarding.enums import NOT_SENT, Kind
from onboarding.models import Check, DutyKind, PartnerCenterAccount

LINK_MOVED = ("create_partner_relationship", "remove_partner_relationship")
LOCATION_MOVED = ("create_mpn_association", "update_mpn_association")
FIRST_READING = dt.timedelta(days=2)


@dataclass(frozen=True)
class Activity:
    """One record, without the person who acted: ``names`` are its numbers and GUIDs, lower case."""

    operation: str
    at: dt.datetime
    names: frozenset[str]
    succeeded: bool = True


def take(*, account: PartnerCenterAccount, records: Iterable[Activity], now: dt.datetime) -> int:
    """Wake the checks that the new records are about. Return how many records were new."""
    until = account.activity_read_until or now - FIRST_READING
    new = [record for record in records if record.at > until and record.succeeded]
    links = [record for record in new if record.operation in LINK_MOVED]
    places = [record for record in new if record.operation in LOCATION_MOVED]
    if links:
        # The list shows exactly what changed, and wakes the enrollments it concerns; its stored copy is outdated.
        resellers.disbelieve(account)
        accounts.do_now(account, DutyKind.RESELLERS, now=now)
    _wake(links, (Kind.RELATIONSHIP,), now=now)
    _wake(places, (Kind.LOCATION, Kind.AGREEMENT), now=now)
    if new:
        # A record from the future would hide every other.
        last = min(max(record.at for record in new), now)
        PartnerCenterAccount.objects.filter(pk=account.pk).update(activity_read_until=last)
    return len(new)


def _wake(records: list[Activity], kinds: tuple[Kind, ...], *, now: dt.datetime) -> None:
    names = {name for record in records for name in record.names}
    if names:
        concerned = Q(enrollment__location_mpn_id__in=names) | Q(enrollment__tenant__in=names)
        checks = Check.objects.filter(kind__in=kinds).exclude(enrollment__state__in=NOT_SENT)
        requeueing.wake(checks.filter(concerned), now=now)
