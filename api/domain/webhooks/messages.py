"""What is sent: thin, signed messages for programs (Standard Webhooks), and cards for people in Teams.

A message names what happened, when and where to read it. It holds no person's data and no state: a receiver reads the
state of now from the API, so that an old or repeated message does no harm.

Source: [standard-webhooks].
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from api.domain.webhooks import cards
from api.domain.webhooks.deliveries import Sending
from api.enums import WebhookStyle
from api.models import WebhookDelivery, WebhookSubscription
from onboarding.connectors import standard_webhooks
from portal import encryption

AGENT = "Partner-onboarding-webhooks/1"


@dataclass(frozen=True)
class Ready:
    """A request that only has to be sent."""

    url: str
    headers: dict[str, str]
    body: bytes


def build(sending: Sending, *, now: dt.datetime) -> Ready:
    """Return the request of one attempt. Raises: encryption.CannotDecryptError, encryption.NoKeyError."""
    subscription, delivery = sending.subscription, sending.delivery
    url = encryption.decrypt(subscription.address)
    headers = {"Content-Type": "application/json", "User-Agent": AGENT}
    if subscription.style == WebhookStyle.TEAMS:
        return Ready(url, headers, _bytes(cards.card(subscription, delivery)))
    body = _bytes(payload(delivery, sending.external_ids))
    return Ready(url, {**headers, **_signed(subscription, delivery, body, now)}, body)


def payload(delivery: WebhookDelivery, external_ids: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return the message as JSON: of the enrollment its ids, of the check its kind and who decides."""
    data: dict[str, Any] = {"id": delivery.message_id, "sequence": delivery.sequence}
    if delivery.enrollment is not None:
        path = reverse("api:enrollment", args=[delivery.enrollment])
        data |= {"enrollment": str(delivery.enrollment), "country": delivery.country, "url": settings.SITE_URL + path}
        data["external_ids"] = external_ids
    if delivery.check_kind:
        data["check"] = {"kind": delivery.check_kind, "authority": delivery.check_authority}
    what, _dash, number = delivery.reference.partition("-")
    if what == "event":
        data["event"] = int(number)
    elif what == "request":
        data["request"] = number
    return {"type": delivery.kind, "timestamp": delivery.happened_at.isoformat(), "data": data}


def _signed(
    subscription: WebhookSubscription, delivery: WebhookDelivery, body: bytes, now: dt.datetime
) -> dict[str, str]:
    """Return the headers; while a secret is being replaced, with a signature by each."""
    sealed = [subscription.secret]
    if subscription.old_secret and subscription.old_secret_until and now < subscription.old_secret_until:
        sealed.append(subscription.old_secret)
    each = [
        standard_webhooks.sign(number=delivery.message_id, at=now, body=body, secret=encryption.decrypt(one))
        for one in sealed
    ]
    return {**each[0], "webhook-signature": " ".join(one["webhook-signature"] for one in each)}


def _bytes(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
