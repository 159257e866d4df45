"""Wraps functions of the portal in this process. Production code knows nothing of it."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import AppConfig

FOLDER = Path(os.environ.get("SABOTAGE_FOLDER", "/nonexistent"))


class SabotageConfig(AppConfig):
    name = "tests.faults.fault_injection"
    label = "sabotage"

    def ready(self) -> None:
        wish = json.loads(os.environ.get("SABOTAGE", "{}"))
        if mutation := wish.get("mutation"):
            MUTATIONS[mutation]()
        for point, times in wish.get("points", {}).items():
            where, _, how = point.partition(":")
            POINTS[where](lambda p=point, t=times, h=how: _strike(p, t, h))
        if poison := wish.get("poison"):
            _poison({int(pk): how for pk, how in poison.items()})


# --- what is done -----------------------------------------------------------------------------------------------


def _strike(point: str, times: int, how: str) -> None:
    """Die here, or say that the database did not answer; ``times`` in all, whichever process comes by."""
    for number in range(times):
        try:
            (FOLDER / f"{point}.{number}".replace("/", "_")).touch(exist_ok=False)
        except FileExistsError:
            continue
        _do(how)
        return


def _do(how: str) -> Any:
    from django.db import OperationalError

    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "lie":
        raise OperationalError("sabotage: it was done, and nobody heard of it")
    if how == "raise":
        raise ZeroDivisionError("sabotage")
    if how == "hang":
        end = time.monotonic() + 600
        while time.monotonic() < end:  # work that never ends
            pass
    if how == "huge":
        return "x" * 1_000_000
    return object()  # nonsense


# --- where ------------------------------------------------------------------------------------------------------


def _wrap(module: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    setattr(module, name, make(getattr(module, name)))


def _after(module: Any, name: str, when: Callable[..., bool]) -> Callable[[Callable[[], None]], None]:
    def at(strike: Callable[[], None]) -> None:
        def make(real: Callable[..., Any]) -> Callable[..., Any]:
            def wrapped(*args: Any, **kwargs: Any) -> Any:
                result = real(*args, **kwargs)
                if when(result, *args, **kwargs):
                    strike()
                return result

            return wrapped

        _wrap(module, name, make)

    return at


def _before(module: Any, name: str, when: Callable[..., bool]) -> Callable[[Callable[[], None]], None]:
    def at(strike: Callable[[], None]) -> None:
        def make(real: Callable[..., Any]) -> Callable[..., Any]:
            def wrapped(*args: Any, **kwargs: Any) -> Any:
                if when(*args, **kwargs):
                    strike()
                return real(*args, **kwargs)

            return wrapped

        _wrap(module, name, make)

    return at


def _points() -> dict[str, Callable[[Callable[[], None]], None]]:
    from onboarding.domain.checks import recording, transitions
    from onboarding.enums import Kind
    from onboarding.models import Check
    from portal.notices.models import Mail
    from portal.work import bulk, claims

    def claimed(model: Any) -> Callable[..., bool]:
        return lambda result, asked, **_: bool(result) and asked is model

    return {
        "claim committed": _after(claims, "claim_due", claimed(Check)),
        "answer heard": _before(recording, "record_all", lambda *_, **__: True),
        "answer written, not committed": _after(
            bulk, "update", lambda result, rows, fields: any(isinstance(row, Check) for row in rows)
        ),
        "mails written, not committed": _after(
            transitions,
            "follow_moves",
            lambda _, moved, *__, **___: any(move.check.kind == Kind.EMAIL for move in moved),
        ),
        "answer committed": _after(recording, "record_all", lambda result, *_, **__: bool(result)),
        "mail claimed": _after(claims, "claim_due", claimed(Mail)),
        "mail sent": _before(claims, "settle", lambda claim, **_: claim.model is Mail),
        "mail settled": _after(claims, "settle", lambda result, claim, **_: bool(result) and claim.model is Mail),
    }


class _Points:
    def __getitem__(self, name: str) -> Callable[[Callable[[], None]], None]:
        return _points()[name]


POINTS = _Points()


def _poison(poisoned: dict[int, str]) -> None:
    from onboarding.work import checks

    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda check, now: _do(poisoned[check.pk]) if check.pk in poisoned else real(check, now)

    _wrap(checks, "_ask", make)


# --- safeties taken out -----------------------------------------------------------------------------------------


def _without_fence() -> None:
    from portal.work import claims

    claims.held = lambda claim: claim.model._default_manager.filter(pk=claim.pk)
    claims.is_held = lambda row, claim: True


def _without_attempt_at_claim() -> None:
    from portal.work import claims

    assert "attempt = row.attempt + 1" in claims._CLAIM
    claims._CLAIM = claims._CLAIM.replace("attempt = row.attempt + 1", "attempt = row.attempt")


def _without_outbox() -> None:
    """Mail is sent where it is written: inside the transaction, before anybody knows whether it will be committed."""
    from django.conf import settings
    from django.core.mail import get_connection

    from portal.notices import letters, outbox, relay
    from portal.notices.models import QUEUE, Mail

    def send(*, to: str, subject: str, text: str, key: str, now: Any, html: str = "", **_: Any) -> None:
        subject = letters.one_line(subject)
        mail = Mail.objects.create(key=key, to=to, subject=subject, text=text, html=html, queue=QUEUE, sent_at=now)
        relay._message(mail, get_connection(settings.MAIL_TRANSPORT)).send()

    outbox.put = send


MUTATIONS: dict[str, Callable[[], None]] = {
    "no fence": _without_fence,
    "no attempt at claim": _without_attempt_at_claim,
    "no outbox": _without_outbox,
}
