"""Erase a person: asked for on their page, done after a time in which they may withdraw it, with a receipt.

What becomes of each kind of data is in the data map. The company's enrollments and histories stay readable: where the
person stood, "Former member" stands.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import EmailField, F, Q, QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts import addresses, closing, sessions
from portal.accounts.models import User
from portal.audit import erasing
from portal.coverage.models import Bdm
from portal.notices import outbox
from portal.partners import people
from portal.partners.models import Membership, Role
from portal.privacy import exports, registry
from portal.privacy.models import Erasure
from portal.privacy.registry import Erasing, Hindrance, Record, Subject
from portal.privacy.retention import Rule
from portal.work import isolation

log = logging.getLogger(__name__)

GRACE = dt.timedelta(days=14)  # our own number: a holiday fits into it
AT_ONCE = 50  # accounts in one run of the job, without those that fail
PROOF = dt.timedelta(days=3 * 365)
IDLE = dt.timedelta(days=2 * 365)  # Source: [cnil-retention]
WARNING = dt.timedelta(days=30)


class HinderedError(Exception):
    """Something stands in the way (``hindrances``); nothing was changed."""

    def __init__(self, found: list[Hindrance]) -> None:
        super().__init__(", ".join(one.link for one in found))
        self.found = found


def hindrances(user: User) -> list[Hindrance]:
    """Return what stands in the way of erasing this account, each with the page that clears it."""
    return [found for finder in registry.HINDRANCES for found in finder(user)]


def only_owner(user: User) -> Iterable[Hindrance]:
    """Yield the companies that would have no owner who can sign in."""
    for membership in Membership.objects.filter(user=user, role=Role.OWNER).select_related("partner").order_by("pk"):
        others = Membership.objects.filter(partner=membership.partner, role=Role.OWNER, user__is_active=True)
        if not others.exclude(user=user).exists() and not people.may_be_left_empty(membership):
            told = gettext("You are the only owner of %(company)s. Hand it over, or withdraw its enrolments.")
            link = reverse("partners:leave", args=[membership.partner_id])
            yield Hindrance(told % {"company": membership.partner}, gettext("Leave or hand over the company"), link)


def works_here(user: User) -> Iterable[Hindrance]:
    """Yield that people of Ingram Micro give up their rights first: others depend on them."""
    if Bdm.objects.filter(user=user).exists():
        told = gettext("You are a BDM: partners count on you. Ask an administrator to end that first.")
        yield Hindrance(told, gettext("Help and contact"), reverse("help"))
    if user.is_staff or user.is_superuser:
        told = gettext("You are an administrator. Ask another administrator to take your rights away first.")
        yield Hindrance(told, gettext("Help and contact"), reverse("help"))


def open_of(user: User) -> Erasure | None:
    """Return the request that is neither withdrawn nor done."""
    return Erasure.objects.filter(user=user, withdrawn_at=None, done_at=None).first()


@transaction.atomic
def ask(*, user: User, now: dt.datetime) -> Erasure:
    """Return the request, which is carried out after ``GRACE``, and write to the person. A second call returns it too.

    Raises: HinderedError.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if open_ := open_of(user):
        return open_
    if found := hindrances(user):
        raise HinderedError(found)
    made = Erasure.objects.create(user=user, asked_at=now, due_at=now + GRACE)
    _tell("erasure_asked", made, now=now)
    return made


def idle(now: dt.datetime) -> "QuerySet[User]":
    """Return the accounts of no company that nobody used for ``IDLE``, and whose people were not told of it yet."""
    used_before = now - IDLE
    rows = User.objects.filter(is_active=True, is_staff=False, is_superuser=False, memberships=None, bdm=None)
    rows = rows.filter(Q(last_login__lt=used_before) | Q(last_login=None, date_joined__lt=used_before))
    return rows.exclude(pk__in=Erasure.objects.filter(withdrawn_at=None, done_at=None).values("user"))


def warn_idle(keys: Sequence[Any], now: dt.datetime) -> int:
    """Write to these people that their unused account is erased after ``WARNING`` unless they sign in."""
    warned = 0
    for user in User.objects.filter(pk__in=keys).order_by("pk"):
        if not hindrances(user):
            made = Erasure.objects.create(user=user, asked_at=now, due_at=now + WARNING, for_idleness=True)
            _tell("erasure_idle", made, now=now)
            warned += 1
    return warned


def came_back(user: User, *, now: dt.datetime) -> None:
    """Withdraw the erasure of an account that was not used for long: its person signed in."""
    idle_ones = Erasure.objects.filter(user=user, for_idleness=True, withdrawn_at=None, done_at=None)
    idle_ones.update(withdrawn_at=now)


@transaction.atomic
def withdraw(*, user: User, now: dt.datetime) -> bool:
    """Withdraw the open request, and write to the person. Return False if there is none."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    request = open_of(user)
    if request is None:
        return False
    request.withdrawn_at = now
    request.save(update_fields=["withdrawn_at"])
    _tell("erasure_withdrawn", request, now=now)
    return True


def carry_out_due(now: dt.datetime) -> int:
    """Carry out the requests that are due, those that are not held up first. Return how many were done.

    A person whose erasure fails keeps no other from theirs; the first failure is raised at the end.
    """
    due = Erasure.objects.filter(due_at__lte=now, withdrawn_at=None, done_at=None)
    keys = list(due.order_by(F("held_at").asc(nulls_first=True), "due_at").values_list("pk", flat=True))
    return isolation.each(keys, lambda key: carry_out(key, now=now), what="erasure", most=AT_ONCE)


@transaction.atomic
def carry_out(key: int, *, now: dt.datetime) -> bool:
    """Erase one person. Return False if that is not due, done already, or held up by something they are told of."""
    request = Erasure.objects.select_for_update().get(pk=key)
    if request.withdrawn_at or request.done_at or request.due_at > now:
        return False
    user = User.objects.select_for_update().get(pk=request.user_id)
    if hindrances(user):
        if request.held_at is None:
            request.held_at = now
            request.save(update_fields=["held_at"])
            _tell("erasure_held", request, now=now)
        return False
    address, language = user.email, user.language
    request.receipt = _erase(Subject(user, addresses.ever_of(user)), now)
    request.done_at = now
    request.save(update_fields=["receipt", "done_at"])
    outbox.write(
        "erasure_done",
        to=address,
        language=language,
        context=receipt_context(request.receipt),
        key=f"erasure-done-{request.pk}",
        now=now,
        # Its text goes as soon as it is sent.
        secret=True,
    )
    log.info("erasure %s is carried out", request.pk)
    return True


def _erase(subject: Subject, now: dt.datetime) -> dict[str, dict[str, int]]:
    """Erase what the data map has of this person. Return how many rows of each record were erased, and are kept."""
    user = subject.user
    left = 0
    for membership in Membership.objects.filter(user=user).select_related("partner").order_by("pk"):
        left += people.remove(membership=membership, by=user, now=now)
    closing.closed(user, by=user, now=now)
    exports.forget_of(user, now=now)
    sessions.end_others(user=user, now=now)
    erased: dict[str, int] = {"memberships": left} if left else {}
    kept: dict[str, int] = {}
    for record in registry.RECORDS.values():
        rows = record.rows_of_person(subject)
        if rows is None:
            continue
        if record.erased in (Erasing.KEPT, Erasing.EXPIRES):
            number, where = rows.count(), kept
        else:
            number, where = _erase_rows(record, rows, subject, now), erased
        if number:
            where[record.code] = number
    _empty_account(subject, now)
    return {"erased": erased, "kept": kept}


def _erase_rows(record: Record, rows: Any, subject: Subject, now: dt.datetime) -> int:
    if record.erase is not None:
        return record.erase(rows, subject, now)
    if record.erased == Erasing.HISTORY:
        return erasing.erase(record.trail, list(rows.values_list("pk", flat=True)), now=now)
    if record.erased == Erasing.DELETED:
        number = int(rows.count())
        rows.order_by().delete()
        return number
    return int(rows.order_by().update(**_empty_values(record, subject)))


def _empty_values(record: Record, subject: Subject) -> dict[str, Any]:
    fields = (record.get_model()._meta.get_field(name) for name in record.fields)
    return {
        field.name: subject.placeholder if isinstance(field, EmailField) and not field.blank else ""
        for field in fields
        if field.name not in record.secret
    }


def _empty_account(subject: Subject, now: dt.datetime) -> None:
    user = User.objects.get(pk=subject.user.pk)
    user.email, user.name, user.is_active, user.erased_at = subject.placeholder, "", False, now
    user.set_unusable_password()
    user.save(update_fields=["email", "name", "is_active", "erased_at", "password"])
    user.groups.clear()
    user.user_permissions.clear()


def receipt_lines(receipt: dict[str, dict[str, int]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what was erased and what is kept, as lines with label, number and how or why."""
    erased = [
        {"label": record.label, "number": number, "how": record.erased.label}
        for record, number in _of_receipt(receipt.get("erased", {}))
    ]
    kept = [
        {"label": record.label, "number": number, "how": record.reason or record.erased.label}
        for record, number in _of_receipt(receipt.get("kept", {}))
    ]
    return erased, kept


def _of_receipt(numbers: dict[str, int]) -> Iterable[tuple[Record, int]]:
    return ((registry.RECORDS[code], number) for code, number in numbers.items() if code in registry.RECORDS)


def receipt_context(receipt: dict[str, dict[str, int]]) -> dict[str, Any]:
    erased, kept = receipt_lines(receipt)
    return {"erased": erased, "kept": kept, "link": settings.SITE_URL + reverse("privacy")}


def _tell(code: str, request: Erasure, *, now: dt.datetime) -> None:
    with translation.override(request.user.language):  # a worker has none of its own
        told = [str(one.what) for one in hindrances(request.user)]
    context = {"due": request.due_at, "link": settings.SITE_URL + reverse("privacy:own"), "hindrances": told}
    outbox.tell(code, people=[request.user], context=context, key=f"{code}-{request.pk}", now=now)


RULE = Rule(
    code="erasures", label=_("Requests to erase an account"), keep=PROOF,
    why=_("So long somebody may ask whether we did it. The row names nobody."),
    rows=lambda now: (
        Erasure.objects.filter(done_at__lt=now - PROOF) | Erasure.objects.filter(withdrawn_at__lt=now - PROOF)
    ),
)  # fmt: skip
IDLE_RULE = Rule(
    code="idle-accounts", label=_("Accounts that nobody uses and that belong to no company"), keep=IDLE,
    why=_("We write to the person; if they do not sign in within 30 days, the account is erased."),
    rows=idle, do=warn_idle,
)  # fmt: skip
