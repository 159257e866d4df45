"""A copy of the provider's reseller list: what is new, changed, gone or back since it was last read.

The list has no filter and no history, so the whole of it is read and compared. An enrollment whose line changed is
checked again at once; that check decides, not the list. The copy may confirm a link, so that a night reads the list
once for thousands of enrollments; only a fresh answer may take a link away. Source: [pc-resellers], [pc-throttling].
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from onboarding.domain.checks import requeueing
from onboarding.domain.partner_center import accounts
from onboarding.enums import NOT_SENT, Authority, Kind
from onboarding.models import Check, DutyKind, PartnerCenterAccount, ResellerLink
from portal.work import bulk, pace

# A list of at least this size that loses more than half at once needs a second reading to be believed.
DOUBT_FROM = 10
AGAIN_AFTER = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class Seen:
    """One line of the list as received; ``tenant`` lower case, ``country`` upper case."""

    tenant: str
    mpn_id: str
    country: str
    state: str
    name: str = ""


@dataclass(frozen=True)
class Difference:
    new: int = 0
    changed: int = 0
    removed: int = 0
    returned: int = 0
    doubted: bool = False

    def __str__(self) -> str:
        counts = f"new {self.new} changed {self.changed} removed {self.removed} returned {self.returned}"
        return "doubted" if self.doubted else counts


@transaction.atomic
def take_list(*, account: int, seen: Sequence[Seen], now: dt.datetime) -> Difference:
    """Store the list as it was read, and wake the checks of the enrollments concerned. Return the difference."""
    owner = PartnerCenterAccount.objects.select_for_update(no_key=True).get(pk=account)
    known = {(link.tenant, link.mpn_id): link for link in ResellerLink.objects.filter(account=owner)}
    lines = {(line.tenant, line.mpn_id): line for line in seen}
    there = [key for key, link in known.items() if link.removed_at is None]
    vanished = [known[key] for key in there if key not in lines]
    if _is_doubtful(owner, len(there), len(vanished), len(lines)):
        _doubt(owner, len(lines), now=now)
        return Difference(doubted=True)
    new = [_link(owner, line, now) for key, line in lines.items() if key not in known]
    met = [(known[key], line) for key, line in lines.items() if key in known]
    returned = [link for link, _line in met if link.removed_at]
    changed = [link for link, line in met if not link.removed_at and _differs(link, line)]
    for link, line in met:
        link.name, link.country, link.state, link.last_seen_at, link.removed_at = *_values(line), now, None
    for link in vanished:
        link.removed_at = now
    ResellerLink.objects.bulk_create(new, ignore_conflicts=True, batch_size=1000)
    moved = [*returned, *changed, *vanished]
    _save(moved)
    unmoved = {link.pk for link, _line in met} - {link.pk for link in moved}
    ResellerLink.objects.filter(pk__in=unmoved).update(last_seen_at=now)
    owner.resellers_read_at, owner.doubted_count, owner.doubted_at = now, None, None
    owner.save(update_fields=["resellers_read_at", "doubted_count", "doubted_at"])
    wake([*new, *moved], now=now)
    return Difference(len(new), len(changed), len(vanished), len(returned))


def _is_doubtful(owner: PartnerCenterAccount, before: int, vanished: int, now_there: int) -> bool:
    if before < DOUBT_FROM or vanished * 2 <= before:
        return False
    # The second reading agrees if it is not shorter still.
    return owner.doubted_count is None or now_there < owner.doubted_count


def _doubt(owner: PartnerCenterAccount, count: int, *, now: dt.datetime) -> None:
    is_first = owner.doubted_at is None
    owner.doubted_count, owner.doubted_at = count, now
    owner.save(update_fields=["doubted_count", "doubted_at"])
    if is_first:
        accounts.alert(owner, "doubted", now=now, key=f"{now:%Y%m%dT%H%M}")


def next_reading(difference: Difference, *, now: dt.datetime) -> dt.datetime:
    """Return when the list is read next; soon after one that was doubted."""
    usual = accounts.every(DutyKind.RESELLERS)
    soon = pace.interval(AGAIN_AFTER, at_least=dt.timedelta(seconds=1))
    return now + (min(soon, usual) if difference.doubted else usual)


def _values(line: Seen) -> tuple[str, str, str]:
    return line.name[:200], line.country[:10], line.state[:40]


def _link(owner: PartnerCenterAccount, line: Seen, now: dt.datetime) -> ResellerLink:
    name, country, state = _values(line)
    return ResellerLink(
        account=owner, tenant=line.tenant, mpn_id=line.mpn_id, name=name, country=country, state=state,
        first_seen_at=now, last_seen_at=now,
    )  # fmt: skip


def _differs(link: ResellerLink, line: Seen) -> bool:
    return (link.country, link.state) != _values(line)[1:]


def _save(links: Sequence[ResellerLink]) -> None:
    for start in range(0, len(links), 1000):
        part = links[start : start + 1000]
        bulk.update(part, ("name", "country", "state", "last_seen_at", "removed_at"))


def wake(links: Iterable[ResellerLink], *, now: dt.datetime) -> int:
    """Wake the authorisation check of every submitted enrollment with these locations or tenants. Return the count."""
    links = list(links)
    concerned = Q(enrollment__location_mpn_id__in={link.mpn_id for link in links if link.mpn_id})
    concerned |= Q(enrollment__tenant__in={link.tenant for link in links})
    checks = Check.objects.filter(kind=Kind.RELATIONSHIP, authority=Authority.MICROSOFT)
    return requeueing.wake(checks.exclude(enrollment__state__in=NOT_SENT).filter(concerned), now=now)


def kept(*, account: int, tenant: str, mpn_id: str, now: dt.datetime) -> list[Seen] | None:
    """Return the lines of this tenant or location in the copy; None if it is too old to be believed."""
    fresh = now - dt.timedelta(seconds=settings.RESELLERS_FRESH_SECONDS)
    owner = PartnerCenterAccount.objects.filter(pk=account, resellers_read_at__gte=fresh, doubted_at=None)
    if not owner.exists():
        return None
    links = ResellerLink.objects.filter(account=account, removed_at=None).filter(Q(tenant=tenant) | Q(mpn_id=mpn_id))
    return [Seen(link.tenant, link.mpn_id, link.country, link.state, link.name) for link in links]


def disbelieve(account: PartnerCenterAccount | None = None) -> None:
    """Mark the copy (of this account, or any) as outdated: it confirms nothing until the list is read again."""
    rows = PartnerCenterAccount.objects.exclude(resellers_read_at=None)
    (rows.filter(pk=account.pk) if account else rows).update(resellers_read_at=None)
