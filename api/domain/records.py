"""The record of the API: who changed what, and who read personal data."""

import datetime as dt

from api.domain.clients import Caller
from api.models import ApiCall


def record(
    caller: Caller, *, what: str, subject: str, status: int, now: dt.datetime, request_id: str, rows: int = 0
) -> None:
    """Write a line. ``rows`` is how many people's data were read."""
    ApiCall.objects.create(
        client=caller.client, key=caller.key, acted_for_id=caller.client.acts_for_id, at=now, what=what,
        subject=subject[:64], status=status, rows=rows, request_id=request_id,
    )  # fmt: skip
