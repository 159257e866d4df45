"""A log line for each sign-in, each try that failed, each sign-out, and each change of what a person signs in with.

A line names an account by its number, never by its address. From where somebody came is in the proxy's own log, under
the same request id. Source: [asvs] V16.3.1.
"""

import logging
from collections.abc import Callable
from typing import Any

from allauth.account import signals as of_accounts
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as of_factors
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import Signal

from portal.accounts.models import User

log = logging.getLogger("portal.security")

SIGNALS: tuple[tuple[Signal, int, str], ...] = (
    (user_logged_out, logging.INFO, "signed out"),
    (of_accounts.password_changed, logging.INFO, "password changed"),
    (of_accounts.password_set, logging.INFO, "password set"),
    (of_accounts.password_reset, logging.INFO, "password reset"),
    (of_factors.authenticator_added, logging.INFO, "second factor added"),
    (of_factors.authenticator_removed, logging.INFO, "second factor removed"),
    (of_factors.authenticator_reset, logging.INFO, "second factor made again"),
    (of_factors.authenticator_used, logging.INFO, "second factor accepted"),
    (of_factors.authentication_failed, logging.WARNING, "second factor refused"),
)


def connect() -> None:
    """Write a line for each of these signals from now on."""
    user_logged_in.connect(_signed_in)
    user_login_failed.connect(_failed)
    for signal, level, words in SIGNALS:
        signal.connect(_telling(level, words), weak=False, dispatch_uid=f"security log: {words}")


def _telling(level: int, words: str) -> Callable[..., None]:
    def tell(sender: Any, user: Any = None, authenticator: Any = None, **kwargs: Any) -> None:
        about = [str(getattr(user, "pk", None)), getattr(authenticator, "type", "")]
        log.log(level, "%s: account %s", words, " ".join(filter(None, about)))

    return tell


def _signed_in(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    given = get_authentication_records(request, user) if hasattr(request, "session") else []
    ways = [str(record.get("type") or record.get("provider") or record["method"]) for record in given]
    log.info("signed in: account %s by %s", user.pk, " and ".join(ways) or "no recorded proof")


def _failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    address = str(credentials.get("email") or credentials.get("username") or "")
    account = User.objects.filter(email=address.lower()).values_list("pk", flat=True).first()
    log.warning("sign-in failed: account %s", account)
