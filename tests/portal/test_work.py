"""The engine of durable work: claim, lease, fence, breaker, budget. On ``Mail``, the plainest due row."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from portal import outbound
from portal.notices.models import Mail
from portal.work import claims
from portal.work.claims import (
    BREAKER_AFTER,
    Claim,
    claim_due,
    close_queue,
    park,
    postpone,
    queue_answered,
    queue_failed,
    renew,
    requeue,
    retry_after_bug,
    settle,
)
from portal.work.models import Queue
from tests.builders import NOW

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)


def make_due(count: int = 1, *, at: dt.datetime = NOW) -> list[Mail]:
    return Mail.objects.bulk_create(
        [
            Mail(key=f"{at}-{n}", to="a@company.example", subject="s", text="t", queue="mail", next_check_at=at)
            for n in range(count)
        ]
    )


def take(limit: int = 10, *, now: dt.datetime = NOW) -> list[Claim]:
    return claim_due(Mail, queue="mail", limit=limit, now=now, lease_seconds=60)


def test_claims_the_oldest_first_and_nothing_that_sleeps() -> None:
    make_due(at=NOW + MINUTE)
    [late] = make_due(at=NOW - MINUTE)
    [later] = make_due(at=NOW)

    assert [c.pk for c in take()] == [late.pk, later.pk]


def test_held_row_is_not_claimed_again_until_its_lease_ends() -> None:
    make_due()

    [first] = take()
    during = take(now=NOW + dt.timedelta(seconds=59))
    [second] = take(now=NOW + dt.timedelta(seconds=61))

    assert during == []
    assert (first.number, second.number, second.attempt) == (1, 2, 2)


def test_who_slept_past_his_lease_writes_nothing() -> None:
    [mail] = make_due()
    [first] = take()
    [second] = take(now=NOW + 2 * MINUTE)

    late = settle(first, next_check_at=None, answer="late")
    timely = settle(second, next_check_at=None, answer="timely")
    twice = settle(second, next_check_at=None, answer="twice")

    mail.refresh_from_db()
    assert (late, timely, twice, mail.answer) == (False, True, False, "timely")


def test_work_that_goes_on_is_held_for_longer_and_only_by_who_holds_it() -> None:
    [mail] = make_due()
    [first] = take()
    renewed = renew(first, lease_seconds=600, answer="half")
    mail.refresh_from_db()
    assert mail.lease_until is not None
    before = take(now=mail.lease_until - dt.timedelta(seconds=1))
    [second] = take(now=mail.lease_until + dt.timedelta(seconds=1))

    late = renew(first, lease_seconds=600, answer="late")

    after = Mail.objects.get(pk=mail.pk)
    assert (renewed, before, late, after.answer) == (True, [], False, "half")
    assert (second.number, after.next_check_at) == (2, after.lease_until)


def test_state_that_changed_meanwhile_stops_the_answer() -> None:
    [mail] = make_due()
    [claim] = take()
    Mail.objects.filter(pk=mail.pk).update(to="b@company.example")

    assert settle(claim, next_check_at=None, expect={"to": "a@company.example"}) is False


def test_temporary_error_burns_no_attempt_and_a_bug_does() -> None:
    make_due(2)
    [first, second] = take()

    postpone(first, until=NOW + MINUTE)
    retry_after_bug(second, until=NOW + MINUTE)

    again = {c.pk: c.attempt for c in take(now=NOW + MINUTE)}
    assert again == {first.pk: 1, second.pk: 2}


def test_parked_row_waits_for_staff() -> None:
    [mail] = make_due()
    [claim] = take()

    park(claim, why="ValueError", now=NOW)
    assert take(now=NOW + 100 * MINUTE) == []
    assert requeue(Mail, mail.pk) is True
    assert requeue(Mail, mail.pk) is False

    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        [database_now] = cursor.fetchone()
    assert [c.attempt for c in take(now=database_now + MINUTE)] == [1]


def test_breaker_closes_the_lane_and_lets_one_probe_through() -> None:
    make_due(10)
    for _ in range(BREAKER_AFTER):
        queue_failed("mail", now=NOW)

    closed = take()
    probe = take(now=NOW + MINUTE)
    queue_answered("mail")
    open_again = take(now=NOW + MINUTE)

    assert (len(closed), len(probe), len(open_again)) == (0, 1, 9)


def test_budget_is_shared_by_all_workers_and_refills() -> None:
    Queue.objects.filter(pk="mail").update(rate=1, burst=3, tokens=3, refilled_at=NOW)
    make_due(10)

    first = take()
    empty = take()
    two_seconds_later = take(now=NOW + dt.timedelta(seconds=2))

    assert (len(first), len(empty), len(two_seconds_later)) == (3, 0, 2)


def test_unknown_lane_claims_nothing() -> None:
    make_due()

    assert claim_due(Mail, queue="nowhere", limit=10, now=NOW) == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_hold_the_same_row() -> None:
    make_due(200, at=NOW)
    taken: list[int] = []

    def work() -> None:
        while claims := take(7):
            taken.extend(c.pk for c in claims)
        connection.close()

    Queue.objects.filter(pk="mail").update(rate=1e6, burst=1e6, tokens=1e6)
    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    assert sorted(taken) == sorted(Mail.objects.values_list("pk", flat=True))


def test_late_trouble_and_late_answers_do_not_open_a_resting_lane() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        [now] = cursor.fetchone()
    close_queue("mail", until=now + 60 * MINUTE)

    queue_failed("mail", now=now)
    queue_answered("mail")

    assert Queue.objects.get(pk="mail").closed_until == now + 60 * MINUTE


@pytest.mark.parametrize(("failures", "is_back"), [(0, False), (BREAKER_AFTER - 1, False), (BREAKER_AFTER, True)])
def test_an_answer_says_whether_the_system_had_been_down(failures: int, is_back: bool) -> None:
    Queue.objects.filter(pk="mail").update(failures=failures)

    assert queue_answered("mail") is is_back
    assert queue_answered("mail") is False


def test_restored_copy_claims_nothing_and_asks_nobody(settings: Any, client: Client) -> None:
    mail = Mail.objects.create(key="copy", to="a@company.example", subject="s", text="t", queue="mail")
    Mail.objects.filter(pk=mail.pk).update(next_check_at=claims.database_now() - dt.timedelta(hours=1))
    settings.SEND_NOTHING = True

    assert claims.claim_due(Mail, queue="mail", limit=1) == []
    with pytest.raises(outbound.AddressRefused, match="SEND_NOTHING"):
        outbound.request("GET", "https://partner.example/", is_typed=True)
    assert "copie restaurée" in client.get("/").content.decode()

    settings.SEND_NOTHING = False
    assert len(claims.claim_due(Mail, queue="mail", limit=1)) == 1
