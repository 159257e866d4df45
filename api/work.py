"""Webhooks: claim what is due of each receiver, send it, record the answer.

Answers are waited for in threads, which touch no database, so that a receiver that hangs holds up nobody else. Claims
and answers are of the one thread that the database's connection belongs to.
"""

import datetime as dt
import logging
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from django.conf import settings

from api.domain.webhooks import deliveries, messages, subscriptions
from api.domain.webhooks.deliveries import Answered, Sending
from api.domain.webhooks.fanout import QUEUE
from api.domain.webhooks.messages import Ready
from api.enums import DeliveryAnswer
from api.models import WebhookDelivery
from portal import encryption, outbound
from portal.work import claims, isolation
from portal.work.kinds import Rate, WorkKind

log = logging.getLogger(__name__)
THREADS = 32
AT_ONCE = 4  # deliveries under way to one receiver, each of another enrollment
MOST = 500  # claims of one turn
LOOK_AGAIN = 0.2  # seconds, while answers are waited for
MAX_BYTES = 64_000  # of an answer, which nobody reads
Outcome = outbound.Response | DeliveryAnswer


def seconds() -> float:
    """Return how long one attempt may take. The lease is longer than a read that begins at the last moment."""
    return float(min(10, settings.WORK_LEASE_SECONDS / 3))


def take(until: float) -> int:
    """Send what is due until nothing is, or ``until`` (``time.monotonic``). Return how many deliveries were claimed."""
    end = min(until, time.monotonic() + settings.WORK_BUDGET_SECONDS)
    claimed = 0
    flying: dict[Future[Outcome], Sending] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        while True:
            if claimed < MOST and time.monotonic() < end:
                taken, ready = _claim(flying)
                claimed += taken
                flying |= {pool.submit(send, request): sending for sending, request in ready}
            if not flying:
                return claimed
            done, _others = wait(flying, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
            for each in done:
                sending = flying.pop(each)
                now = claims.database_now()
                with isolation.isolate_failure(sending.claim):
                    deliveries.settle(sending, _answered(each.result(), now), now=now)


def _claim(flying: "dict[Future[Outcome], Sending]") -> tuple[int, list[tuple[Sending, Ready]]]:
    """Return how many deliveries were claimed, and those that may go, of receivers with nothing under way."""
    busy = {sending.subscription.pk for sending in flying.values()}
    claimed, ready = 0, []
    for pk in deliveries.due(but=sorted(busy))[: (THREADS - len(flying)) // AT_ONCE]:
        found = claims.claim_due(WebhookDelivery, queue=f"{QUEUE}{pk}", limit=AT_ONCE)
        fit = [claim for claim in found if not _is_parked(claim)]
        claimed += len(found)
        if fit:
            ready += _prepared(pk, fit)
    return claimed, ready


def _prepared(subscription: int, claimed: list[claims.Claim]) -> list[tuple[Sending, Ready]]:
    """Return the requests that may be sent now. A fault of ours stays with this receiver."""
    sendings: list[Sending] = []
    with isolation.isolate_failure(claimed[0]):
        sendings = deliveries.prepare(subscription, claimed, now=claims.database_now())
    return [pair for sending in sendings for pair in _built(sending)]


def _is_parked(claim: claims.Claim) -> bool:
    """Park a delivery whose claims never end with an answer."""
    if not isolation.exceeded_attempts(claim):
        return False
    claims.park(claim, why=isolation.EXCEEDED_ATTEMPTS, now=claims.database_now())
    return True


def _built(sending: Sending) -> list[tuple[Sending, Ready]]:
    now = claims.database_now()
    with isolation.isolate_failure(sending.claim):
        try:
            return [(sending, messages.build(sending, now=now))]
        except (encryption.CannotDecryptError, encryption.NoKeyError) as error:
            log.warning("webhook %s: %s", sending.subscription.pk, error)
            deliveries.settle(sending, Answered(DeliveryAnswer.SEALED), now=now)
    return []


def send(request: Ready) -> Outcome:
    """Return the receiver's answer, or why there is none. It runs in a thread, without the database."""
    try:
        return outbound.request(
            "POST",
            request.url,
            headers=request.headers,
            content=request.body,
            timeout=seconds(),
            max_bytes=MAX_BYTES,
            is_typed=True,
        )
    except outbound.AddressRefused as error:
        log.warning("webhook not sent: %s", error)
        return DeliveryAnswer.REFUSED
    except outbound.Unreachable:
        return DeliveryAnswer.UNREACHABLE
    except outbound.TooLarge:
        return DeliveryAnswer.TOO_LARGE


def _answered(outcome: Outcome, now: dt.datetime) -> Answered:
    if isinstance(outcome, DeliveryAnswer):
        return Answered(outcome)
    if 200 <= outcome.status < 300:
        return Answered(DeliveryAnswer.TAKEN, outcome.status)
    if 300 <= outcome.status < 400:
        return Answered(DeliveryAnswer.REDIRECT, outcome.status)
    return Answered(DeliveryAnswer.STATUS, outcome.status, outcome.retry_at(now))


KIND = WorkKind(
    name="webhooks",
    model=WebhookDelivery,
    # Each receiver has a queue of its own (``subscriptions.queue_of``), which begins with the numbers of this one.
    queues={subscriptions.TEMPLATE: Rate(subscriptions.RATE, subscriptions.BURST)},
    task="api.send_webhooks",
    take=take,
)
