"""The mails about a company's people."""

import datetime as dt
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


def _hand_over() -> dict[str, Any]:
    return {
        "partner": "Exemple Informatique",
        "by": "Dominique Exemple",
        "to": "Claude Exemple",
        "until": dt.datetime(2026, 12, 3, 9, 0, tzinfo=dt.UTC),
        "accepted": True,
        "link": settings.SITE_URL + reverse("home"),
    }


def _join_request() -> dict[str, Any]:
    return {
        "partner": "Exemple Informatique",
        "by": "Claude Exemple",
        "email": "claude@exemple.example",
        "link": settings.SITE_URL + reverse("home"),
    }


KINDS = (
    Notification(
        code="join_request",
        title=_("Someone asks to join your company"),
        when=_("Somebody registers a company that you have registered already, and asks to be let in."),
        readers=(Reader.OWNER,),
        category=Category.ACCOUNT,
        why=_("Nobody but an owner can let them in."),
        example=_join_request,
    ),
    Notification(
        code="hand_over",
        title=_("A company is handed over to you"),
        when=_("An owner offers you to take the ownership over."),
        readers=(Reader.CONTRIBUTOR, Reader.VIEWER),
        category=Category.ACCOUNT,
        why=_("Nothing changes without your answer."),
        example=_hand_over,
    ),
    Notification(
        code="hand_over_answered",
        title=_("Your offer of ownership is answered"),
        when=_("Your colleague accepts or declines."),
        readers=(Reader.OWNER,),
        category=Category.ACCOUNT,
        why=_("Your own role depends on it."),
        example=_hand_over,
    ),
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
