"""Send deliveries in order: which may go now, what follows from an answer, and sending again.

For one enrollment a receiver gets one message at a time, in the order of their numbers: the next begins when the one
before was taken or given up. Between enrollments there is no order. A message may come more than once, always with one
id: a worker may die after the receiver took it.

Source: [standard-webhooks] (the intervals, 410, switching off).
"""

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from api.domain import clients
from api.domain.webhooks import subscriptions
from api.domain.webhooks.fanout import QUEUE
from api.domain.webhooks.subscriptions import queue_of
from api.enums import ApiScope, DeliveryAnswer, WebhookKind, WebhookOff
from api.models import WebhookDelivery, WebhookSubscription
from onboarding.domain.desk import external_ids
from onboarding.domain.desk.listing import Scope
from portal.accounts.models import User
from portal.work import bulk, claims, pace
from portal.work.claims import Claim
from portal.work.models import Queue

_MINUTE, _HOUR = 60, 3600
# Seconds until the next attempt, after the first, second, ... failure; then a delivery is given up, after three days.
INTERVALS = (5, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR)
JITTER = 0.1  # of an interval: many that failed together do not come back together
OFF_AFTER = dt.timedelta(days=5)  # without a success
LONGEST_PAUSE = dt.timedelta(minutes=15)  # of a receiver that does not answer, between two probes
AT_LEAST = dt.timedelta(seconds=1)
KEPT = dt.timedelta(days=30)
BATCH = 5_000
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)
_BUSY = (408, 429)
# What failed because the receiver was in trouble (``Answered.is_receivers``), among the rows that had an answer.
_RECEIVERS = Q(status=None) | Q(status__gte=500) | Q(status__in=_BUSY)


@dataclass(frozen=True)
class Sending:
    """A delivery that may go now, with the claim that holds it."""

    claim: Claim
    delivery: WebhookDelivery
    subscription: WebhookSubscription
    external_ids: Mapping[str, Mapping[str, str]]  # of the enrollment and of its company


@dataclass(frozen=True)
class Answered:
    """How an attempt ended. ``is_taken``: by any 2xx. ``retry_at`` is the receiver's wish."""

    answer: DeliveryAnswer
    status: int | None = None
    retry_at: dt.datetime | None = None

    @property
    def is_taken(self) -> bool:
        return self.answer == DeliveryAnswer.TAKEN

    @property
    def is_receivers(self) -> bool:
        """Return whether the whole receiver is in trouble, not only this message."""
        return self.status is None or self.status >= 500 or self.status in _BUSY


# In turn, by the last claim: the oldest delivery would give every turn to whom thousands wait for. The budget is the
# claim's (``portal.work.claims``), which takes nothing without a token. One look into the index for each queue: for
# EXISTS the planner may read all that is due.
_DUE = """
SELECT subscription.id FROM api_webhooksubscription AS subscription
JOIN portal_lane AS queue ON queue.name = %(queue)s || subscription.id
CROSS JOIN LATERAL (
    SELECT delivery.next_check_at FROM api_webhookdelivery AS delivery
    WHERE delivery.lane = queue.name AND delivery.next_check_at <= now() AND delivery.parked_at IS NULL
    ORDER BY delivery.next_check_at LIMIT 1
) AS oldest
WHERE (queue.closed_until IS NULL OR queue.closed_until <= now()) AND NOT subscription.id = ANY (%(but)s)
  AND (
    queue.failures >= %(breaker)s
    OR least(
      queue.burst, queue.tokens + queue.rate * greatest(0, extract(epoch FROM now() - queue.refilled_at))
    ) >= 1
  )
ORDER BY queue.claimed_at NULLS FIRST, oldest.next_check_at, subscription.id
"""


def due(*, but: Sequence[int] = ()) -> list[int]:
    """Return the subscriptions, but for ``but``, with a delivery to claim now: the longest unclaimed comes first."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"queue": QUEUE, "but": list(but), "breaker": claims.BREAKER_AFTER})
        return [pk for (pk,) in cursor.fetchall()]


# The first of each enrollment's waiting deliveries. What has its number already goes first: it may be under way.
_HEADS = """
SELECT DISTINCT ON (enrollment) enrollment, id, next_check_at FROM api_webhookdelivery
WHERE subscription_id = %s AND enrollment = ANY (%s) AND next_check_at IS NOT NULL AND parked_at IS NULL
ORDER BY enrollment, sequence, id
"""


@transaction.atomic
def prepare(subscription: int, claimed: Sequence[Claim], *, now: dt.datetime) -> list[Sending]:
    """Return which of the claimed deliveries of a subscription may go now, each with its number.

    The others are given back: to wait for the one before, withheld from a client that may not see the enrollment, or
    given up because the subscription is off.
    """
    row = WebhookSubscription.objects.select_related("client__acts_for", "client__made_by").get(pk=subscription)
    # Two workers that number one enrollment's deliveries wait for each other here.
    Queue.objects.select_for_update().get(pk=queue_of(row))
    numbers = {claim.pk: claim for claim in claimed}
    rows = WebhookDelivery.objects.filter(pk__in=numbers, lease_until__isnull=False).order_by("pk")
    held = [each for each in rows if each.claim_no == numbers[each.pk].number]
    scope = _scope(row, now)
    if row.off_at is not None or scope is None:
        _close(row, [numbers[each.pk] for each in held], now=now)
        return []
    firsts = _first(held, numbers, row, now=now)
    going = []
    for each in firsts:
        if each.enrollment is not None and scope.countries is not None and each.country not in scope.countries:
            claims.settle(numbers[each.pk], next_check_at=None, answer=DeliveryAnswer.WITHHELD)
            _wake_next(each, now=now)
        else:
            going.append(each)
    _number(row, going)
    files = {each.enrollment for each in going if each.enrollment is not None}
    known = external_ids.of_enrollments(files) if files else {}
    return [
        Sending(numbers[each.pk], each, row, known.get(each.enrollment, {}) if each.enrollment else {})
        for each in going
    ]


def _scope(row: WebhookSubscription, now: dt.datetime) -> Scope | None:
    """Return what the subscription may be told of today; None where its client has ended."""
    if row.client is None:
        return Scope(None, ())
    if clients.has_ended(row.client, now=now) or ApiScope.ENROLLMENTS not in row.client.scopes:
        return None
    try:
        return clients.scope_of(row.client, now=now)[0]
    except clients.NobodyError:
        return None


def _close(row: WebhookSubscription, claimed: Sequence[Claim], *, now: dt.datetime) -> None:
    subscriptions.switch_off(subscription=row, why=WebhookOff.ENDED, by=None, now=now)
    for claim in claimed:
        claims.settle(claim, next_check_at=None, failed_at=now, answer=DeliveryAnswer.OFF)
    subscriptions.give_up_waiting(row, now=now)


def _first(
    held: Sequence[WebhookDelivery], numbers: dict[int, Claim], row: WebhookSubscription, *, now: dt.datetime
) -> list[WebhookDelivery]:
    """Return the deliveries that are the first of their enrollment, and let the others wait for it."""
    files = sorted({each.enrollment for each in held if each.enrollment is not None})
    with connection.cursor() as cursor:
        cursor.execute(_HEADS, [row.pk, files])
        heads = {file: (pk, at) for file, pk, at in cursor.fetchall()}
    going = []
    for each in held:
        first, at = heads.get(each.enrollment, (each.pk, now))
        if first == each.pk:
            going.append(each)
        else:
            claims.settle(numbers[each.pk], next_check_at=max(at, now + AT_LEAST), errors=each.errors)
    return going


_COUNT = """
INSERT INTO api_webhooksequence AS kept (subscription_id, enrollment, last)
SELECT %s, file, 1 FROM unnest(%s::uuid[]) AS file
ON CONFLICT (subscription_id, enrollment) DO UPDATE SET last = kept.last + 1
RETURNING enrollment, last
"""


def _number(row: WebhookSubscription, going: Sequence[WebhookDelivery]) -> None:
    fresh = {each.enrollment: each for each in going if each.enrollment is not None and each.sequence is None}
    if not fresh:
        return
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [row.pk, sorted(fresh)])
        for file, last in cursor.fetchall():
            fresh[file].sequence = last
    bulk.update(list(fresh.values()), ["sequence"])


@transaction.atomic
def settle(sending: Sending, answered: Answered, *, now: dt.datetime) -> None:
    """Write how an attempt ended, and what follows: done, again later, given up, the receiver rests, or is off."""
    delivery, row = sending.delivery, sending.subscription
    told: dict[str, Any] = {
        "tries": F("tries") + 1,
        "tried_at": now,
        "status": answered.status,
        "answer": answered.answer,
    }
    again = None if answered.is_taken else _again_at(delivery, answered, now)
    is_over = not answered.is_taken and again is None
    ends: dict[str, Any] = {"delivered_at": now if answered.is_taken else None, "failed_at": now if is_over else None}
    errors = 0 if again is None else delivery.errors + 1
    told["not_before"] = _not_before(delivery, answered, again, now)
    if not claims.settle(sending.claim, next_check_at=again, errors=errors, **told, **ends):
        return
    if again is None:
        _wake_next(delivery, now=now)
    if answered.is_taken:
        _receiver_is_well(row, now=now)
    else:
        _receiver_failed(row, answered, now=now)


def _again_at(delivery: WebhookDelivery, answered: Answered, now: dt.datetime) -> dt.datetime | None:
    """Return when the next attempt is due; None after the last."""
    if delivery.errors >= len(INTERVALS) or answered.status == 410:
        return None
    wait = INTERVALS[delivery.errors] * (1 + _RNG.uniform(0, JITTER))
    at = now + max(pace.rest(dt.timedelta(seconds=wait)), AT_LEAST)
    return max(at, answered.retry_at) if answered.retry_at else at


def _not_before(
    delivery: WebhookDelivery, answered: Answered, again: dt.datetime | None, now: dt.datetime
) -> dt.datetime | None:
    """Return until when the next attempt may not come early.

    One that came early and failed keeps the whole next wait: who is in trouble by itself would use up its attempts.
    """
    was_early = delivery.not_before is not None and delivery.not_before > now
    return again if again is None or was_early else answered.retry_at


def _wake_next(delivery: WebhookDelivery, *, now: dt.datetime) -> None:
    """Make the enrollment's next delivery due: it waited for this one."""
    if delivery.enrollment is None:
        return
    waiting = WebhookDelivery.objects.filter(
        subscription=delivery.subscription_id, enrollment=delivery.enrollment, next_check_at__isnull=False,
        parked_at=None,
    ).exclude(pk=delivery.pk)  # fmt: skip
    following = waiting.order_by(F("sequence").asc(nulls_last=True), "pk").values("pk")[:1]
    fresh = WebhookDelivery.objects.filter(pk__in=list(following.values_list("pk", flat=True)))
    fresh.filter(lease_until=None, errors=0, next_check_at__gt=now).update(next_check_at=now)


def _receiver_is_well(row: WebhookSubscription, *, now: dt.datetime) -> None:
    WebhookSubscription.objects.filter(pk=row.pk, failing_since__isnull=False).update(failing_since=None)
    if claims.queue_answered(queue_of(row)):
        # It was down and is back: what failed meanwhile need not wait for hours.
        waiting = WebhookDelivery.objects.filter(queue=queue_of(row), next_check_at__gt=now, lease_until=None)
        failed = waiting.filter(_RECEIVERS, errors__gt=0, parked_at=None)
        early = failed.filter(Q(not_before=None) | Q(not_before__lte=now))
        early.update(next_check_at=now, not_before=F("next_check_at"))


def _receiver_failed(row: WebhookSubscription, answered: Answered, *, now: dt.datetime) -> None:
    WebhookSubscription.objects.filter(pk=row.pk, failing_since=None).update(failing_since=now)
    row.refresh_from_db(fields=["failing_since", "off_at"])
    if answered.status == 410:
        subscriptions.switch_off(subscription=row, why=WebhookOff.GONE, by=None, now=now)
    elif row.failing_since is not None and now - row.failing_since >= OFF_AFTER:
        subscriptions.switch_off(subscription=row, why=WebhookOff.FAILING, by=None, now=now)
    elif answered.is_receivers:
        _let_rest(row, now=now)


def _let_rest(row: WebhookSubscription, *, now: dt.datetime) -> None:
    """Count the failure. After some in a row nothing is sent until a pause is over, then one delivery as a probe."""
    name = queue_of(row)
    claims.queue_failed(name, now=now)
    queue = Queue.objects.get(pk=name)
    beyond = queue.failures - claims.BREAKER_AFTER
    if beyond < 0:
        return
    pause = min(dt.timedelta(seconds=claims.BREAKER_SECONDS * 2 ** min(beyond, 10)), LONGEST_PAUSE)
    until = now + max(pace.rest(pause), AT_LEAST)
    Queue.objects.filter(pk=name).update(closed_until=until)
    # Rows that cannot go are not overdue: nobody is woken for a receiver that is down.
    waiting = WebhookDelivery.objects.filter(queue=name, next_check_at__lt=until, lease_until=None, parked_at=None)
    waiting.update(next_check_at=until)


# --- by decision of a person ------------------------------------------------------------------------------------------


class IsOffError(Exception):
    """The subscription is off: nothing is sent until it is switched on."""


@transaction.atomic
def ping(*, subscription: WebhookSubscription, by: User | None, now: dt.datetime, key: str) -> WebhookDelivery:
    """Return a test that is sent like an event. One ``key`` makes one test. Raises: IsOffError."""
    _must_be_on(subscription)
    row, is_new = WebhookDelivery.objects.get_or_create(
        subscription=subscription, kind=WebhookKind.PING, reference=f"ping-{key}"[:100],
        defaults={"queue": queue_of(subscription), "next_check_at": now, "happened_at": now},
    )  # fmt: skip
    if is_new:
        subscriptions.note(subscription, "ping", by=by, now=now)
    return row


@transaction.atomic
def replay(*, delivery: WebhookDelivery, by: User | None, now: dt.datetime) -> bool:
    """Send a delivery again, with its id and number. Return False if it waits already.

    Raises: IsOffError.
    """
    _must_be_on(delivery.subscription)
    number = _again(WebhookDelivery.objects.filter(pk=delivery.pk), now=now)
    if number:
        detail = f"{delivery.message_id} {delivery.kind}"
        subscriptions.note(delivery.subscription, "replayed", by=by, now=now, detail=detail)
    return bool(number)


@transaction.atomic
def replay_failed(*, subscription: WebhookSubscription, since: dt.datetime, by: User | None, now: dt.datetime) -> int:
    """Send again everything that was given up since a moment. Return how many.

    Raises: IsOffError.
    """
    _must_be_on(subscription)
    number = _again(WebhookDelivery.objects.filter(subscription=subscription, failed_at__gte=since), now=now)
    detail = f"{number}, {since.isoformat()}"
    subscriptions.note(subscription, "replayed", by=by, now=now, detail=detail)
    return number


def _again(rows: "QuerySet[WebhookDelivery]", *, now: dt.datetime) -> int:
    over = rows.filter(Q(next_check_at=None) | Q(parked_at__isnull=False))
    return over.update(
        next_check_at=now, not_before=None, attempt=0, errors=0, parked_at=None, parked_why="", delivered_at=None,
        failed_at=None,
    )  # fmt: skip


def _must_be_on(subscription: WebhookSubscription) -> None:
    if WebhookSubscription.objects.select_for_update(no_key=True).get(pk=subscription.pk).off_at is not None:
        raise IsOffError


def over(now: dt.datetime) -> QuerySet[WebhookDelivery]:
    """Return the deliveries that ended and whose event is older than ``KEPT``."""
    return WebhookDelivery.objects.filter(next_check_at=None, parked_at=None, happened_at__lt=now - KEPT)
