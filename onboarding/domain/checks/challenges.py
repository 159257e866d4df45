"""Prove a mailbox by link or code, prove a domain by a TXT record.

Mail scanners open links before the person does, so only a POST in the person's own session confirms. Source:
[owasp-input-validation] (single use, limited in time), [scanners-follow-links], [domain-verification-draft] (record).
"""

import base64
import datetime as dt
import hashlib
import hmac
import secrets

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils.crypto import salted_hmac

from onboarding.domain import history
from onboarding.models import Check, DomainChallenge, MailboxChallenge
from onboarding.models.challenge import RECORD_LIFE
from portal.accounts.models import User
from portal.notices import outbox
from portal.partners.models import Membership, Role

LINK_LIFE = dt.timedelta(hours=24)

BETWEEN_SENDINGS = dt.timedelta(seconds=60)
SENDINGS_A_DAY = 5
SENDINGS_A_DAY_PER_PARTNER = 20
WRONG_CODES = 5


class TooSoonError(Exception):
    """A message was sent a moment ago, or too many today. ``wait`` is the time to the next one."""

    def __init__(self, wait: dt.timedelta) -> None:
        super().__init__(str(wait))
        self.wait = wait


class ChallengeGoneError(Exception):
    """The link or code is unknown, expired, replaced by a newer one, or another company's."""


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
        code_hash=_hash_code(code),
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
            "name": enrollment.contact_first_name,
            "link": settings.SITE_URL + reverse("onboarding:confirm_mailbox", args=[token]),
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


def find_by_token(*, token: str, user: User, now: dt.datetime) -> MailboxChallenge:
    """Return the challenge behind a link, if it belongs to one of the user's companies; a used one is returned too.

    Raises: ChallengeGoneError: for every cause, so that nobody learns anything by trying.
    """
    challenge = (
        MailboxChallenge.objects.select_related("check_row__enrollment__partner")
        .filter(
            token_hash=_hash(token),
            replaced_at=None,
            expires_at__gt=now,
            check_row__enrollment__partner__memberships__in=Membership.objects.filter(user=user).exclude(
                role=Role.VIEWER
            ),
        )
        .first()
    )
    if challenge is None:
        raise ChallengeGoneError
    return challenge


def use(*, challenge: MailboxChallenge, now: dt.datetime) -> bool:
    """Mark the challenge as used. Return False if it was used before."""
    return bool(MailboxChallenge.objects.filter(pk=challenge.pk, used_at=None, replaced_at=None).update(used_at=now))


def check_code(*, check: Check, code: str, now: dt.datetime) -> MailboxChallenge:
    """Return the open challenge, if ``code`` is its code; a wrong one is counted.

    Raises: ChallengeGoneError, WrongCodeError.
    """
    challenge = open_mailbox_challenge(check)
    if challenge is None or challenge.expires_at <= now:
        raise ChallengeGoneError
    # The try is counted before the code is compared, so that parallel requests have five tries at most, too.
    tries = MailboxChallenge.objects.filter(pk=challenge.pk, wrong_codes__lt=WRONG_CODES)
    if not tries.update(wrong_codes=F("wrong_codes") + 1):
        raise ChallengeGoneError
    if not hmac.compare_digest(_hash_code(code), challenge.code_hash):
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


def _hash_code(code: str) -> str:
    # A person with the table could try all eight digits quickly, so the hash has a key from outside of it.
    digits = "".join(c for c in code if c.isdigit())
    return salted_hmac("onboarding.mailbox-code", digits, algorithm="sha256").hexdigest()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
