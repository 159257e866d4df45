"""Ingram Micro's Cloud Marketplace ("CMP API"): does this reseller's account exist, and may it order?

Written from [cmp-api] (1.5 to 1.15: token, resellers) and, for the account states, [cmp-description]. The service is
not public: a key comes with the product "Marketplace API". The fields of a reseller were not published, so its number
is searched under each name seen so far.
"""

import datetime as dt
from base64 import b64encode
from functools import partial
from typing import Any
from urllib.parse import quote

from django.conf import settings

from onboarding.connectors.asking import Answer, ask, inside, objects, text
from onboarding.connectors.base import TemporaryError
from onboarding.connectors.tokens import Tokens
from onboarding.domain.checks.connectors import ConnectorRecord
from onboarding.domain.checks.finding import CANNOT_TELL, Finding, Outcome
from onboarding.domain.checks.polling import DAY, HOUR, MINUTE, Cadence
from onboarding.domain.kinds.subjects import MarketplaceSubject
from onboarding.enums import Kind
from portal.work.kinds import Rate

PAGE, PAGES = 100, 50
_NUMBERS = ("customerNumber", "externalId", "accountNumber", "id")
# account status -> reason; '' when there is no problem
REASONS = {
    "active": "",
    "pending": "marketplace_not_activated",
    "credithold": "marketplace_on_hold",
    "adminhold": "marketplace_on_hold",
    "cancelled": "marketplace_cancelled",
}


class MarketplaceAccount:
    """Checks the state of the account with this customer number. A person decides on an undocumented state."""

    def look(self, subject: MarketplaceSubject, *, now: dt.datetime) -> Finding:
        """Return the finding. Raises: TemporaryError, PermanentError."""
        url = settings.CMP_URLS.get(subject.region, "")
        if not url:
            said = {"why": "not_covered", "marketplace": subject.marketplace}
            return Finding(Outcome.UNDECIDED, now, reason=CANNOT_TELL, evidence=said)
        marketplace = _Marketplace(url, subject.marketplace.lower())
        account = marketplace.account(subject.customer_number, now=now)
        facts: dict[str, Any] = {"customer_number": subject.customer_number, "marketplace": subject.marketplace}
        if account is None:
            return Finding(Outcome.BAD, now, reason="marketplace_unknown", evidence=facts)
        status = text(account, "status") or text(account, "accountStatus")
        if not status:
            raise TemporaryError("the marketplace answered without the account's state")
        reason = REASONS.get(status.replace("_", "").casefold())
        facts |= {"status": status, "seen": [status] if reason != "" else []}
        if reason is None:
            return Finding(Outcome.UNDECIDED, now, reason="desk_must_look", evidence=facts)
        return Finding(Outcome.BAD if reason else Outcome.GOOD, now, reason=reason, evidence=facts)


class _Marketplace:
    """One marketplace's accounts. ``code`` is from the control panel's address, such as "fr" or "uk"."""

    def __init__(self, url: str, code: str) -> None:
        self._url = url
        self._code = code

    def account(self, number: str, *, now: dt.datetime) -> dict[str, Any] | None:
        """Return the account of this number; None if there is none. Raises: TemporaryError, PermanentError."""
        answer = self._get(f"/resellers/{quote(number, safe='')}", {}, now=now)
        if answer.status == 404:
            return self._find(number, now=now)
        body = answer.expect(200)
        account = inside(body, "data") if isinstance(inside(body, "data"), dict) else body
        if not _has_number(account, number):
            raise TemporaryError("asked the marketplace about one account, told about another")
        return dict(account)

    def _find(self, number: str, *, now: dt.datetime) -> dict[str, Any] | None:
        """Return the account from the list, because the marketplace may use another key than the number."""
        for page in range(PAGES):
            query = {"offset": str(page * PAGE), "limit": str(PAGE)}
            body = self._get("/resellers", query, now=now).expect(200)
            if not isinstance(inside(body, "data"), list):
                raise TemporaryError("the marketplace answered without its list")
            accounts = objects(body, "data")
            if found := next((account for account in accounts if _has_number(account, number)), None):
                return found
            total = text(body, "pagination", "total")
            if not accounts or not total.isdecimal() or int(total) <= (page + 1) * PAGE:
                return None
        raise TemporaryError(f"the marketplace has more than {PAGE * PAGES} accounts; its list was not read to the end")

    def _get(self, path: str, query: dict[str, str], *, now: dt.datetime) -> Answer:
        """Return the answer. A refused token is replaced once."""
        key = (self._url, self._code, settings.CMP_USER, settings.CMP_PASSWORD, settings.CMP_KEY)
        fetch = partial(_sign_in, self._url, self._code, now=now)
        answer = self._send(path, query, _tokens.current(key, fetch), now=now)
        if answer.status == 401:
            answer = self._send(path, query, _tokens.renewed(key, fetch), now=now)
        return answer

    def _send(self, path: str, query: dict[str, str], token: str, *, now: dt.datetime) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "X-Subscription-Key": settings.CMP_KEY}
        return ask("the marketplace", "GET", self._url, path, params=query, headers=headers, now=now)


def _has_number(account: dict[str, Any], number: str) -> bool:
    return any(text(account, name).casefold() == number.casefold() for name in _NUMBERS)


_tokens = Tokens()


def _sign_in(url: str, code: str, *, now: dt.datetime) -> tuple[str, str]:
    """Return a token and its life. Raises: TemporaryError, PermanentError."""
    basic = b64encode(f"{settings.CMP_USER}:{settings.CMP_PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "X-Subscription-Key": settings.CMP_KEY}
    answer = ask("the marketplace", "POST", url, "/token", headers=headers, json={"marketplace": code}, now=now)
    token = text(answer.expect(200), "token")
    if not token:
        raise TemporaryError("the marketplace's sign-in answered without a token")
    return token, text(answer.body, "expiresInSeconds")


RECORD = ConnectorRecord(
    code="marketplace",
    address="CMP_KEY",
    rate=Rate(2, 5),
    cadence=Cadence(((HOUR, 5 * MINUTE), (DAY, HOUR), (14 * DAY, 6 * HOUR)), later=DAY),
    looks={Kind.MARKETPLACE: MarketplaceAccount()},
    serves=(),
    label="Cloud Marketplace",
    asked_just_now=None,
)
