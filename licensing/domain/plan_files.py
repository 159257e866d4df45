"""A long plan as a file for download: requested by a person, made by a worker, stored for some days.

It is a due row of ``portal.work``: after a crash it is made again from its first line.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation

from licensing.domain import queries
from licensing.domain.file_names import file_name
from licensing.models import PLAN_FILES, Customer, PlanFile, PlanLine
from portal.accounts.models import User
from portal.limits import Limited, Scope
from portal.partners.models import Partner
from portal.work import claims, heartbeat, usage

# Lines that a request writes without a worker: a twenty-fifth of the largest estate, which took a web process 16 s.
AT_ONCE = 2000
KEEP = dt.timedelta(days=7)  # how long a file's content is stored
TELL_EVERY = 500  # lines between two progress reports, which also renew the lease


class Writer(Protocol):
    """Turns the lines, in their order, into the bytes to store, in the active language."""

    def __call__(self, rows: Iterator[PlanLine], *, partner: Partner, today: dt.date) -> bytes: ...


# By kind. The texts belong to the views, which add their writers when the app is ready (``AppConfig.ready``).
WRITERS: dict[str, Writer] = {}


class OvertakenError(Exception):
    """Another worker holds the row now."""


def is_long(lines: int) -> bool:
    return lines > AT_ONCE


def has_long_plan(partner: Partner, *, customer: Customer | None = None) -> bool:
    """Return True when the plan is so long that a worker has to make the file. Counts no further than needed."""
    rows = queries.plan_lines(partner, customer=customer).order_by()
    return rows[AT_ONCE : AT_ONCE + 1].exists()


def ask(
    *, partner: Partner, customer: Customer | None, kind: str, language: str, by: User, now: dt.datetime
) -> PlanFile:
    """Return the file that a worker will make.

    A second request before it is made, by anybody of the company, returns it too.

    Raises: limits.LimitReachedError.
    """
    with transaction.atomic():
        Partner.objects.select_for_update().get(pk=partner.pk)
        same = PlanFile.objects.filter(
            partner=partner, customer=customer, kind=kind, language=language, made_at=None
        ).first()
        if same:
            return same
        usage.use(Limited.EXPORT, {Scope.ACCOUNT: by.pk}, now=now)
        return PlanFile.objects.create(
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
    """Return the company's latest requests whose file is still available or awaited."""
    rows = PlanFile.objects.filter(partner=partner).exclude(made_at__isnull=False, content=None)
    return list(rows.defer("content").select_related("customer").order_by("-asked_at")[:5])


def is_kept(file: PlanFile) -> bool:
    """Return True when the file was made and is still available. Does not read its content."""
    return PlanFile.objects.filter(pk=file.pk, content__isnull=False).exists()


def make(*, claim: claims.Claim, file: PlanFile, today: dt.date, now: Callable[[], dt.datetime]) -> bool:
    """Write the current plans' lines in the asker's language. Return False if another worker holds the row now."""
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
        name=file_name("plan", (file.customer or file.partner).name, today, file.kind)[-100:],
        lines=told.done,
        share=100,
        made_at=read_at,
    )
    if is_ours:
        _replaced_by(file).update(content=None)
    return is_ours


def _replaced_by(file: PlanFile) -> "QuerySet[PlanFile]":
    """Return the older files that this one replaces: of repeated requests only the newest is stored."""
    same = PlanFile.objects.filter(partner=file.partner, customer=file.customer, kind=file.kind, language=file.language)
    return same.filter(content__isnull=False).exclude(pk=file.pk)


class _Told:
    """Counts written lines, reports progress, and renews the lease."""

    def __init__(self, claim: claims.Claim, total: int) -> None:
        self.claim, self.total, self.done = claim, total, 0

    def counted(self, rows: Iterator[PlanLine]) -> Iterator[PlanLine]:
        """Yield the rows and count them. Raises: OvertakenError."""
        for row in rows:
            if self.done % TELL_EVERY == 0:
                self._tell()
            self.done += 1
            yield row
        # Sheets are assembled after their last line.
        self._tell()

    def _tell(self) -> None:
        heartbeat.beat()
        share = min(99, 100 * self.done // max(self.total, 1))
        if not claims.renew(self.claim, lease_seconds=settings.FILE_LEASE_SECONDS, share=share):
            raise OvertakenError


def contents_over(now: dt.datetime) -> "QuerySet[PlanFile]":
    """Return the files that are past their time and still have their content."""
    return PlanFile.objects.filter(content__isnull=False, made_at__lt=now - KEEP)
