"""Send one task to the person who can do it, by a link that needs no account, expires, and can be revoked.

The token is the right to that task and to nothing else: who forwards the link gives that task away, not the enrollment.
Mail scanners open links, so only a POST answers. Source: [scanners-follow-links].
"""

import datetime as dt
import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from onboarding.domain import history
from onboarding.domain.checks import locks, partner_acts, routing
from onboarding.domain.checks.challenges import TooSoonError
from onboarding.domain.mail import notifications
from onboarding.enums import Authority, Kind
from onboarding.models import DelegateQuestion, Delegation, Enrollment
from portal.accounts.models import User
from portal.limits import Limited, Scope
from portal.notices import stops
from portal.partners import strangers
from portal.partners.models import Partner, Role
from portal.work import usage

LIFE = dt.timedelta(days=14)
MOST_QUESTIONS = 5


class LinkOverError(Exception):
    """The link is answered, expired or revoked: nothing was changed."""


class DelegationState(StrEnum):
    """What a link can still do."""

    OPEN = "open"
    DONE = "done"
    NOT_ME = "not_me"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ReadDelegation:
    state: DelegationState
    delegation: Delegation | None = None


@transaction.atomic
def send(*, enrollment: Enrollment, task: str, to: str, note: str, by: User, now: dt.datetime) -> Delegation:
    """Return the delegation, sent to ``to`` and valid for two weeks. It replaces an open one of that task to them.

    A second call within a minute returns the first one.

    Raises: limits.LimitReachedError, stops.StoppedError.
    """
    locks.lock(enrollment.partner_id)
    to = to.lower()
    same = enrollment.delegations.filter(task=task, to=to, answer="", revoked_at=None)
    if just_now := same.filter(sent_at__gt=now - dt.timedelta(minutes=1)).first():
        return just_now
    stops.refuse(to)
    who = {Scope.ACCOUNT: by.pk, Scope.COMPANY: enrollment.partner_id, Scope.ADDRESS: to}
    usage.use(Limited.TASK, who, now=now)
    same.update(revoked_at=now)
    token = secrets.token_urlsafe(32)
    made = Delegation.objects.create(
        enrollment=enrollment, task=task, to=to, note=note, token_hash=_hash(token), by=by, sent_at=now,
        expires_at=now + LIFE,
    )  # fmt: skip
    history.add(enrollment, "delegated", at=now, actor=by, task=task)
    notifications.delegated(made, token, now=now)
    return made


def read(*, token: str, now: dt.datetime) -> ReadDelegation:
    """Return the delegation of this token, with its state."""
    rows = Delegation.objects.select_related("enrollment__partner", "enrollment__country", "by")
    found = rows.filter(token_hash=_hash(token)).first()
    return ReadDelegation(state_of(found, now=now), found) if found else ReadDelegation(DelegationState.UNKNOWN)


def state_of(delegation: Delegation, *, now: dt.datetime) -> DelegationState:
    if delegation.revoked_at or delegation.enrollment.is_withdrawn:
        return DelegationState.REVOKED
    if delegation.answer:
        return DelegationState(delegation.answer)
    return DelegationState.EXPIRED if delegation.expires_at <= now else DelegationState.OPEN


@transaction.atomic
def answer(*, delegation: Delegation, says: Delegation.TaskReply, now: dt.datetime) -> Delegation:
    """Record that the reader did it, or is the wrong person, and tell who asked. Twice changes nothing.

    A published record is looked for at once; anything else the partner reports, or a check sees it.

    Raises: LinkOverError.
    """
    current = _locked(delegation)
    if current.answer == says:
        return current
    if state_of(current, now=now) != DelegationState.OPEN:
        raise LinkOverError
    current.answer, current.answered_at = says, now
    current.save(update_fields=["answer", "answered_at"])
    kind = "delegate_done" if says == Delegation.TaskReply.DONE else "delegate_declined"
    event = history.add(current.enrollment, kind, at=now, task=current.task)
    notifications.delegate_answered(current, "", now=now, number=event.pk)
    if says == Delegation.TaskReply.DONE and current.task == "txt_record":
        _look_for_record(current, now=now)
    return current


def _look_for_record(delegation: Delegation, *, now: dt.datetime) -> None:
    check = routing.checks_of(delegation.enrollment)[Kind.DOMAIN, Authority.PORTAL]
    with suppress(TooSoonError):  # a look is on its way
        partner_acts.look_again(check=check, by=delegation.by, now=now)


@transaction.atomic
def ask(*, delegation: Delegation, text: str, now: dt.datetime) -> bool:
    """Send the reader's question to who asked. Return False for a question that was sent already.

    Raises: LinkOverError (also after five questions).
    """
    current = _locked(delegation)
    if current.questions.filter(text=text).exists():
        return False
    if state_of(current, now=now) != DelegationState.OPEN or current.questions.count() >= MOST_QUESTIONS:
        raise LinkOverError
    DelegateQuestion.objects.create(delegation=current, at=now, text=text)
    event = history.add(current.enrollment, "delegate_asked", at=now, task=current.task)
    notifications.delegate_answered(current, text, now=now, number=event.pk)
    return True


@transaction.atomic
def revoke(*, delegation: Delegation, by: User | None, now: dt.datetime) -> None:
    """Let the link work no more. Twice changes nothing."""
    current = _locked(delegation)
    if current.revoked_at is None and not current.answer:
        Delegation.objects.filter(pk=current.pk).update(revoked_at=now)
        history.add(current.enrollment, "delegation_revoked", at=now, actor=by, task=current.task)


@transaction.atomic
def disown(*, delegation: Delegation, now: dt.datetime) -> None:
    """End the link of a reader who does not know the company, and all such mail to them. Twice changes nothing."""
    current = _locked(delegation)
    if current.revoked_at is None and not current.answer:
        revoke(delegation=current, by=None, now=now)
    strangers.disown(partner=current.enrollment.partner, address=current.to, now=now)


def withdraw_given(partner: Partner, user: User, role: str, by: User | None, now: dt.datetime) -> None:
    """Revoke the links that a person sent for a company which they may not edit any longer, as ``role`` says."""
    if role in (Role.OWNER, Role.CONTRIBUTOR):
        return
    given = Delegation.objects.filter(enrollment__partner=partner, by=user, answer="", revoked_at=None)
    for delegation in given.select_related("enrollment"):
        revoke(delegation=delegation, by=by, now=now)


def _locked(delegation: Delegation) -> Delegation:
    locks.lock(delegation.enrollment.partner_id)
    return Delegation.objects.select_related("enrollment__partner", "enrollment__country", "by").get(pk=delegation.pk)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
