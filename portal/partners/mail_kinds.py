"""The mails about a company's people."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.notices.registry import Category, Notification, Reader
from portal.partners.models import Deed, Role
from portal.web.fragments import Fragments

# What a role may do, for the mails that tell of a new one.
ROLE_NOW: dict[str, str | Promise] = {
    Role.OWNER: _("The role is owner now: everything, and who belongs to the company."),
    Role.CONTRIBUTOR: _("The role is contributor now: fills in and sends the steps."),
    Role.VIEWER: _("The role is viewer now: sees everything, changes nothing."),
}
_ENDINGS = (".txt", ".subject.txt")
PEOPLE_CHANGED = Fragments(
    "emails/people_changed", (Deed.JOINED, Deed.ROLE_CHANGED, Deed.LEFT, Deed.REMOVED), endings=_ENDINGS
)
OWN_ROLE_CHANGED = Fragments("emails/own_role_changed", (Deed.ROLE_CHANGED, Deed.REMOVED), endings=_ENDINGS)


def _invitation() -> dict[str, Any]:
    return {
        "partner": "Exemple Informatique",
        "by": "Dominique Exemple",
        "role": "contributor",
        "link": settings.SITE_URL + reverse("partners:invitation", args=["example"]),
        "stop": settings.SITE_URL + reverse("partners:unknown", args=["example"]),
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


def _people_changed() -> dict[str, Any]:
    return {
        "partner": "Exemple Informatique",
        "person": "Claude Exemple",
        "email": "claude@exemple.example",
        "by": "Dominique Exemple",
        "deed": Deed.ROLE_CHANGED.value,
        "role_now": ROLE_NOW[Role.CONTRIBUTOR],
        "link": settings.SITE_URL + reverse("home"),
    }


def _without_owner() -> dict[str, Any]:
    return {"partner": "Exemple Informatique", "link": settings.SITE_URL + reverse("partners:without_owner")}


def _company_unknown() -> dict[str, Any]:
    link = settings.SITE_URL + reverse("home")
    return {"partner": "Exemple Informatique", "address": "claude@exemple.example", "number": 1, "link": link}


def _members_review() -> dict[str, Any]:
    link = settings.SITE_URL + reverse("home")
    return {"partner": "Exemple Informatique", "number": 4, "reminder": False, "link": link}


KINDS = (
    Notification(
        code="people_changed",
        title=_("The people of your company changed"),
        when=_("Somebody joins, leaves or is removed, or gets another role."),
        readers=(Reader.OWNER,),
        category=Category.ACCOUNT,
        why=_("An owner answers for who sees the company's data."),
        example=_people_changed,
        cases=PEOPLE_CHANGED,
        case="deed",
    ),
    Notification(
        code="own_role_changed",
        title=_("Your role in a company changed"),
        when=_("Somebody else gives you another role, or removes you from a company."),
        readers=(Reader.ACCOUNT,),
        category=Category.ACCOUNT,
        why=_("It says what you may do from now on."),
        example=_people_changed,
        cases=OWN_ROLE_CHANGED,
        case="deed",
    ),
    Notification(
        code="members_review",
        is_bulk=True,
        title=_("Who belongs to your company?"),
        when=_("Once a year, with one reminder after 30 days."),
        readers=(Reader.OWNER,),
        category=Category.ACCOUNT,
        why=_("People change jobs, and nobody thinks of their account."),
        example=_members_review,
    ),
    Notification(
        code="without_owner",
        title=_("A company without an owner"),
        when=_("No owner of a company can sign in any longer."),
        readers=(Reader.BDM, Reader.LEAD),
        category=Category.WORK,
        why=_("Nobody else can let people in."),
        example=_without_owner,
    ),
    Notification(
        code="company_unknown",
        title=_("Somebody does not know a company that wrote to them"),
        when=_("The reader of an invitation or of a task says so."),
        readers=(Reader.BDM, Reader.LEAD),
        category=Category.WORK,
        why=_("The company may be writing to strangers."),
        example=_company_unknown,
    ),
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
