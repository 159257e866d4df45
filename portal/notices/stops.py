"""Addresses whose owners want no mail that companies have us write: invitations, tasks, confirmations."""

import datetime as dt
from collections.abc import Iterable

from portal.notices.models import MailStop


class StoppedError(Exception):
    """The owner of the address asked for no such mail: nothing was written."""


def stop(address: str, *, now: dt.datetime) -> bool:
    """Write to the address no more for companies. Return False if that held already."""
    rows = [MailStop(address=_key(address), since=now)]
    is_new = not is_stopped(address)
    MailStop.objects.bulk_create(rows, ignore_conflicts=True)
    return is_new


def is_stopped(address: str) -> bool:
    return MailStop.objects.filter(pk=_key(address)).exists()


def among(addresses: Iterable[str]) -> set[str]:
    """Return those of these addresses (in lower case) that want no such mail."""
    return set(MailStop.objects.filter(pk__in=list(addresses)).values_list("pk", flat=True))


def refuse(address: str) -> None:
    """Raises: StoppedError."""
    if is_stopped(address):
        raise StoppedError


def lift(address: str) -> None:
    """Allow such mail again: the owner of the address made an account for it."""
    MailStop.objects.filter(pk=_key(address)).delete()


def _key(address: str) -> str:
    return address.strip().lower()
