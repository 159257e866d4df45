"""Webhooks: messages of other systems are stored at once and handled later by a worker.

A source's secret identifies it, and ``WEBHOOK_KINDS`` lists what it may send. Otherwise anybody with the mail relay's
secret could have a company authorised.
"""

import datetime as dt
import json
import logging
import re
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from onboarding.connectors import standard_webhooks
from onboarding.domain.partner_center import inbound

log = logging.getLogger(__name__)

LARGEST = 64 * 1024  # bytes; the standard advises to stay below 20 kB


@csrf_exempt
@login_not_required
@require_POST
def receive(request: HttpRequest, source: str) -> HttpResponse:
    """Return 204: stored, or known already. 401: no valid signature. 403: not allowed for this source.

    400, 413: no message.
    """
    secrets = settings.WEBHOOK_SECRETS.get(source)
    if not secrets:
        raise Http404
    now = timezone.now()
    try:
        if int(request.headers.get("Content-Length") or 0) > LARGEST or len(request.body) > LARGEST:
            return _no(413, f"at most {LARGEST} bytes")
        number = standard_webhooks.verify(headers=request.headers, body=request.body, secrets=secrets, now=now)
    except RequestDataTooBig:
        return _no(413, f"at most {LARGEST} bytes")
    except (ValueError, standard_webhooks.UnsignedError):
        return _no(401, "the signature does not fit")
    message = _read(request.body)
    if message is None:
        return _no(400, 'a JSON object with "type", "timestamp" (ISO 8601, with zone) and "data" (an object)')
    kind, occurred_at, data = message
    if kind.partition(".")[0] not in settings.WEBHOOK_KINDS.get(source, ()):
        log.warning("webhook source %s sent %s, which WEBHOOK_KINDS does not let it", source, kind)
        return _no(403, f"{source} may not send this kind of message")
    inbound.keep(source=source, external_id=number, kind=kind, occurred_at=min(occurred_at, now), data=data, now=now)
    return HttpResponse(status=204)


def _read(body: bytes) -> tuple[str, dt.datetime, dict[str, Any]] | None:
    try:
        message = json.loads(body.decode())
        kind, stamp, data = message["type"], message["timestamp"], message["data"]
        occurred_at = parse_datetime(stamp)
        # Python reads what the database does not store: NaN, infinity, half a character.
        content = json.dumps(data, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    is_kind = isinstance(kind, str) and re.fullmatch(r"[a-zA-Z0-9_.]{1,80}", kind)
    if not is_kind or not isinstance(data, dict) or b"\\u0000" in content:
        return None
    if occurred_at is None or occurred_at.tzinfo is None or occurred_at.year == 1:  # its first day may be in year 0
        return None
    return kind, occurred_at, data


def _no(status: int, why: str) -> HttpResponse:
    return HttpResponse(f"{why}\n", status=status, content_type="text/plain; charset=utf-8")
