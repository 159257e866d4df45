"""Send what is due. At least once: the Message-ID is made from the row, so that a receiver can tell a repeat.

4xx answers and silence are tried again, 5xx answers are final (domain/verification.md 1.6).
"""

import datetime as dt
import random
import smtplib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from portal.notices.models import LANE, Mail
from portal.work import claims
from portal.work.waits import back_off

SMTP = "django.core.mail.backends.smtp.EmailBackend"
DAYS_OF_TRYING = 3
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)

# Called with (mail, server's answer) when an address refuses for good; apps add themselves (``AppConfig.ready``).
on_refused: list[Callable[[Mail, dt.datetime], None]] = []


def send_due(*, limit: int, now: Callable[[], dt.datetime]) -> int:
    """Claim and send up to ``limit`` mails; returns how many were claimed."""
    taken = claims.claim_due(Mail, lane=LANE, limit=limit)
    with _connection() as connection:
        for claim in taken:
            _send(claim, connection, now)
    return len(taken)


def _connection() -> "_Lazy":
    return _Lazy(get_connection(SMTP))


class _Lazy:
    """Opens on the first mail, closes at the end; a refused connection fails the mail, not the batch."""

    def __init__(self, backend: BaseEmailBackend) -> None:
        self.backend = backend

    def __enter__(self) -> BaseEmailBackend:
        return self.backend

    def __exit__(self, *exc: object) -> None:
        self.backend.close()


def _send(claim: claims.Claim, connection: BaseEmailBackend, now: Callable[[], dt.datetime]) -> None:
    mail = claims.held(claim).first()
    if mail is None:
        return
    if claim.attempt > settings.WORK_MAX_ATTEMPTS:
        claims.park(claim, why="no answer after several claims", now=now())
        return
    try:
        _message(mail, connection).send()
    except smtplib.SMTPRecipientsRefused as refused:
        code, answer = next(iter(refused.recipients.values()))
        _refused_or_later(claim, mail, code, answer.decode(errors="replace"), now())
    except smtplib.SMTPResponseException as error:
        text = error.smtp_error if isinstance(error.smtp_error, str) else error.smtp_error.decode(errors="replace")
        _refused_or_later(claim, mail, error.smtp_code, text, now())
    except (OSError, smtplib.SMTPException) as error:
        _later(claim, mail, f"{type(error).__name__}: {error}", now())
    else:
        wiped: dict[str, Any] = {"text": "", "html": ""} if mail.secret else {}
        claims.settle(claim, next_check_at=None, sent_at=now(), answer="", **wiped)


def _message(mail: Mail, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    headers = {"Message-ID": f"<mail-{mail.pk}@{domain}>", "Auto-Submitted": "auto-generated"}
    if mail.thread:
        headers["References"] = f"<{mail.thread}@{domain}>"
    message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to], headers=headers, connection=connection)
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def _refused_or_later(claim: claims.Claim, mail: Mail, code: int, answer: str, now: dt.datetime) -> None:
    if code < 500:
        _later(claim, mail, f"{code} {answer}", now)
        return
    mail.answer = f"{code} {answer}"[:300]
    if claims.settle(claim, next_check_at=None, refused_at=now, answer=mail.answer):
        for tell in on_refused:
            tell(mail, now)


def _later(claim: claims.Claim, mail: Mail, answer: str, now: dt.datetime) -> None:
    if now - mail.created_at > dt.timedelta(days=DAYS_OF_TRYING):
        claims.park(claim, why=answer, now=now)
        return
    wait = back_off(mail.errors + 1, base=60, cap=6 * 3600, rng=_RNG) * min(settings.WAITING_PACE * 10, 1)
    claims.postpone(claim, until=now + max(wait, dt.timedelta(seconds=1)))
