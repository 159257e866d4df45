"""Addresses that refuse mail for good.

To write to them again harms our reputation with mail servers and reaches nobody.
"""

import datetime as dt

from django.contrib.postgres.functions import TransactionNow
from django.db.models import Subquery

from portal.notices.models import Mail, Suppression


def suppress(mail: Mail, now: dt.datetime) -> None:
    """Suppress the address of a mail, with the server's answer that says it does not exist."""
    Suppression.objects.bulk_create(
        [Suppression(address=_key(mail.to), since=now, answer=mail.answer[:300])], ignore_conflicts=True
    )


def why_not(address: str) -> str:
    """Return the server's answer that suppressed the address; '' if mail may be sent."""
    found = of(address)
    return f"suppressed: {found.answer}"[:300] if found else ""


def of(address: str) -> Suppression | None:
    """Return the suppression of the address, with its date and the server's answer; None if mail may be sent."""
    return Suppression.objects.filter(pk=_key(address)).first()


def answer_of(address: str) -> Subquery:
    """Return a subquery for the server's answer; null if mail may be sent."""
    return Subquery(Suppression.objects.filter(pk=_key(address)).values("answer"))


def lift(address: str) -> None:
    """Allow mail to an address that somebody entered again."""
    Suppression.objects.filter(pk=_key(address)).delete()


def send_again(mail: Mail) -> bool:
    """Free the address and queue the mail again. Return False for a mail with a link or code, which is void by now."""
    lift(mail.to)
    if mail.secret:
        return False
    rows = Mail.objects.filter(pk=mail.pk, refused_at__isnull=False)
    fresh = {"sent_at": None, "refused_at": None, "answer": "", "attempt": 0, "errors": 0}
    return bool(rows.update(**fresh, next_check_at=TransactionNow()))


def _key(address: str) -> str:
    return address.strip().lower()
