"""A client's own webhooks: it brings the secret, so that no answer holds one, and reads what was sent."""

import datetime as dt
import uuid
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query

from api.domain.webhooks import deliveries, reading, subscriptions
from api.domain.webhooks.subscriptions import Wish, WishError
from api.enums import ApiScope, WebhookOff, WebhookStyle
from api.models import WebhookDelivery, WebhookSubscription
from api.views import schemas
from api.views.door import api, caller, changes, reads
from api.views.problems import ProblemError
from api.views.reads import after, page
from portal.accounts.models import User


@api.get("/webhooks", response=schemas.Page[schemas.WebhookOut], tags=["webhooks"])
@reads(ApiScope.WEBHOOKS, known=schemas.Listed)
def webhooks(request: HttpRequest, asked: Query[schemas.Listed]) -> Any:
    """List the webhooks of this client."""
    rows = reading.subscriptions(caller(request).client, after=after(request, asked, (int,)), size=asked.limit)
    return page(request, asked, rows, _webhook, lambda row: (row.pk,))


@api.get("/webhooks/{int:pk}", response=schemas.WebhookOut, tags=["webhooks"])
@reads(ApiScope.WEBHOOKS)
def webhook(request: HttpRequest, pk: int) -> Any:
    """Read one webhook. Address and secret are never shown."""
    return _webhook(_found(request, pk))


@api.get("/webhooks/{int:pk}/deliveries", response=schemas.Page[schemas.DeliveryOut], tags=["webhooks"])
@reads(ApiScope.WEBHOOKS, known=schemas.DeliveryFilters)
def webhook_deliveries(request: HttpRequest, pk: int, asked: Query[schemas.DeliveryFilters]) -> Any:
    """List what was sent within 30 days, or waits, the oldest first."""
    rows = reading.deliveries(
        _found(request, pk), state=asked.state or "", after=after(request, asked, (int,)), size=asked.limit
    )
    return page(request, asked, rows, _delivery, lambda row: (row.pk,))


@api.post("/webhooks", response={201: schemas.WebhookOut}, tags=["webhooks"])
@changes(ApiScope.WEBHOOKS)
def make_webhook(request: HttpRequest, typed: schemas.WebhookIn) -> Any:
    """Make a webhook. The receiver brings its secret: whsec_ and, in base64, 24 to 64 random bytes."""
    if not typed.address:
        raise ProblemError("invalid", errors=[("address", "https://…")])
    row = _wished(
        lambda: subscriptions.make(
            style=WebhookStyle.STANDARD, client=caller(request).client, wish=_wish(typed), by=_person(request),
            now=timezone.now(), secret=typed.secret,
        )
    )[0]  # fmt: skip
    return 201, schemas.WebhookOut(**_webhook(row)), row.pk


@api.post("/webhooks/{int:pk}", response=schemas.WebhookOut, tags=["webhooks"])
@changes(ApiScope.WEBHOOKS)
def change_webhook(request: HttpRequest, pk: int, typed: schemas.WebhookChangeIn) -> Any:
    """Change what a webhook tells, of which countries, and where. Without an address it keeps the present one."""
    row = _found(request, pk)
    wish, by = _wish(typed), _person(request)
    row = _wished(lambda: subscriptions.change(subscription=row, wish=wish, by=by, now=timezone.now()))
    return 200, schemas.WebhookOut(**_webhook(row)), pk


@api.post("/webhooks/{int:pk}/secret", response=schemas.WebhookOut, tags=["webhooks"])
@changes(ApiScope.WEBHOOKS)
def rotate_webhook(request: HttpRequest, pk: int, typed: schemas.SecretIn) -> Any:
    """Give a new secret. The one before signs as well for a day."""
    row, by = _found(request, pk), _person(request)
    _wished(lambda: subscriptions.rotate(subscription=row, by=by, now=timezone.now(), secret=typed.secret))
    return 200, schemas.WebhookOut(**_webhook(_found(request, pk))), pk


@api.post("/webhooks/{int:pk}/state", response=schemas.WebhookOut, tags=["webhooks"])
@changes(ApiScope.WEBHOOKS)
def switch_webhook(request: HttpRequest, pk: int, typed: schemas.SwitchIn) -> Any:
    """Switch a webhook on or off. What waits for one that is off is given up, and can be sent again."""
    row, by, now = _found(request, pk), _person(request), timezone.now()
    if typed.on:
        subscriptions.switch_on(subscription=row, by=by, now=now)
    else:
        subscriptions.switch_off(subscription=row, why=WebhookOff.BY_HAND, by=by, now=now)
    return 200, schemas.WebhookOut(**_webhook(_found(request, pk))), pk


@api.post("/webhooks/{int:pk}/pings", response={201: schemas.DeliveryOut}, tags=["webhooks"])
@changes(ApiScope.WEBHOOKS)
def ping_webhook(request: HttpRequest, pk: int, typed: schemas.NothingIn) -> Any:
    """Send a test. Its answer is in the list of deliveries."""
    row, by = _found(request, pk), _person(request)
    try:
        sent = deliveries.ping(subscription=row, by=by, now=timezone.now(), key=uuid.uuid4().hex)
    except deliveries.IsOffError as error:
        raise ProblemError("webhook_off") from error
    return 201, schemas.DeliveryOut(**_delivery(sent)), sent.pk


@api.post("/webhooks/{int:pk}/replays", response=schemas.ReplayOut, tags=["webhooks"])
@changes(ApiScope.WEBHOOKS)
def replay_webhook(request: HttpRequest, pk: int, typed: schemas.ReplayIn) -> Any:
    """Send one delivery again (“delivery”), or all that were given up since a moment (“since”)."""
    row, by, now = _found(request, pk), _person(request), timezone.now()
    if (typed.delivery is None) == (typed.since is None):
        raise ProblemError("invalid", errors=[("delivery", "delivery | since")])
    try:
        if typed.since is not None:
            since = typed.since if typed.since.tzinfo else typed.since.replace(tzinfo=dt.UTC)
            number = deliveries.replay_failed(subscription=row, since=since, by=by, now=now)
        else:
            sent = reading.delivery(row, typed.delivery or 0)
            if sent is None:
                raise ProblemError("not_found")
            number = int(deliveries.replay(delivery=sent, by=by, now=now))
    except deliveries.IsOffError as error:
        raise ProblemError("webhook_off") from error
    return 200, schemas.ReplayOut(webhook=pk, number=number), pk


def _found(request: HttpRequest, pk: int) -> WebhookSubscription:
    row = reading.subscription(caller(request).client, pk)
    if row is None:
        raise Http404
    return row


def _person(request: HttpRequest) -> User | None:
    """Return the BDM for whom the client acts; None where it acts for nobody: the API's own record names the client."""
    bdm = caller(request).bdm
    return bdm.user if bdm else None


def _wish(typed: Any) -> Wish:
    return Wish(
        name=typed.name, address=typed.address, kinds=typed.kinds, countries=typed.countries,
        everywhere=typed.everywhere,
    )  # fmt: skip


def _wished(do: Any) -> Any:
    try:
        return do()
    except WishError as error:
        raise ProblemError("invalid", errors=[*error.faults]) from error


def _webhook(row: WebhookSubscription) -> dict[str, Any]:
    own = ("id", "name", "host", "kinds", "countries", "everywhere", "made_at", "off_at", "off_why", "failing_since")
    return {**{name: getattr(row, name) for name in own}, "old_secret_until": row.old_secret_until}


def _delivery(row: WebhookDelivery) -> dict[str, Any]:
    own = (
        "id", "kind", "enrollment", "sequence", "happened_at", "tries", "tried_at", "status", "answer",
        "delivered_at", "failed_at", "next_check_at",
    )  # fmt: skip
    return {**{name: getattr(row, name) for name in own}, "message": row.message_id}
