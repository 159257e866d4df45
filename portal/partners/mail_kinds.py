"""The mails about a company's people."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.notices.registry import Category, Notification, Reader


def _invitation() -> dict[str, Any]:
    return {
        "partner": "Exemple Informatique",
        "by": "Dominique Exemple",
        "role": "contributor",
        "link": settings.SITE_URL + reverse("partners:invitation", args=["example"]),
        "days": 7,
    }


KINDS = (
    Notification(
        code="invitation",
        title=_("You are invited to a company"),
        when=_("An owner of a company invites you."),
        readers=(Reader.INVITED,),
        category=Category.ACCOUNT,
        why=_("It is sent once, because someone entered your address."),
        example=_invitation,
    ),
)
