"""Seal the histories: digest what is new in each, chained to the seal before.

Somebody with all rights on the database can change a row and its triggers. They cannot change it so that its seal still
fits, and no seal so that the next one still fits; the newest is signed with a key that the database does not have,
and logged, so that a copy of it lies where the log lies.
"""

import datetime as dt
import logging
import secrets

from django.db import connection, transaction
from django.db.models import Max

from portal.audit import digests, registry
from portal.audit.models import RowSalt, Seal, SealMark
from portal.audit.registry import Trail

BATCH = 500  # rows of a seal: a wrong row is found as one of so many
LOCK = 7_305_500_913  # the number of the advisory lock; any that nobody else uses
log = logging.getLogger(__name__)


def run(now: dt.datetime) -> int:
    """Seal every history up to its mark, set the marks again, and return how many seals were written.

    A row is sealed by the first run that finds every transaction ended that was writing when the row's mark was set.
    """
    number = sum(_seal_to_mark(trail, now) for trail in registry.TRAILS.values())
    for trail in registry.TRAILS.values():
        _mark(trail, now)
    if number:
        newest = Seal.objects.latest("number")
        log.info("histories sealed: seal %s, chain %s", newest.number, newest.chain)
    return number


def _seal_to_mark(trail: Trail, now: dt.datetime) -> int:
    mark = SealMark.objects.filter(pk=trail.table).first()
    if mark is None or {*mark.writing} & _writing(trail.table):
        return 0
    number = 0
    while _seal_batch(trail, mark.upto_id, now):
        number += 1
    return number


def _mark(trail: Trail, now: dt.datetime) -> None:
    """Set the mark at the newest row. One that could not be used yet stays: else a busy hour would never be sealed."""
    mark = SealMark.objects.filter(pk=trail.table).first()
    if mark is not None and mark.upto_id > sealed_upto(trail.table):
        return
    newest = trail.get_model()._base_manager.aggregate(newest=Max("pk"))["newest"]
    if newest is not None:
        # Read after the newest row: a transaction with a smaller key is writing still, or has ended.
        writing = sorted(_writing(trail.table))
        values = {"upto_id": newest, "writing": writing, "marked_at": now}
        SealMark.objects.update_or_create(table=trail.table, defaults=values)


def _writing(table: str) -> set[str]:
    """Return the virtual numbers of the transactions that write into a table: an INSERT locks it before it takes a key.

    Source: [postgres-locks] (ROW EXCLUSIVE).
    """
    sql = (
        "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND relation = %s::regclass AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND mode NOT IN ('AccessShareLock', 'RowShareLock')"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [table])
        return {number for (number,) in cursor.fetchall()}


def sealed_upto(table: str) -> int:
    """Return the key up to which a history is sealed."""
    last: int | None = Seal.objects.filter(table=table).aggregate(last=Max("upto_id"))["last"]
    return digests.BELOW_ALL if last is None else last


@transaction.atomic
def _seal_batch(trail: Trail, mark: int, now: dt.datetime) -> bool:
    """Seal the next rows up to the mark, and return whether there were any."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    after, columns, table = sealed_upto(trail.table), trail.columns(), trail.table
    newer = trail.get_model()._base_manager.filter(pk__gt=after, pk__lte=mark).order_by("pk")
    keys = list(newer.values_list("pk", flat=True)[:BATCH])
    if not keys:
        return False
    salts = _salts(trail, keys)
    rows = list(digests.read(table, trail.key, after=after, upto=keys[-1]))
    found = digests.of_rows(rows, columns, trail.personal, salts)
    last = Seal.objects.order_by("-number").first()
    seal = Seal(
        number=last.number + 1 if last else 1, table=table, after_id=after, upto_id=keys[-1], count=found.count,
        columns=columns, personal=list(trail.personal), digest=found.value, sealed_at=now,
    )  # fmt: skip
    seal.chain = digests.of_seal(seal, last.chain if last else digests.FIRST)
    seal.signature = digests.sign(seal.chain)
    seal.save(force_insert=True)
    return True


def _salts(trail: Trail, keys: list[int]) -> dict[int, RowSalt]:
    if not trail.personal:
        return {}
    fresh = [RowSalt(table=trail.table, row_id=key, salt=secrets.token_hex(32)) for key in keys]
    RowSalt.objects.bulk_create(fresh, ignore_conflicts=True)
    return {salt.row_id: salt for salt in RowSalt.objects.filter(table=trail.table, row_id__in=keys)}
