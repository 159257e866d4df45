"""Send mail through Exchange Online, which takes no password of a program: by SMTP with a token, or by Microsoft Graph.

Both ways ask for the token of one application (``MAIL_CLIENT_ID``), and both raise the exceptions of smtplib, so that
the relay reads a refusal in one way.

Source: [exchange-smtp-oauth], [entra-client-credentials], [graph-send-mail].
"""

import base64
import datetime as dt
import smtplib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.utils import timezone

from portal import outbound

SMTP_SCOPE = "https://outlook.office365.com/.default"
OLD_SECONDS = 300.0  # before its end a token is no longer used: a mail takes its time
# What Graph says of a mail that no later try can change -> the code that SMTP has for it.
FINAL = {"ErrorInvalidRecipients": 550, "ErrorMessageSizeExceeded": 552}


class TooOften(smtplib.SMTPException):
    """Microsoft takes no further request before ``until`` (``Retry-After``)."""

    def __init__(self, said: str, until: dt.datetime) -> None:
        super().__init__(said)
        self.until = until


class SmtpWithToken(SmtpBackend):
    """Django's SMTP connection, which signs in with a token (XOAUTH2) as the mailbox ``SMTP_USER``."""

    def open(self) -> bool | None:
        # Without a password Django connects and signs in to nothing.
        self.password = ""
        opened = super().open()
        if opened and self.connection:
            try:
                self._sign_in(self.connection)
            except smtplib.SMTPAuthenticationError:
                _forget(SMTP_SCOPE)
                self.close()
                raise
            except Exception:
                self.close()
                raise
        return opened

    def _sign_in(self, connection: smtplib.SMTP) -> None:
        token = token_for(SMTP_SCOPE)

        def answer(challenge: bytes | None = None) -> str:
            # A challenge is Exchange's account of the error; the empty line asks for the code that goes with it.
            return f"user={self.username}\x01auth=Bearer {token}\x01\x01" if challenge is None else ""

        connection.ehlo_or_helo_if_needed()
        connection.auth("XOAUTH2", answer)


class GraphBackend(BaseEmailBackend):
    """Hands each message over to Graph as it is written (MIME), for the mailbox ``SMTP_USER``."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            self._send(message)
        return len(email_messages)

    def _send(self, message: EmailMessage) -> None:
        try:
            answer = outbound.request(
                "POST",
                f"{settings.ENTRA_GRAPH_URL}/users/{quote(settings.EMAIL_HOST_USER)}/sendMail",
                system=settings.ENTRA_GRAPH_URL,
                headers={"Authorization": f"Bearer {token_for(graph_scope())}", "Content-Type": "text/plain"},
                content=base64.b64encode(message.message().as_bytes(linesep="\r\n")),
                timeout=30,
            )
        except (outbound.Unreachable, outbound.AddressRefused, outbound.TooLarge) as error:
            raise smtplib.SMTPException(f"Graph: {type(error).__name__}: {error}") from error
        if answer.status == 202:
            return
        if answer.status == 401:
            _forget(graph_scope())
        _raise(answer, message)


def _raise(answer: outbound.Response, message: EmailMessage) -> None:
    body = _json(answer)
    error = body.get("error")
    said = error if isinstance(error, dict) else {}
    name, text = str(said.get("code") or ""), str(said.get("message") or "")
    code = FINAL.get(name)
    if code == 550:
        refusal = (code, f"{name}: {text}".encode())
        raise smtplib.SMTPRecipientsRefused(dict.fromkeys(message.recipients(), refusal))
    if code:
        raise smtplib.SMTPDataError(code, f"{name}: {text}")
    raise _trouble(answer, f"Graph: {answer.status} {name}: {text}")


def _trouble(answer: outbound.Response, said: str) -> smtplib.SMTPException:
    now = timezone.now()
    until = answer.retry_at(now)
    return TooOften(said, until) if until and until > now else smtplib.SMTPException(said)


@dataclass(frozen=True)
class _Token:
    text: str = field(repr=False)
    until: float  # time.monotonic


_tokens: dict[str, _Token] = {}
_lock = threading.Lock()


def graph_scope() -> str:
    """Return the scope of Graph's permissions in the configured cloud."""
    url = urlsplit(settings.ENTRA_GRAPH_URL)
    return f"{url.scheme}://{url.netloc}/.default"


def token_for(scope: str) -> str:
    """Return the application's token, kept until five minutes before its end.

    Raises: smtplib.SMTPException if none was given.
    """
    with _lock:
        kept = _tokens.get(scope)
        if kept is None or kept.until <= time.monotonic():
            kept = _tokens[scope] = _ask(scope)
    return kept.text


def _forget(scope: str) -> None:
    with _lock:
        _tokens.pop(scope, None)


def _ask(scope: str) -> _Token:
    form = {
        "client_id": settings.MAIL_CLIENT_ID,
        "client_secret": settings.MAIL_CLIENT_SECRET,
        "grant_type": "client_credentials",
        "scope": scope,
    }
    url = f"{settings.ENTRA_LOGIN_URL}/{settings.MAIL_TENANT}/oauth2/v2.0/token"
    try:
        answer = outbound.request("POST", url, system=settings.ENTRA_LOGIN_URL, data=form)
    except (outbound.Unreachable, outbound.AddressRefused, outbound.TooLarge) as error:
        raise smtplib.SMTPException(f"token: {type(error).__name__}: {error}") from error
    body = _json(answer)
    token, seconds = body.get("access_token"), body.get("expires_in")
    if answer.status != 200 or not isinstance(token, str) or not token:
        # The first line names the fault (AADSTS7000222: the secret has expired); the others are numbers of Microsoft's.
        said = str(body.get("error_description") or "").partition(" Trace ID")[0].partition("\n")[0]
        raise _trouble(answer, f"token: {answer.status} {said}"[:300])
    life = float(seconds) if isinstance(seconds, int | float) else 0.0
    return _Token(token, time.monotonic() + max(life - OLD_SECONDS, 0))


def _json(answer: outbound.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
