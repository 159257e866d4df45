"""Addresses whose readers want no further invitation: neither from a company nor from Ingram Micro."""

import datetime as dt
from collections.abc import Iterable

from portal.accounts import addresses
from portal.partners.models import InvitationStop


def stop(address: str, *, now: dt.datetime) -> None:
    """Let nobody invite this address again. Twice changes nothing."""
    InvitationStop.objects.get_or_create(address=addresses.clean(address), defaults={"since": now})


def is_stopped(address: str) -> bool:
    return InvitationStop.objects.filter(pk=addresses.clean(address)).exists()


def among(found: Iterable[str]) -> set[str]:
    """Return those of these addresses (in lower case) that want no invitation."""
    return set(InvitationStop.objects.filter(pk__in=list(found)).values_list("pk", flat=True))
