"""Exports of all data of a person or a company: asked for by them, made by a worker, kept for some days.

One request is a due row of ``portal.work``: after a crash the file is made again from its beginning.
"""

import datetime as dt
import logging
import random
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.backup import papers
from portal.limits import Limited, Scope
from portal.partners.models import Membership, Partner, Role
from portal.privacy import archive
from portal.privacy.models import QUEUE, DataExport, storage
from portal.privacy.registry import Subject
from portal.privacy.retention import Rule
from portal.stores import deletions
from portal.work import claims, heartbeat, pace, usage
from portal.work.backoff import back_off
from portal.work.kinds import Rate, TimeLimits, WorkKind

log = logging.getLogger(__name__)
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)

STORE = "documents"
KEEP = dt.timedelta(days=7)


class OvertakenError(Exception):
    """Another worker holds the row now, or the account is erased."""


def subject_of(user: User) -> Subject:
    """Return the person with the addresses that they have proved to be theirs; no other address counts."""
    found = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    return Subject(user, frozenset(address.lower() for address in found))


@transaction.atomic
def ask(*, by: User, partner: Partner | None, language: str, now: dt.datetime) -> DataExport:
    """Return the export that a worker will make. A second request before it is made returns it too.

    Raises: limits.LimitReachedError.
    """
    if partner is None:
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        same = DataExport.objects.filter(asked_by=by, partner=None, made_at=None).first()
    else:
        Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
        same = DataExport.objects.filter(partner=partner, made_at=None).first()
    if same:
        return same
    usage.use(Limited.EXPORT, {Scope.ACCOUNT: by.pk}, now=now)
    return DataExport.objects.create(
        asked_by=by, partner=partner, language=language, asked_at=now, queue=QUEUE, next_check_at=now
    )


def seen_by(user: User) -> "QuerySet[DataExport]":
    """Return the exports that this person may take: their own, and those of the companies they own."""
    owned = Membership.objects.filter(user=user, role=Role.OWNER).values("partner")
    rows = DataExport.objects.select_related("partner")
    return rows.filter(partner=None, asked_by=user) | rows.filter(partner__in=owned)


def newest(*, user: User, partner: Partner | None) -> DataExport | None:
    """Return the latest export of the person, or of the company, that is being made or still kept."""
    rows = seen_by(user).filter(partner=partner, forgotten_at=None)
    return rows.order_by("-asked_at").first()


def make(claim: claims.Claim, export: DataExport, *, now: Callable[[], dt.datetime] = claims.database_now) -> bool:
    """Write the file. Return False if another worker holds the row, the account is erased, or the store is silent."""
    name = _name(export, claim.number)
    files = storage()

    def is_alive() -> None:
        heartbeat.beat()
        if not claims.renew(claim, lease_seconds=settings.FILE_LEASE_SECONDS):
            raise OvertakenError

    with tempfile.TemporaryFile() as content, translation.override(export.language):
        try:
            rows = archive.write(content, _contents(export), made_at=timezone.localtime(now()), is_alive=is_alive)
        except OvertakenError:
            claims.dropped(claim)
            return False
        except OSError as error:  # the store of documents cannot give one
            return _postpone(claim, export, error, now())
        size = content.tell()
        content.seek(0)
        try:
            # A worker that died here left a file of this name.
            files.delete(name)
            files.save(name, File(content))
        except OSError as error:
            return _postpone(claim, export, error, now())
    if claims.settle(claim, next_check_at=None, made_at=now(), file=name, size=size, rows=rows):
        return True
    files.delete(name)
    return False


def _postpone(claim: claims.Claim, export: DataExport, error: OSError, now: dt.datetime) -> bool:
    log.warning("an export waits for the store: %s", error)
    claims.queue_failed(QUEUE, now=now)
    wait = pace.interval(back_off(export.errors + 1, base=60, cap=3600, rng=_RNG))
    claims.postpone(claim, until=now + wait)
    return False


def _contents(export: DataExport) -> archive.Contents:
    if export.partner is not None:
        return archive.of_company(export.partner)
    return archive.of_person(subject_of(export.asked_by))


def _name(export: DataExport, claim_no: int) -> str:
    return f"exports/{export.pk}-{claim_no}.zip"


def _discard_files(export: DataExport, now: dt.datetime) -> None:
    """Give up the file, and those of workers that died before they said so."""
    for number in range(1, export.claim_no + 1):
        deletions.discard(STORE, _name(export, number), now=now)


@transaction.atomic
def forget_of(user: User, *, now: dt.datetime) -> int:
    """Give up a person's own exports, also one that is being made. Return how many. A worker deletes their files."""
    rows = list(DataExport.objects.select_for_update().filter(asked_by=user, partner=None, forgotten_at=None))
    for export in rows:
        _discard_files(export, now)
    kept = DataExport.objects.filter(pk__in=[export.pk for export in rows])
    kept.filter(made_at=None).delete()
    kept.update(file="", forgotten_at=now)
    return len(rows)


def _forget(keys: Sequence[Any], now: dt.datetime) -> int:
    for export in DataExport.objects.filter(pk__in=keys):
        _discard_files(export, now)
    return DataExport.objects.filter(pk__in=keys).update(file="", forgotten_at=now)


RULE = Rule(
    code="exports", label=_("Exports of data"), keep=KEEP, why=_("A file with everything is worth stealing."),
    rows=lambda now: DataExport.objects.filter(made_at__lt=now - KEEP, forgotten_at=None), do=_forget,
)  # fmt: skip

STORED = papers.Kept(DataExport, lambda: DataExport.objects.exclude(made_at=None), is_backed_up=False)
KIND = WorkKind(
    name="exports of data",
    model=DataExport,
    queues={QUEUE: Rate(10, 20)},
    task="privacy.make_due_exports",
    do=make,
    lease_seconds=settings.FILE_LEASE_SECONDS,
    select=lambda rows: rows.select_related("partner", "asked_by"),
    time_limits=TimeLimits(soft=220, hard=230),
    is_long=True,
)
