"""One POST, one deed: the answer to an ``Idempotency-Key`` is kept in the transaction of the deed.

The key's row is written first. A second request with it waits there until the first has ended: it finds the answer, or,
if the first failed without one, does the deed itself.

Source: [idempotency-key].
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable

from django.db import transaction
from django.db.models import QuerySet

from api.models import ApiClient, KeptAnswer

KEPT = dt.timedelta(days=30)


class KeyReusedError(Exception):
    """The key came before with another request."""


def digest(method: str, path: str, body: bytes) -> str:
    """Return what recognises a request: another method, address or body is another one."""
    return hashlib.sha256(b"\0".join([method.encode(), path.encode(), body])).hexdigest()


@transaction.atomic
def once(
    *, client: ApiClient, key: str, request: str, now: dt.datetime, do: Callable[[], tuple[int, str]]
) -> tuple[int, str, bool]:
    """Return the status and body that ``do`` returned, now or the first time, and whether this is a repetition.

    ``request`` is its ``digest``. What ``do`` raises undoes everything: the key is free again.

    Raises: KeyReusedError.
    """
    mine = uuid.uuid4()
    row = KeptAnswer(pk=mine, client=client, key=key, digest=request, at=now)
    KeptAnswer.objects.bulk_create([row], ignore_conflicts=True)
    kept = KeptAnswer.objects.get(client=client, key=key)
    if kept.digest != request:
        raise KeyReusedError
    if kept.pk != mine:
        return kept.status, kept.body, True
    status, body = do()
    KeptAnswer.objects.filter(pk=mine).update(status=status, body=body)
    return status, body, False


def over(now: dt.datetime) -> "QuerySet[KeptAnswer]":
    """Return the answers that nobody repeats any more."""
    return KeptAnswer.objects.filter(at__lt=now - KEPT)
