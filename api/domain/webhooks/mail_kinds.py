"""The mail that a subscription was switched off."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from api.enums import WebhookOff
from portal.notices.registry import Category, Notification, Reader
from portal.web.fragments import Fragments

# Nobody is told of what a person did by hand.
CASES = Fragments("emails/webhook_off", [why for why in WebhookOff if why != WebhookOff.BY_HAND], endings=(".txt",))


def _example() -> dict[str, Any]:
    return {
        "name": "CRM",
        "host": "crm.example",
        "why": WebhookOff.FAILING.value,
        "since": dt.datetime(2026, 11, 8, 9, 30, tzinfo=dt.UTC),
        "client": "CRM",
        "link": settings.SITE_URL + reverse("admin:api_webhooksubscription_changelist"),
    }


KINDS = (
    Notification(
        code="webhook_off",
        title=_("A webhook was switched off"),
        when=_("Its receiver is gone, nothing has arrived for five days, or its API client has ended."),
        readers=(Reader.ADMIN,),
        category=Category.WORK,
        why=_("Another system hears nothing more until someone acts."),
        example=_example,
        cases=CASES,
        case="why",
    ),
)
