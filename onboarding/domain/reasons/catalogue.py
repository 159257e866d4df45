"""The catalogue of reasons: those of the portal, with an administrator's texts where they gave some.

Administrators change texts and add reasons of their own (``models.Reason``). Nobody edits whose turn a reason means, or
whether the check is repeated, because the phases depend on it: an administrator's own reason is always the partner's
turn.
"""

import dataclasses
import time
from collections.abc import Iterator, Mapping

from django.conf import settings
from django.db import connection
from django.utils.functional import lazy
from django.utils.translation import override

from onboarding.domain.reasons.remediation import Remedy
from onboarding.domain.reasons.shipped import FOUND_ON, SHIPPED, ReasonSpec
from onboarding.enums import Turn
from onboarding.models import Reason as Row
from portal.wording import in_language


def kinds_of(code: str) -> tuple[str, ...]:
    """Return the checks that a reason belongs to; () when it may apply to every check."""
    found = tuple(kind for kind, codes in FOUND_ON.items() if code in codes)
    return REASONS[code].kinds or found


class Catalogue(Mapping[str, ReasonSpec]):
    """The portal's reasons, with the administrators' texts where they gave some, and the administrators' own reasons.

    Each process reads the administrators' again after ``REASONS_SECONDS``; with 0, only when ``read`` is called.
    """

    def __init__(self) -> None:
        self._changed: dict[str, ReasonSpec] = {}
        self._until = 0.0

    def __getitem__(self, code: str) -> ReasonSpec:
        if settings.REASONS_SECONDS and time.monotonic() > self._until:
            self.read()
        return self._changed.get(code) or SHIPPED[code]

    def __iter__(self) -> Iterator[str]:
        return iter({**SHIPPED, **self._changed})

    def __len__(self) -> int:
        return len({**SHIPPED, **self._changed})

    def read(self) -> None:
        """Read the administrators' reasons now."""
        if not connection.needs_rollback:
            rows = Row.objects.exclude(edited_at=None, retired_at=None)
            self._changed = {row.code: _as_written(row) for row in rows}
        self._until = time.monotonic() + settings.REASONS_SECONDS


REASONS = Catalogue()


BDM_ASKS = "bdm_asks"  # what a BDM asks in their own words; its fields are those that the check is about


_in_words = lazy(in_language, str)


def _as_written(row: Row) -> ReasonSpec:
    shipped = SHIPPED.get(row.code)
    remedy = Remedy(
        fields=tuple(row.fields),
        documents=tuple(row.wants),
        accepted_evidence=_in_words(row, "accepts"),
        duration=_in_words(row, "takes"),
    )
    base = shipped or ReasonSpec(Turn.RESELLER, "", "", again=False)
    return dataclasses.replace(
        base,
        title=_in_words(row, "title"),
        todo=_in_words(row, "todo"),
        remedy=remedy,
        kinds=tuple(row.kinds),
        authority=row.authority,
        retired=row.retired_at is not None,
    )


def raisable(kind: str, authority: str) -> list[str]:
    """Return what a person may ask for on a check: reasons whose turn is the reseller's, the general one first."""
    fitting = [
        code
        for code, reason in REASONS.items()
        if kind in reason.kinds and reason.authority in ("", authority) and not reason.retired
    ]
    return [BDM_ASKS, *fitting]


def write_shipped() -> None:
    """Write the portal's reasons for the admin, in both languages. What an administrator changed stays."""
    rows = [_row(code, reason) for code, reason in SHIPPED.items()]
    edited = set(Row.objects.exclude(edited_at=None).values_list("code", flat=True))
    columns = [field.name for field in Row._meta.fields if field.name not in ("code", "edited_at", "retired_at")]
    Row.objects.bulk_create(
        [row for row in rows if row.code not in edited],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=columns,
    )


def _row(code: str, reason: ReasonSpec) -> Row:
    words = {
        "title": reason.title,
        "todo": reason.todo,
        "accepts": reason.remedy.accepted_evidence,
        "takes": reason.remedy.duration,
    }
    spoken: dict[str, str] = {}
    for language, suffix in (("en-gb", "en"), ("fr", "fr")):
        with override(language):
            spoken |= {f"{name}_{suffix}": str(text) for name, text in words.items()}
    return Row(
        code=code,
        kinds=list(reason.kinds),
        authority=reason.authority,
        fields=list(reason.remedy.fields),
        wants=list(reason.remedy.documents),
        shipped=True,
        **spoken,
    )
