"""The reseller list, read again and again: what is new, changed, gone, back, and not to be believed."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onboarding.domain.partner_center import resellers
from onboarding.domain.partner_center.resellers import Difference, Seen
from onboarding.models import PartnerCenterAccount, ResellerLink
from portal.notices.models import Mail
from tests.builders import NOW, make_user

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def account(db: None) -> PartnerCenterAccount:
    return PartnerCenterAccount.objects.create(tenant="ingram.example", client_id="made-up")


def line(number: int, state: str = "Active", country: str = "FR") -> Seen:
    return Seen(f"00000000-0000-4000-8000-{number:012d}", str(4_391_000 + number), country, state, f"Exemple {number}")


def lines(count: int) -> list[Seen]:
    return [line(number) for number in range(count)]


def take(account: PartnerCenterAccount, seen: list[Seen], *, now: dt.datetime = NOW) -> Difference:
    return resellers.take_list(account=account.pk, seen=seen, now=now)


def there() -> int:
    return ResellerLink.objects.filter(removed_at=None).count()


def test_each_line_is_kept_once_as_it_came(account: PartnerCenterAccount) -> None:
    differences = [take(account, lines(2)), take(account, lines(2), now=LATER)]

    assert differences == [Difference(new=2), Difference()]
    link = ResellerLink.objects.get(mpn_id="4391000")
    assert (link.name, link.state, link.country) == ("Exemple 0", "Active", "FR")
    assert (link.first_seen_at, link.last_seen_at, link.removed_at) == (NOW, LATER, None)


def test_changed_vanished_and_returned_lines_are_told_apart(account: PartnerCenterAccount) -> None:
    take(account, lines(3))

    changed = take(account, [line(0), line(1, state="Paused"), line(2)])
    vanished = take(account, [line(0), line(1, state="Paused")], now=LATER)
    returned = take(account, [line(0), line(1, state="Paused"), line(2)])

    assert [changed, vanished, returned] == [Difference(changed=1), Difference(removed=1), Difference(returned=1)]


def test_list_that_lost_more_than_half_is_believed_only_the_second_time(account: PartnerCenterAccount) -> None:
    make_user(is_staff=True, is_superuser=True)
    take(account, lines(20))

    first, kept = take(account, lines(5)), there()
    account.refresh_from_db()
    doubted = account.doubted_count
    second = take(account, lines(5), now=LATER)

    assert (first, kept, doubted) == (Difference(doubted=True), 20, 5)
    assert (second, there()) == (Difference(removed=15), 5)
    assert Mail.objects.count() == 1


def test_doubted_list_that_comes_back_whole_changes_nothing(account: PartnerCenterAccount) -> None:
    take(account, lines(20))
    take(account, [])

    assert take(account, lines(20)) == Difference()
    account.refresh_from_db()
    assert (account.doubted_count, there()) == (None, 20)


def test_second_list_that_is_shorter_still_is_not_believed_either(account: PartnerCenterAccount) -> None:
    take(account, lines(20))
    take(account, lines(5))

    assert take(account, []).doubted
    assert there() == 20


def test_small_list_may_lose_everybody(account: PartnerCenterAccount) -> None:
    take(account, lines(3))

    assert take(account, []) == Difference(removed=3)


def test_kept_list_is_believed_while_it_is_fresh(account: PartnerCenterAccount, settings: object) -> None:
    take(account, lines(2))
    known = line(0)

    def kept(now: dt.datetime) -> list[Seen] | None:
        return resellers.kept(account=account.pk, tenant=known.tenant, mpn_id="", now=now)

    assert kept(NOW) == [known]
    assert kept(NOW + dt.timedelta(days=1)) is None
    resellers.disbelieve()
    assert kept(NOW) is None


def test_list_costs_the_same_queries_for_few_and_for_many(account: PartnerCenterAccount) -> None:
    costs = []
    for count in (2, 200):
        ResellerLink.objects.all().delete()
        take(account, lines(count))
        with CaptureQueriesContext(connection) as captured:
            take(account, [line(number, country="BE") for number in range(1, count + 2)])
        costs.append(len(captured))

    assert costs[0] == costs[1]


def test_same_reseller_twice_in_one_list_is_one_link(account: PartnerCenterAccount) -> None:
    take(account, [line(0), line(0)])

    assert there() == 1
