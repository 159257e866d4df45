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
    """Return the person with the addresses that they have proved to be theirs; no other address counts.

    A former address may be somebody else's by now, whose mails are not for this person: only the erasure looks for it.
    """
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
            _announce(claim, name, now())
            # A file of this name is of the database before a restore.
            files.delete(name)
            files.save(name, File(content))
        except OvertakenError:
            claims.dropped(claim)
            return False
        except OSError as error:
            return _postpone(claim, export, error, now())
    if _settle(claim, name, made_at=now(), size=size, rows=rows):
        return True
    deletions.delete_now(name)
    return False


@transaction.atomic
def _announce(claim: claims.Claim, name: str, now: dt.datetime) -> None:
    """Announce the file, unless the row is lost. The lock lets an erasure come before that, or see the announcement."""
    if claims.held(claim).select_for_update().first() is None:
        raise OvertakenError
    deletions.announce(STORE, name, now=now)


def _settle(claim: claims.Claim, name: str, **values: Any) -> bool:
    """Store that the file is made, and keep it. Return False if the row is lost, or the file was written too late."""
    try:
        with transaction.atomic():
            settled = claims.settle(claim, next_check_at=None, file=name, **values)
            if settled:
                deletions.keep(name)
    except deletions.TooLateError:
        log.warning("an export was written too late, and is made again when its lease ends")
        return False
    return settled


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


@transaction.atomic
def forget_of(user: User, *, now: dt.datetime) -> int:
    """Give up a person's own exports, also one that is being made. Return how many. A worker deletes their files.

    The file of one that is being made is announced, or its worker finds the row gone before it writes.
    """
    rows = list(DataExport.objects.select_for_update().filter(asked_by=user, partner=None, forgotten_at=None))
    _forget([export.pk for export in rows if export.made_at], now)
    DataExport.objects.filter(pk__in=[export.pk for export in rows if not export.made_at]).delete()
    return len(rows)


def _forget(keys: Sequence[Any], now: dt.datetime) -> int:
    rows = DataExport.objects.filter(pk__in=keys)
    for name in rows.exclude(file="").values_list("file", flat=True):
        deletions.discard(STORE, name, now=now)
    return rows.update(file="", forgotten_at=now)


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
