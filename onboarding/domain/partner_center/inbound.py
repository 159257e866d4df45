"""What follows from a message of another system. Order and repetition make no difference to the result."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from onboarding.domain.checks import locks, partner_acts, requeueing, source_precedence, transitions
from onboarding.domain.checks.source_precedence import ReportOutcome
from onboarding.domain.partner_center import resellers
from onboarding.enums import Authority, CheckState, Kind, Source
from onboarding.models import Check, Enrollment, Inbound
from portal.notices import refusals, relay, suppression
from portal.notices.models import Mail

QUEUE = "inbound"
KEPT = dt.timedelta(days=90)  # then deleted: messages contain what other systems know of people


class NotKnownYetError(Exception):
    """The message is about something unknown (so far): it is tried again, and is a dead letter in the end."""


def keep(
    *, source: str, external_id: str, kind: str, occurred_at: dt.datetime, data: dict[str, Any], now: dt.datetime
) -> None:
    """Store the message for a worker; a repeated one changes nothing."""
    Inbound.objects.bulk_create(
        [
            Inbound(
                source=source, external_id=external_id, kind=kind, occurred_at=occurred_at, data=data, received_at=now,
                queue=QUEUE, next_check_at=now,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip


@transaction.atomic
def handle(message: Inbound, *, now: dt.datetime) -> str:
    """Apply the message. Return the outcome, in a word for the admin.

    Raises: NotKnownYetError; ValueError: its content does not fit its kind.
    """
    for pattern, deed in _DEEDS:
        if found := re.fullmatch(pattern, message.kind):
            return deed(message, found.group(1), now)
    return "kept: nobody here knows this kind"


def over(now: dt.datetime) -> "QuerySet[Inbound]":
    """Return the messages that were handled long ago."""
    return Inbound.objects.filter(handled_at__lt=now - KEPT)


# --- actions
# -----------------------------------------------------------------------------------------------------------


def _validation(message: Inbound, kind: str, now: dt.datetime) -> str:
    check = _check(message, Kind(kind), Authority.MICROSOFT)
    said = _word(message, "state")
    try:
        state, reason = source_precedence.vetting_state(said, kind)
    except KeyError as error:
        raise ValueError(f"unknown state: {said[:40]}") from error
    return _state(check, state, reason, message, now)


def _marketplace(message: Inbound, event: str, now: dt.datetime) -> str:
    check = _check(message, Kind.MARKETPLACE, Authority.INGRAM)
    if event == "activated":
        return _state(check, CheckState.PASSED, "", message, now)
    return _state(check, CheckState.ACTION_NEEDED, _MARKETPLACE_REASONS[event], message, now)


_MARKETPLACE_REASONS = {"held": "marketplace_on_hold", "cancelled": "marketplace_cancelled"}


def _state(check: Check, state: CheckState, reason: str, message: Inbound, now: dt.datetime) -> str:
    evidence = {"told_by": message.source, "message": message.external_id}
    is_waived = check.state == CheckState.WAIVED
    told = transitions.take_report(
        check, state=state, reason=reason, source=Source.API, seen_at=message.occurred_at, now=now, evidence=evidence
    )
    if is_waived:
        return "waived: kept for the file's history only"
    return {
        ReportOutcome.KEPT: "older than what is known",
        ReportOutcome.CONTRADICTS: "contradicts what is settled: flagged",
    }.get(told, f"{check.kind}: {state.value}")


def _relationship(message: Inbound, event: str, now: dt.datetime) -> str:
    """Wake the checks of a changed relationship. The list itself shows what changed."""
    check = _check(message, Kind.RELATIONSHIP, Authority.MICROSOFT)
    resellers.disbelieve()
    return "looked at again" if requeueing.look_now(check, now=now) else "nobody looks at it by itself"


def _bounced(message: Inbound, _event: str, now: dt.datetime) -> str:
    status = _word(message, "status")
    if not re.fullmatch(r"5\.\d{1,3}\.\d{1,3}", status):
        return "not for good: the mail is not given up"
    number = _word(message, "message_id")
    found = re.match(r"<mail-(\d{1,18})@", number)
    mail = Mail.objects.filter(pk=int(found.group(1))).first() if found else None
    if mail is None or relay.message_id(mail) != number:
        raise NotKnownYetError("no such mail")
    if mail.refused_at:
        return "known already"
    said = f"{status} {_word(message, 'diagnostic', '')}"
    mail.refused_at, mail.answer = now, said[:300]
    mail.save(update_fields=["refused_at", "answer"])
    about = refusals.about(said, to_recipient=True)
    if about == refusals.About.US:  # it did not arrive, and the reader can do nothing about it
        return "came back because of us: staff see it among the mails"
    if about == refusals.About.ADDRESS:
        suppression.suppress(mail, now)
    partner_acts.mail_refused(mail, now)
    return "the address refuses"


def _told(message: Inbound, event: str, _now: dt.datetime) -> str:
    """Accept a delivery event (arrived, on its way, called spam), which has no effect."""
    return f"kept: {event}"


_DEEDS: tuple[tuple[str, Callable[[Inbound, str, dt.datetime], str]], ...] = (
    (r"validation\.(email|domain|legal_entity)\.updated", _validation),
    (r"marketplace\.account\.(activated|held|cancelled)", _marketplace),
    (r"provider\.relationship\.(active|removed)", _relationship),
    (r"email\.(bounced)", _bounced),
    (r"email\.(delivered|deferred|complained)", _told),
)


def _check(message: Inbound, kind: Kind, authority: Authority) -> Check:
    """Return the check of the enrollment that sells from the location in the message, under its company's lock."""
    number = _word(message, "location_mpn_id")
    submitted = Enrollment.objects.exclude(state="draft").filter(location_mpn_id=number)
    files = list(submitted.values_list("pk", flat=True)[:2])
    if len(files) != 1:
        raise NotKnownYetError("no submitted file, or more than one, has this location")
    check = locks.locked(
        Check.objects.select_related("enrollment").get(enrollment=files[0], kind=kind, authority=authority)
    )
    if not check.subject_key:
        raise NotKnownYetError("this check has not started")
    return check


def _word(message: Inbound, name: str, default: str | None = None) -> str:
    value = message.data.get(name, default)
    if not isinstance(value, str):
        raise ValueError(f"{name} is missing")
    return value
