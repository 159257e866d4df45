"""A person's sessions: where they are signed in, how to end one, and how long one lasts.

What a session needs at every request is in the session itself (``since``, ``seen``, ``idle``), so that no request costs
a query more. A row of ``SignedIn`` names the session for its owner's page.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet

from portal.accounts.models import SignedIn, User

IDLE = dt.timedelta(hours=8)
IDLE_OF_STAFF = dt.timedelta(minutes=30)
LONGEST = dt.timedelta(hours=12)
NOTED_EVERY = dt.timedelta(minutes=5)
KEPT = dt.timedelta(days=2)

# Functions of apps above: whether a person sees other companies' data, so that a session left alone ends sooner.
PRIVILEGED: list[Callable[[User], bool]] = [lambda user: user.is_staff]

# The first that is found names the browser and the system; order matters, because each copies its predecessors' names.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


_ROW = "signed_in"  # the key of a session changes with the password; the number of its row does not


@dataclass(frozen=True)
class OwnSession:
    """A session as its owner's page shows it."""

    pk: int
    device: str
    since: dt.datetime
    seen: dt.datetime
    is_current: bool


def begin(session: Any, *, user: User, user_agent: str, now: dt.datetime) -> None:
    """Note a sign-in in its session and for its owner's page."""
    idle = IDLE_OF_STAFF if any(is_privileged(user) for is_privileged in PRIVILEGED) else IDLE
    session["since"] = session["seen"] = now.timestamp()
    session["idle"] = idle.total_seconds()
    if session.session_key is None:
        session.save()
    row, _is_new = SignedIn.objects.update_or_create(
        session_key=session.session_key,
        defaults={"user": user, "device": device_of(user_agent), "since": now, "ended_at": None},
    )
    session[_ROW] = row.pk


def is_over(session: Any, *, now: dt.datetime) -> bool:
    """Return whether the session was left alone too long or lasted too long. One of a former version never is."""
    since, seen, idle = (session.get(name) for name in ("since", "seen", "idle"))
    if since is None or seen is None or idle is None:
        return False
    at = now.timestamp()
    return bool(at - seen > idle or at - since > LONGEST.total_seconds())


def note(session: Any, *, now: dt.datetime) -> None:
    """Note that the session is used; every five minutes is enough."""
    seen = session.get("seen")
    if seen is not None and now.timestamp() - seen > NOTED_EVERY.total_seconds():
        session["seen"] = now.timestamp()


def has_new_key(session: Any, before: str | None) -> None:
    """Let the owner's page follow a session whose key was changed."""
    if before and session.session_key and before != session.session_key:
        SignedIn.objects.filter(session_key=before).update(session_key=session.session_key)


def of_user(user: User, *, current: str | None, now: dt.datetime) -> list[OwnSession]:
    """Return the sessions in which the person is signed in, this one first, then by when they were used."""
    rows = {row.session_key: row for row in _open(user)}
    found = []
    for stored in Session.objects.filter(session_key__in=list(rows), expire_date__gt=now):
        data, row = stored.get_decoded(), rows[stored.session_key]
        if data.get("_auth_user_hash") == user.get_session_auth_hash() and not is_over(data, now=now):
            seen = dt.datetime.fromtimestamp(data.get("seen", row.since.timestamp()), tz=dt.UTC)
            found.append(OwnSession(row.pk, row.device, row.since, seen, stored.session_key == current))
    return sorted(found, key=lambda one: (not one.is_current, -one.seen.timestamp()))


@transaction.atomic
def end(*, user: User, number: int, now: dt.datetime) -> bool:
    """End one session of the person. Return False if it is not theirs; twice changes nothing."""
    row = SignedIn.objects.filter(user=user, pk=number).first()
    if row is None:
        return False
    _end(SignedIn.objects.filter(pk=row.pk, ended_at=None), now)
    return True


@transaction.atomic
def end_others(*, user: User, session: Any = None, now: dt.datetime) -> int:
    """End every session of the person but this one, if there is one. Return how many."""
    own = session.get(_ROW) if session is not None else None
    return _end(_open(user).exclude(pk=own or 0), now)


def device_of(user_agent: str) -> str:
    """Return browser and system as people know them: "Firefox, Windows"; '' for what we do not recognise."""
    text = re.sub(r"[^\x20-\x7e]", "", user_agent[:500])
    browser = next((name for sign, name in _BROWSERS if sign in text), "")
    system = next((name for sign, name in _SYSTEMS if sign in text), "")
    return ", ".join(filter(None, (browser, system)))


def _open(user: User) -> QuerySet[SignedIn]:
    return SignedIn.objects.filter(user=user, ended_at=None)


def _end(rows: QuerySet[SignedIn], now: dt.datetime) -> int:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    keys = list(rows.values_list("session_key", flat=True))
    for key in keys:
        store.delete(key)
    rows.filter(session_key__in=keys).update(ended_at=now)
    return len(keys)
