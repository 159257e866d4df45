"""Addresses that refuse for good: writing to them again harms our name with every relay, and tells nobody anything."""

import datetime as dt
import re

from django.contrib.postgres.functions import TransactionNow
from django.db.models import Subquery

from portal.notices.models import Mail, Suppression

# 5.1 (no such address) and 5.2 (its mailbox). Anything else, as 5.7 (policy), is about us or the message.
_ABOUT_THE_ADDRESS = re.compile(r"(?:\D|^)5\.[12]\.\d{1,3}")
_ENHANCED = re.compile(r"(?:\D|^)[245]\.\d{1,3}\.\d{1,3}")


def note_refusal(mail: Mail, now: dt.datetime) -> None:
    """Suppress the address if its server's answer is about the address. Without an enhanced code, 550 and 551 are."""
    if _ABOUT_THE_ADDRESS.search(mail.answer) or (
        not _ENHANCED.search(mail.answer) and mail.answer.startswith(("550", "551"))
    ):
        Suppression.objects.bulk_create(
            [Suppression(address=_key(mail.to), since=now, answer=mail.answer[:300])], ignore_conflicts=True
        )


def why_not(address: str) -> str:
    """Why nothing is sent there: what its server answered; empty if it may be written to."""
    found = of(address)
    return f"suppressed: {found.answer}"[:300] if found else ""


def of(address: str) -> Suppression | None:
    """Since when nothing is sent there, and what its server answered; None if it may be written to."""
    return Suppression.objects.filter(pk=_key(address)).first()


def answer_of(address: str) -> Subquery:
    """Its server's answer, as a part of another query; null if the address may be written to."""
    return Subquery(Suppression.objects.filter(pk=_key(address)).values("answer"))


def lift(address: str) -> None:
    """Somebody entered this address: it has its chance again."""
    Suppression.objects.filter(pk=_key(address)).delete()


def send_again(mail: Mail) -> bool:
    """Free the address and queue the mail again; False for one with a link or code, which is void by now."""
    lift(mail.to)
    if mail.secret:
        return False
    rows = Mail.objects.filter(pk=mail.pk, refused_at__isnull=False)
    fresh = {"sent_at": None, "refused_at": None, "answer": "", "attempt": 0, "errors": 0}
    return bool(rows.update(**fresh, next_check_at=TransactionNow()))


def _key(address: str) -> str:
    return address.strip().lower()
