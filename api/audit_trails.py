"""The API's record for the audit: each change, and each reading of people's data."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.audit.registry import Told, Trail


def _calls(rows: Sequence[Any]) -> Iterable[Told]:
    for row in rows:
        yield Told(
            _("Call of another system"), f"{row.what} {row.subject} ({row.status})".strip(), actor=row.acted_for_id
        )


TRAILS = (
    Trail(
        code="api",
        label=_("Calls of other systems"),
        model="api.ApiCall",
        at="at",
        tell=_calls,
        of_person=lambda user: Q(acted_for=user),
    ),
)
