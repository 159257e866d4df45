"""Sign in to Partner Center for an account: access tokens kept, refresh tokens renewed and stored encrypted."""

import datetime as dt
import threading
import time
from typing import Any
from urllib.parse import quote

from django.conf import settings

from onboarding.connectors.base import (
    AccountRefusedError,
    PermanentError,
    QueueRefusedError,
    TemporaryError,
)
from onboarding.connectors.partner_center_answers import read_answer, text_of
from onboarding.domain.partner_center import accounts
from onboarding.domain.partner_center.accounts import Credentials
from onboarding.models import PartnerCenterAccount
from portal import encryption, outbound
from portal.work import pace

RESOURCE = "https://api.partnercenter.microsoft.com"


# A token is renewed before its end, so that none expires during a request.
TOKEN_SHARE = 0.9


class PartnerCenterTokens:
    """Access tokens of this process, one for each account (App+User, Secure Application Model)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, ...], tuple[str, float]] = {}
        self._refresh: dict[tuple[str, ...], str] = {}

    def current(self, credentials: Credentials, *, now: dt.datetime) -> str:
        """Return a valid token. Raises: TemporaryError, PermanentError."""
        with self._lock:
            token, until = self._known.get(_key(credentials), ("", 0.0))
            return token if time.monotonic() < until else self._fetch(credentials, now=now)

    def renewed(self, credentials: Credentials, *, now: dt.datetime, force: bool = False) -> str:
        """Return a new token. With ``force`` even while the account rests after a refusal.

        Raises: TemporaryError, PermanentError.
        """
        with self._lock:
            return self._fetch(credentials, now=now, force=force)

    def forget(self) -> None:
        with self._lock:
            self._known.clear()
            self._refresh.clear()

    def _fetch(self, credentials: Credentials, *, now: dt.datetime, force: bool = False) -> str:
        key = _key(credentials)
        self._known.pop(key, None)
        if credentials.account is None:
            # Removed first: if the newer token is refused, the configured one is tried next time.
            refresh = self._refresh.pop(key, "") or settings.PARTNER_CENTER_REFRESH_TOKEN
            body = sign_in(credentials, refresh, now=now)
            self._refresh[key] = text_of(body, "refresh_token")
        else:
            if credentials.rests_until and now < credentials.rests_until and not force:
                raise resting(credentials, credentials.why, until=credentials.rests_until)
            body = _sign_in_for_all(credentials, credentials.account, now=now)
        token, seconds = text_of(body, "access_token"), text_of(body, "expires_in")
        life = float(seconds) if seconds.isdigit() else 0.0  # documented as text, "3599"
        self._known[key] = token, time.monotonic() + life * TOKEN_SHARE
        return token


TOKENS = PartnerCenterTokens()


def _key(credentials: Credentials) -> tuple[str, ...]:
    own = (credentials.tenant, credentials.client_id, settings.PARTNER_CENTER_LOGIN_URL)
    secrets = (settings.PARTNER_CENTER_CLIENT_SECRET, settings.PARTNER_CENTER_REFRESH_TOKEN)
    return (str(credentials.account or ""), credentials.region, credentials.generation, *own, *secrets)


def _sign_in_for_all(credentials: Credentials, account: int, *, now: dt.datetime) -> dict[str, Any]:
    """Return an access token by the newest refresh token of all workers, and store the newer one for all of them.

    Raises: TemporaryError, PermanentError.
    """
    trouble: TemporaryError | PermanentError
    with accounts.held(account) as row:
        try:
            body = _try_tokens(credentials, row, now=now)
            accounts.keep_token(row, text_of(body, "refresh_token"), now=now)
            return body
        except QueueRefusedError as error:
            trouble = refused(credentials, str(error), now=now, row=row)
        except (TemporaryError, PermanentError) as error:
            accounts.note_trouble(row, str(error))
            trouble = error
    # Raised outside the transaction, so that the note is stored.
    raise trouble


def _try_tokens(credentials: Credentials, row: PartnerCenterAccount, *, now: dt.datetime) -> dict[str, Any]:
    """Return the sign-in's answer. Raises: TemporaryError, PermanentError."""
    try:
        tokens = accounts.refresh_tokens(row)
    except (encryption.CannotDecryptError, encryption.NoKeyError) as error:
        raise QueueRefusedError(f"the stored token cannot be read: {error}") from error
    for token in tokens[:-1]:
        try:
            return sign_in(credentials, token, now=now)
        except QueueRefusedError:
            continue
    return sign_in(credentials, tokens[-1] if tokens else "", now=now)


def refused(
    credentials: Credentials, why: str, *, now: dt.datetime, row: PartnerCenterAccount | None = None
) -> PermanentError:
    """Record that the sign-in is refused.

    Return the error to raise, which depends on whether others use this account.
    """
    if credentials.account is None:
        return QueueRefusedError(why)
    if row is None:
        with accounts.held(credentials.account) as row:
            accounts.note_refusal(row, why, now=now)
    else:
        accounts.note_refusal(row, why, now=now)
    return resting(credentials, why, until=now + pace.rest(accounts.RESTS))


def resting(credentials: Credentials, why: str, *, until: dt.datetime) -> PermanentError:
    if credentials.is_only:
        return QueueRefusedError(why)
    return AccountRefusedError(f"region {credentials.region or '*'}: {why}", rests_until=until)


def sign_in(credentials: Credentials, refresh_token: str, *, now: dt.datetime) -> dict[str, Any]:
    """Return the sign-in's answer. Raises: TemporaryError, PermanentError; the messages contain no secret."""
    if not all((credentials.tenant, credentials.client_id, refresh_token)):
        raise QueueRefusedError("Partner Center's credentials are not configured")
    form = {
        "grant_type": "refresh_token",
        "resource": RESOURCE,
        "scope": "openid",
        "client_id": credentials.client_id,
        "client_secret": settings.PARTNER_CENTER_CLIENT_SECRET,
        "refresh_token": refresh_token,
    }
    system = settings.PARTNER_CENTER_LOGIN_URL
    url = f"{system}/{quote(credentials.tenant, safe='')}/oauth2/token"
    try:
        response = outbound.request("POST", url, system=system, data=form)
    except outbound.Unreachable as error:
        raise TemporaryError(str(error)) from error
    except (outbound.AddressRefused, outbound.TooLarge) as error:
        raise PermanentError(f"{type(error).__name__}: {error}") from error
    answer = read_answer(response, now=now)
    if answer.status != 200:
        raise QueueRefusedError(f"the sign-in was refused: {answer.code or answer.status}")
    if not text_of(answer.body, "access_token"):
        raise TemporaryError("the sign-in answered without a token")
    return answer.body
