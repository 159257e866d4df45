"""The API's records for the audit: each change, each reading of people's data, and each deed on a webhook."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from api.domain.webhooks.subscriptions import DEEDS
from portal.audit.registry import Told, Trail


def _calls(rows: Sequence[Any]) -> Iterable[Told]:
    for row in rows:
        yield Told(
            _("Call of another system"), f"{row.what} {row.subject} ({row.status})".strip(), actor=row.acted_for_id
        )


def _webhooks(rows: Sequence[Any]) -> Iterable[Told]:
    for row in rows:
        detail = f"{row.subscription_id}: {row.detail}" if row.detail else str(row.subscription_id)
        yield Told(DEEDS[row.what], detail, actor=row.by_id, work="" if row.by_id else "webhooks")


TRAILS = (
    Trail(
        code="api",
        label=_("Calls of other systems"),
        model="api.ApiCall",
        at="at",
        tell=_calls,
        of_person=lambda user: Q(acted_for=user),
    ),
    Trail(
        code="webhooks",
        label=_("Webhooks"),
        model="api.WebhookChange",
        at="at",
        tell=_webhooks,
        of_person=lambda user: Q(by=user),
        deed_field="what",
        deeds=lambda: DEEDS,
    ),
)
