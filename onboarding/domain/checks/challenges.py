"""Prove a mailbox by link or code, prove a domain by a TXT record.

The link's reader needs no account: the token is the right, and it works once. Mail scanners open links before the
person does, so only a POST confirms. Source: [owasp-input-validation] (single use, limited in time),
[scanners-follow-links], [domain-verification-draft] (record).
"""

import base64
import datetime as dt
import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from enum import StrEnum

from django.conf import settings
from django.db.models import F
from django.urls import reverse

from onboarding.domain import history
from onboarding.models import Check, DomainChallenge, Enrollment, MailboxChallenge
from onboarding.models.challenge import RECORD_LIFE
from portal import keyed_hash, limits
from portal.accounts.models import User
from portal.limits import Limited, Scope
from portal.notices import outbox

LINK_LIFE = dt.timedelta(hours=24)
BETWEEN_SENDINGS = dt.timedelta(seconds=60)
SENDINGS_A_DAY = limits.most(Limited.RESEND, Scope.ADDRESS)
SENDINGS_A_DAY_PER_PARTNER = limits.most(Limited.RESEND, Scope.COMPANY)
WRONG_CODES = 5


class TooSoonError(Exception):
    """A message was sent a moment ago, or too many today. ``wait`` is the time to the next one."""

    def __init__(self, wait: dt.timedelta) -> None:
        super().__init__(str(wait))
        self.wait = wait


class ChallengeGoneError(Exception):
    """The code is expired, or replaced by a newer one."""


class WrongCodeError(Exception):
    """The code is not the one sent; ``left`` tries remain before a new message is needed."""

    def __init__(self, left: int) -> None:
        super().__init__(str(left))
        self.left = left


def send_mailbox_challenge(*, check: Check, address: str, language: str, now: dt.datetime) -> MailboxChallenge:
    """Send a message with link and code. The one before stops working.

    Raises: TooSoonError.
    """
    refuse_too_many(check, address, now)
    void_mailbox_challenge(check, now=now)
    token, code = secrets.token_urlsafe(32), f"{secrets.randbelow(10**8):08d}"
    challenge = MailboxChallenge.objects.create(
        check_row=check,
        address=address,
        token_hash=_hash(token),
        code_hash=keyed_hash.digest(_CODES, _digits(code)),
        sent_at=now,
        expires_at=now + LINK_LIFE,
    )
    enrollment = check.enrollment
    outbox.write(
        "confirm_mailbox",
        to=address,
        language=language,
        context={
            "partner": str(enrollment.partner),
            "country": enrollment.country,
            "asker": str(asker_of(enrollment)),
            "name": enrollment.contact_first_name,
            "link": f"{settings.SITE_URL}{reverse('onboarding:confirm_mailbox', args=[token])}?lang={language}",
            "code": f"{code[:4]} {code[4:]}",
            "hours": LINK_LIFE.total_seconds() // 3600,
        },
        key=f"confirm-mailbox-{challenge.pk}",
        thread=f"enrollment-{enrollment.pk}",
        about=f"mailbox-challenge:{challenge.pk}",
        secret=True,
        now=now,
    )
    history.add(enrollment, "mail_sent", at=now, check=check)
    return challenge


def refuse_too_many(check: Check, address: str, now: dt.datetime) -> None:
    """Check the limits of messages. Raises: TooSoonError."""
    day = MailboxChallenge.objects.filter(sent_at__gt=now - dt.timedelta(days=1))
    latest = day.filter(check_row=check).order_by("-sent_at").first()
    if latest and now - latest.sent_at < BETWEEN_SENDINGS:
        raise TooSoonError(BETWEEN_SENDINGS - (now - latest.sent_at))
    of_partner = day.filter(check_row__enrollment__partner_id=check.enrollment.partner_id).count()
    if day.filter(address=address).count() >= SENDINGS_A_DAY or of_partner >= SENDINGS_A_DAY_PER_PARTNER:
        raise TooSoonError(dt.timedelta(days=1))


def void_mailbox_challenge(check: Check, *, now: dt.datetime) -> None:
    """Void the link and code that were sent last."""
    check.mailbox_challenges.filter(used_at=None, replaced_at=None).update(replaced_at=now)


def open_mailbox_challenge(check: Check) -> MailboxChallenge | None:
    return check.mailbox_challenges.filter(used_at=None, replaced_at=None).first()


class LinkState(StrEnum):
    """What a confirmation link can still do."""

    OPEN = "open"
    NOT_ASKED = "not_asked"
    USED = "used"
    DECLINED = "declined"
    REPLACED = "replaced"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    MALFORMED = "malformed"


@dataclass(frozen=True)
class Link:
    """A confirmation link, with what it can still do; ``challenge`` is None if we never sent this link."""

    state: LinkState
    challenge: MailboxChallenge | None = None
    may_confirm: bool = False

    @property
    def is_current(self) -> bool:
        """Return whether the enrollment still names this address and waits for it."""
        if self.challenge is None:
            return False
        check = self.challenge.check_row
        return self.challenge.address == check.enrollment.contact_email and not check.is_settled


def read_link(*, token: str, now: dt.datetime) -> Link:
    """Return the link of this token and its state. No account is needed: only the reader of our message has the token.

    Source: [owasp-input-validation].
    """
    if not _TOKEN.fullmatch(token):
        return Link(LinkState.MALFORMED)
    rows = MailboxChallenge.objects.select_related(
        "check_row__enrollment__partner", "check_row__enrollment__country",
        "check_row__enrollment__created_by", "check_row__enrollment__submitted_by",
    )  # fmt: skip
    challenge = rows.filter(token_hash=_hash(token)).first()
    if challenge is None:
        return Link(LinkState.UNKNOWN)
    still_works = challenge.used_at is None and challenge.replaced_at is None and challenge.expires_at > now
    link = Link(_state_of(challenge, now), challenge, may_confirm=still_works)
    # The check has ended in another way: Microsoft has decided, or a BDM has.
    return replace(link, state=LinkState.NOT_ASKED) if link.state == LinkState.OPEN and not link.is_current else link


_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def _state_of(challenge: MailboxChallenge, now: dt.datetime) -> LinkState:
    if challenge.used_at:
        return LinkState.USED
    if challenge.declined_at:
        return LinkState.DECLINED
    if challenge.replaced_at:
        return LinkState.REPLACED
    return LinkState.EXPIRED if challenge.expires_at <= now else LinkState.OPEN


def has_declined(check: Check, address: str) -> bool:
    """Return whether the reader of this address said that they are not the contact of this enrollment."""
    return check.mailbox_challenges.filter(address=address, declined_at__isnull=False).exists()


def decline(*, check: Check, address: str, now: dt.datetime) -> None:
    """Store that the reader of this address is not the contact: its codes stop, and it gets no further message."""
    check.mailbox_challenges.filter(address=address, used_at=None, declined_at=None).update(declined_at=now)


def asker_of(enrollment: Enrollment) -> User:
    """Return the person who named the contact: who submitted, or who started the enrollment."""
    return enrollment.submitted_by or enrollment.created_by


def use(*, challenge: MailboxChallenge, now: dt.datetime) -> bool:
    """Mark the challenge as used. Return False if it was used before.

    A reader who declined and confirms after all is the contact again.
    """
    if not MailboxChallenge.objects.filter(pk=challenge.pk, used_at=None, replaced_at=None).update(used_at=now):
        return False
    MailboxChallenge.objects.filter(check_row=challenge.check_row_id, address=challenge.address).update(
        declined_at=None
    )
    return True


def check_code(*, check: Check, code: str, now: dt.datetime) -> MailboxChallenge:
    """Return the open challenge, if ``code`` is its code; a wrong one is counted.

    Raises: ChallengeGoneError, WrongCodeError.
    """
    challenge = open_mailbox_challenge(check)
    if challenge is None or challenge.declined_at or challenge.expires_at <= now:
        raise ChallengeGoneError
    # The try is counted before the code is compared, so that parallel requests have five tries at most, too.
    tries = MailboxChallenge.objects.filter(pk=challenge.pk, wrong_codes__lt=WRONG_CODES)
    if not tries.update(wrong_codes=F("wrong_codes") + 1):
        raise ChallengeGoneError
    if not keyed_hash.is_of(challenge.code_hash, _CODES, _digits(code)):
        raise WrongCodeError(WRONG_CODES - challenge.wrong_codes - 1)
    MailboxChallenge.objects.filter(pk=challenge.pk).update(wrong_codes=F("wrong_codes") - 1)
    return challenge


def domain_challenge(*, check: Check, domain: str, now: dt.datetime, renew: bool = False) -> DomainChallenge:
    """Return the record to publish for this domain: the open one, or a new one if there is none (or ``renew``)."""
    current = check.domain_challenges.filter(replaced_at=None).first()
    if current and current.domain == domain and not renew:
        return current
    check.domain_challenges.filter(replaced_at=None).update(replaced_at=now)
    # 160 bits as 32 letters and digits, lower case: DNS forms change none of these characters.
    token = base64.b32encode(secrets.token_bytes(20)).decode().lower()
    return DomainChallenge.objects.create(
        check_row=check, domain=domain, token=token, made_at=now, expires_at=now + RECORD_LIFE
    )


# A person with the table could try all eight digits quickly, so the hash has a key from outside of it.
_CODES = "onboarding.mailbox-code"


def _digits(code: str) -> str:
    return "".join(c for c in code if c.isdigit())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
