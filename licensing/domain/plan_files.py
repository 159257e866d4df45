"""A long plan as a file to take away: asked for by a person, made by a worker, kept for some days.

It is a due row of ``portal.work``: killed in the middle, it is made again from its first line.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation

from licensing.domain import queries
from licensing.models import PLAN_FILES, Customer, PlanFile, PlanLine
from portal.accounts.models import User
from portal.partners.models import Partner
from portal.work import claims, heartbeat

# Lines that a request writes by itself: a twenty-fifth of the largest estate, which took a web process 16 s.
AT_ONCE = 2000
KEEP = dt.timedelta(days=7)  # a file's content
TELL_EVERY = 500  # lines: the share moves, and the row is held for longer


class Writer(Protocol):
    """Turns the lines, in their order, into the bytes that are kept, with the words of the language in force."""

    def __call__(self, rows: Iterator[PlanLine], *, partner: Partner, today: dt.date) -> bytes: ...


# By kind. The words are the views': they add their writers when the app is ready (``AppConfig.ready``).
WRITERS: dict[str, Writer] = {}


class OvertakenError(Exception):
    """Another worker holds the row by now."""


def is_long(lines: int) -> bool:
    return lines > AT_ONCE


def has_long_plan(partner: Partner, *, customer: Customer | None = None) -> bool:
    """Whether a worker has to make the file; counts no further than it must."""
    rows = queries.plan_lines(partner, customer=customer).order_by()
    return rows[AT_ONCE : AT_ONCE + 1].exists()


def ask(
    *, partner: Partner, customer: Customer | None, kind: str, language: str, by: User, now: dt.datetime
) -> PlanFile:
    """Let a worker make the file. Asked for again before it is made, by whomever of the company, it is the same one."""
    with transaction.atomic():
        Partner.objects.select_for_update().get(pk=partner.pk)
        same = PlanFile.objects.filter(
            partner=partner, customer=customer, kind=kind, language=language, made_at=None
        ).first()
        return same or PlanFile.objects.create(
            partner=partner,
            customer=customer,
            kind=kind,
            language=language,
            asked_by=by,
            asked_at=now,
            queue=PLAN_FILES,
            next_check_at=now,
        )


def newest(partner: Partner) -> list[PlanFile]:
    """What the company asked for last and can still have, or waits for."""
    rows = PlanFile.objects.filter(partner=partner).exclude(made_at__isnull=False, content=None)
    return list(rows.defer("content").select_related("customer").order_by("-asked_at")[:5])


def is_kept(file: PlanFile) -> bool:
    """Whether it was made and can still be taken away; its content is not read for that."""
    return PlanFile.objects.filter(pk=file.pk, content__isnull=False).exists()


def make(*, claim: claims.Claim, file: PlanFile, today: dt.date, now: Callable[[], dt.datetime]) -> bool:
    """Write the current plans' lines in the asker's language; False if another worker holds the row by now."""
    read_at = now()
    rows = queries.plan_lines(file.partner, customer=file.customer)
    told = _Told(claim, rows.order_by().count())
    try:
        with translation.override(file.language):
            content = WRITERS[file.kind](
                told.counted(rows.iterator(chunk_size=TELL_EVERY)), partner=file.partner, today=today
            )
    except OvertakenError:
        claims.dropped(claim)
        return False
    is_ours = claims.settle(
        claim,
        next_check_at=None,
        content=content,
        name=f"plan-{today.isoformat()}.{file.kind}",
        lines=told.done,
        share=100,
        made_at=read_at,
    )
    if is_ours:
        _replaced_by(file).update(content=None)
    return is_ours


def _replaced_by(file: PlanFile) -> "QuerySet[PlanFile]":
    """Of what somebody asks for again and again, the newest is kept."""
    same = PlanFile.objects.filter(partner=file.partner, customer=file.customer, kind=file.kind, language=file.language)
    return same.filter(content__isnull=False).exclude(pk=file.pk)


class _Told:
    """Counts what is written, tells how far it is, and holds the row meanwhile."""

    def __init__(self, claim: claims.Claim, total: int) -> None:
        self.claim, self.total, self.done = claim, total, 0

    def counted(self, rows: Iterator[PlanLine]) -> Iterator[PlanLine]:
        """Raises: OvertakenError."""
        for row in rows:
            if self.done % TELL_EVERY == 0:
                self._tell()
            self.done += 1
            yield row
        # Sheets are put together after their last line.
        self._tell()

    def _tell(self) -> None:
        heartbeat.beat()
        share = min(99, 100 * self.done // max(self.total, 1))
        if not claims.renew(self.claim, lease_seconds=settings.FILE_LEASE_SECONDS, share=share):
            raise OvertakenError


def forget_contents(*, now: dt.datetime) -> int:
    """Empty the files that were made so long ago that nobody takes them away any more."""
    old = PlanFile.objects.filter(content__isnull=False, made_at__lt=now - KEEP)
    return old.update(content=None)
