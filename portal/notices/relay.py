"""Send due mail at least once. The Message-ID is made from the row, so that a receiver can recognise a repeat.

Only a 5xx answer about this recipient or this message is final (``refusals``); everything else (silence, a refused
password, our quota, 4xx) is a failure of ours or of the server and is tried again. Microsoft Graph's answers become the
exceptions of smtplib (``exchange_online``). An address that refused for good gets nothing more (``suppression``).
"""

import datetime as dt
import logging
import random
import smtplib
import time
from collections.abc import Callable

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Q

from portal.notices import exchange_online, refusals, suppression, unsubscribe
from portal.notices.models import QUEUE, Mail
from portal.notices.refusals import About
from portal.work import claims, pace
from portal.work.backoff import back_off
from portal.work.kinds import Rate, WorkKind
from portal.work.loop import do_claim

log = logging.getLogger(__name__)

DAYS_OF_TRYING = 3
ITS_TURN = dt.timedelta(seconds=1)  # that a mail waits for the one before it
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)

# Called with (mail, now) when an address refuses for good; apps add functions in ``AppConfig.ready``.
on_refused: list[Callable[[Mail, dt.datetime], None]] = []


def send_due(*, limit: int, now: Callable[[], dt.datetime], until: float = float("inf")) -> int:
    """Claim and send up to ``limit`` mails, one claim at a time. Return how many were claimed.

    All go through one connection. None is started after ``until`` (``time.monotonic``).
    """
    connection = get_connection(settings.MAIL_TRANSPORT)
    taken = 0
    try:
        while taken < limit and time.monotonic() < until:
            due = claims.claim_due(Mail, queue=QUEUE, limit=1)
            if not due:
                break
            taken += 1
            do_claim(KIND, due[0], lambda claim, mail: _send(claim, mail, connection, now))
    finally:
        connection.close()
    return taken


def _send(claim: claims.Claim, mail: Mail, connection: BaseEmailBackend, now: Callable[[], dt.datetime]) -> None:
    if _waits_for_another(mail):
        claims.settle(claim, next_check_at=now() + ITS_TURN)
    elif why_not := suppression.why_not(mail.to):
        _refused(claim, mail, why_not, now())
    else:
        _deliver(claim, mail, connection, now)


KIND = WorkKind(
    name="mail",
    model=Mail,
    queues={QUEUE: Rate(20, 40)},
    task="notices.send_due",
    # Takes its own claims: several mails share one connection, and each is claimed just before it is sent.
    take=lambda until: send_due(limit=20, now=claims.database_now, until=until),
    longest_back_off=600,
)


def _waits_for_another(mail: Mail) -> bool:
    """Return True when another relay sends, or will soon send, an earlier mail of this thread to this reader.

    A mail that the server deferred blocks no other: the next one may be accepted, and news out of order is better than
    late news.
    """
    if not mail.thread:
        return False
    unsent = Mail.objects.filter(thread=mail.thread, next_check_at__isnull=False, parked_at=None)
    under_way = Q(lease_until__isnull=False) | Q(errors=0, attempt=0)
    return unsent.filter(under_way, to=mail.to, pk__lt=mail.pk).exists()


def _deliver(claim: claims.Claim, mail: Mail, connection: BaseEmailBackend, now: Callable[[], dt.datetime]) -> None:
    try:
        connection.open()
        _message(mail, connection).send()
    except smtplib.SMTPRecipientsRefused as refused:
        code, answer = next(iter(refused.recipients.values()))
        _close_if_sent_away(connection, code)
        _refused_or_later(claim, mail, code, _text(answer), now(), to_recipient=True)
    except smtplib.SMTPDataError as error:
        _close_if_sent_away(connection, error.smtp_code)
        _refused_or_later(claim, mail, error.smtp_code, _text(error.smtp_error), now())
    except exchange_online.TooOften as error:
        connection.close()
        claims.close_queue(QUEUE, until=error.until)
        _later(claim, mail, str(error), now(), at_least=error.until)
    except (OSError, smtplib.SMTPException) as error:
        connection.close()
        claims.queue_failed(QUEUE, now=now())
        _later(claim, mail, f"{type(error).__name__}: {error}", now())
    else:
        wiped = {"text": "", "html": ""} if mail.secret else {}
        claims.queue_answered(QUEUE)
        claims.settle(claim, next_check_at=None, expect=None, sent_at=now(), answer="", **wiped)


def _close_if_sent_away(connection: BaseEmailBackend, code: int) -> None:
    # After 421 smtplib has closed the connection; Django's connection does not notice.
    if code == 421:
        connection.close()


def message_id(mail: Mail) -> str:
    """Return one Message-ID for all tries of this mail, unique among systems."""
    return f"<mail-{mail.pk}@{_domain()}>"


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")


def _message(mail: Mail, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    headers = {"Message-ID": message_id(mail), "Auto-Submitted": "auto-generated"}
    if mail.thread:
        # This first message was never sent: mail programs group the replies to it even so.
        headers["References"] = headers["In-Reply-To"] = f"<{mail.thread}@{_domain()}>"
    headers |= unsubscribe.headers(mail)
    message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to], headers=headers, connection=connection)
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def _text(answer: bytes | str) -> str:
    return answer if isinstance(answer, str) else answer.decode(errors="replace")


def _refused_or_later(
    claim: claims.Claim, mail: Mail, code: int, answer: str, now: dt.datetime, *, to_recipient: bool = False
) -> None:
    said = f"{code} {answer}"
    about = refusals.about(said, to_recipient=to_recipient) if code >= 500 else None
    if about == About.US:
        claims.queue_failed(QUEUE, now=now)
    else:
        claims.queue_answered(QUEUE)
    if about in (None, About.US):
        _later(claim, mail, said, now)
        return
    with transaction.atomic():
        _refused(claim, mail, said[:300], now)
        if about == About.ADDRESS:
            suppression.suppress(mail, now)


@transaction.atomic
def _refused(claim: claims.Claim, mail: Mail, answer: str, now: dt.datetime) -> None:
    mail.answer = answer
    if claims.settle(claim, next_check_at=None, refused_at=now, answer=mail.answer):
        for tell in on_refused:
            tell(mail, now)


def _later(
    claim: claims.Claim, mail: Mail, answer: str, now: dt.datetime, *, at_least: dt.datetime | None = None
) -> None:
    if now - mail.created_at > dt.timedelta(days=DAYS_OF_TRYING):
        claims.park(claim, why=answer, now=now)
        return
    wait = pace.rest(back_off(mail.errors + 1, base=60, cap=6 * 3600, rng=_RNG))
    # The first sign of a relay that takes nothing: an expired secret, a full queue.
    log.warning("mail %s waits: %s", mail.pk, answer)
    until = max(now + max(wait, dt.timedelta(seconds=1)), at_least or now)
    claims.postpone(claim, until=until, answer=answer[:300])
