"""Who calls: make and revoke keys, find the client of a key, and count its calls."""

import datetime as dt
import hashlib
import math
import secrets
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from api.models import ApiClient, ApiKey
from onboarding.domain.desk import listing
from onboarding.domain.desk.listing import Scope
from portal.accounts.models import User
from portal.coverage.models import Bdm

MOST_KEYS = 2  # a new one is put into use before the old one is revoked
MARK = "otc_"  # by which a scanner of source code recognises a key


class TooManyKeysError(Exception):
    """The client has two keys already."""


class RevokedError(Exception):
    """The client is revoked: it gets no further key."""


class NobodyError(Exception):
    """The person for whom the client acts is no active BDM any more."""


class TooFastError(Exception):
    """The client has used its calls; ``seconds`` until the next one."""

    def __init__(self, seconds: int) -> None:
        super().__init__(str(seconds))
        self.seconds = seconds


@dataclass(frozen=True)
class Caller:
    """A known client with the key it used, what it may see today, and the BDM for whom it acts."""

    client: ApiClient
    key: ApiKey
    scope: Scope
    bdm: Bdm | None


@transaction.atomic
def make_key(*, client: ApiClient, by: User, now: dt.datetime) -> str:
    """Return a new key of the client. It is never shown again.

    Raises: TooManyKeysError, RevokedError.
    """
    text = MARK + secrets.token_urlsafe(32)
    add_key(client=client, text=text, by=by, now=now)
    return text


@transaction.atomic
def add_key(*, client: ApiClient, text: str, by: User, now: dt.datetime) -> ApiKey:
    """Keep the digest of a key that is known to its user. Raises: TooManyKeysError, RevokedError."""
    current = ApiClient.objects.select_for_update(no_key=True).get(pk=client.pk)
    if current.revoked_at:
        raise RevokedError
    if current.keys.filter(revoked_at=None).count() >= MOST_KEYS:
        raise TooManyKeysError
    return ApiKey.objects.create(client=current, start=text[:8], digest=_digest(text), made_by=by, made_at=now)


def revoke_key(*, key: ApiKey, now: dt.datetime) -> bool:
    """Let the key open nothing from now on. Return False if it was revoked before."""
    return bool(ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now))


@transaction.atomic
def revoke(*, client: ApiClient, now: dt.datetime) -> bool:
    """Revoke the client with its keys. Return False if it was revoked before."""
    ApiKey.objects.filter(client=client, revoked_at=None).update(revoked_at=now)
    return bool(ApiClient.objects.filter(pk=client.pk, revoked_at=None).update(revoked_at=now))


def find(text: str, *, now: dt.datetime) -> ApiKey | None:
    """Return the key, with its client, if it is known, not revoked, and its client neither revoked nor expired."""
    if settings.PRODUCTION and text == settings.DEMO_API_KEY:  # a database that began as a demo
        return None
    open_ = Q(client__expires_at=None) | Q(client__expires_at__gt=now)
    rows = ApiKey.objects.select_related("client__acts_for").filter(open_, revoked_at=None, client__revoked_at=None)
    return rows.filter(digest=_digest(text)).first()


_SPEND = """
WITH used AS (UPDATE api_apikey SET last_used_at = %(now)s WHERE id = %(key)s)
UPDATE api_apiclient SET
    tokens = left_now.tokens - CASE WHEN left_now.tokens >= 1 THEN 1 ELSE 0 END,
    refilled_at = greatest(refilled_at, %(now)s), last_used_at = %(now)s
FROM (
    SELECT id, least(rate_a_minute,
        tokens + greatest(extract(epoch FROM %(now)s - refilled_at), 0) * rate_a_minute / 60.0) AS tokens
    FROM api_apiclient WHERE id = %(client)s FOR NO KEY UPDATE
) AS left_now
WHERE api_apiclient.id = left_now.id
RETURNING left_now.tokens
"""


def spend(key: ApiKey, *, now: dt.datetime) -> None:
    """Count one call. A client may call ``rate_a_minute`` times at once, and that often every minute.

    One statement, and no row for each call as ``portal.work.usage`` writes for what a person does: a nightly read of
    the channel is thousands of calls. What writes mails is counted there too, for the BDM for whom the client acts.

    Raises: TooFastError.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, {"now": now, "key": key.pk, "client": key.client_id})
        (left,) = cursor.fetchone()
    if left < 1:
        raise TooFastError(max(math.ceil((1 - left) * 60 / key.client.rate_a_minute), 1))


def caller(key: ApiKey, *, now: dt.datetime) -> Caller:
    """Return who calls. Raises: NobodyError."""
    scope, bdm = scope_of(key.client, now=now)
    return Caller(key.client, key, scope, bdm)


def scope_of(client: ApiClient, *, now: dt.datetime) -> tuple[Scope, Bdm | None]:
    """Return what the client may see today, and the BDM for whom it acts.

    Enrollments outside the client's countries, or the BDM's, do not exist for it. What a colleague lent to the BDM was
    lent to a person, so a client does not see it. Raises: NobodyError.
    """
    own = None if client.everywhere else sorted(client.countries)
    if client.acts_for_id is None:
        return Scope(own, ()), None
    bdm = Bdm.objects.active().filter(user=client.acts_for_id).first()
    if bdm is None:
        raise NobodyError
    bdm.lent_keys = ()  # type: ignore[attr-defined]
    theirs = listing.scope_of(bdm, today=timezone.localdate(now))
    return replace(theirs, countries=_both(own, theirs.countries)), bdm


def has_ended(client: ApiClient, *, now: dt.datetime) -> bool:
    """Return whether the client is revoked or past its end."""
    return client.revoked_at is not None or (client.expires_at is not None and client.expires_at <= now)


def _both(one: list[str] | None, other: list[str] | None) -> list[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return sorted({*one} & {*other})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
