"""Detach old months of a history, so that they can be dumped and dropped, and attach them again.

A month may go when it is three years old, all its rows are sealed, and every seal holds. Then

* personal values are erased in its rows, under their seals: no data of a person leaves out of reach of an erasure;
* rows by which the portal still decides (``MonthlyTable.needed``) stay, in one partition for all months that are
  gone;
* the digest of each row is kept, a fifteenth of its room: all seals can still be proved, and with them the rows of
  other months that they cover, and the month itself when it comes back from a dump years later.

Months go from the oldest on, and come back from the newest on. So what is gone is one stretch of time, which a page can
tell with one date, and all of it is one partition however many years pass.

All of it is one transaction: a program that dies in it has done nothing. Writers wait for milliseconds (``locking``).
"""

import datetime as dt
import logging
from collections.abc import Iterable, Iterator

from django.db import transaction

from portal.audit import erasing, proving, registry, sealing, verifying
from portal.audit.models import DetachedMonth, DetachedRows, Seal
from portal.audit.registry import Trail
from portal.partitions import catalog, months, widening
from portal.partitions import registry as monthly
from portal.partitions.catalog import KEPT, LATER, Partition, execute, rows_of, value_of
from portal.partitions.locking import briefly
from portal.partitions.registry import MonthlyTable

log = logging.getLogger(__name__)

AT_HAND = dt.timedelta(days=3 * 365)  # as long as contacts in histories: disputes are over then
BATCH = 500

Sealed = dict[int, dict[int, str]]  # by the number of the seal: the digest of each row by its key


_COPY_NEEDED = "INSERT INTO {target} ({columns}) SELECT {columns} FROM {source} WHERE {key} = ANY(%s)"
# What was written into that time since then.
_COPY_NEWER = """
INSERT INTO {target} ({columns}) SELECT {columns} FROM {source} AS r
WHERE {at} >= %s AND NOT EXISTS (SELECT FROM {target} AS d WHERE d.{key} = r.{key})
"""


class RefusedError(Exception):
    """A month is not detached, or not attached; the text says why. It is as it was, and where it was."""


def detach(table: str, label: str, *, now: dt.datetime) -> DetachedMonth:
    """Detach the oldest month of a history, and return what is kept of it. Its table stays, for a dump.

    Raises: RefusedError. OperationalError: somebody held a lock for too long; it may be repeated, and personal values
    are erased already, as they are when somebody writes into the month at the last moment.
    """
    month, trail = _monthly(table), _trail(table)
    part = _oldest(table, label)
    if part.upto is None or part.upto > now - AT_HAND:
        raise RefusedError(f"{part.name} has rows that are younger than {AT_HAND.days} days.")
    low, newest = rows_of("SELECT min({key}), max({key}) FROM {name}", key=trail.key, name=part.name)[0]
    sealed = {} if newest is None else _prove(trail, part, low, newest)
    _erase(trail, part, now)  # the digests stay what they are
    needed = _needed(month, part, now)
    with transaction.atomic():
        number = sum(map(len, sealed.values()))
        detached = DetachedMonth.objects.create(
            table=table, name=part.name, since=part.since, upto=part.upto, rows=number, detached_at=now
        )
        _write(detached, sealed, needed)
        briefly(lambda: _take_out(trail, part, newest, needed))
    log.info("detached %s: %d rows, of which %d stay", part.name, number, len(needed))
    return detached


def attach(table: str, label: str, *, now: dt.datetime) -> int:
    """Attach the month that was detached last, once every row is proved, and return how many rows it has.

    Raises: RefusedError. OperationalError: somebody held a lock for too long; it may be repeated.
    """
    month, trail = _monthly(table), _trail(table)
    detached = DetachedMonth.objects.filter(table=table).order_by("-upto").first()
    if detached is None or detached.name != catalog.name_of(table, label):
        raise RefusedError(f"{detached.name} comes first." if detached else f"No month of {table} is detached.")
    if not catalog.is_there(detached.name):
        raise RefusedError(f"There is no table {detached.name}: restore it from its dump (pg_restore) first.")
    widening.widen(detached.name, trail.key)  # a month that was away while its table got wider keys
    _add_columns(table, detached.name)
    places = proving.look_around()
    numbers = detached.seals.values_list("seal", flat=True)
    for seal in Seal.objects.filter(number__in=numbers).order_by("number").iterator():
        _raise(_proof(seal, places).faults)
    _promise(month, detached)
    with transaction.atomic():
        briefly(lambda: _put_back(month, trail, detached))
        number, _all = detached.rows, detached.delete()
    log.info("attached %s: %d rows", detached.name, number)
    return number


def gone_before(table: str) -> dt.datetime | None:
    """Return the moment before which the rows of a history are detached; None: all are there."""
    return DetachedMonth.objects.filter(table=table).order_by("-upto").values_list("upto", flat=True).first()


def is_sealed(part: Partition) -> bool:
    """Return whether every row of a partition is in a seal."""
    newest = value_of("SELECT max({key}) FROM {name}", key=_trail(part.table).key, name=part.name)
    return newest is None or newest <= sealing.sealed_upto(part.table)


def sign_again(now: dt.datetime) -> int:
    """Sign with the first of ``SECRETS_KEYS`` what an older one signed. Return how many rows were signed.

    From the newest to the oldest: so the oldest says whether anything is left to do.
    """
    oldest = DetachedRows.objects.select_related("month").order_by("pk").first()
    if oldest is None or oldest.signature == proving.sign(oldest):
        return 0
    number = 0
    for part in DetachedRows.objects.select_related("month").order_by("-pk").iterator(chunk_size=BATCH):
        if proving.is_signed(part):
            number += DetachedRows.objects.filter(pk=part.pk).update(signature=proving.sign(part))
    return number


def _monthly(table: str) -> MonthlyTable:
    try:
        return monthly.get(table)
    except LookupError:
        names = ", ".join(each.table for each in monthly.tables())
        raise RefusedError(f"{table} is not cut into months; these are: {names}.") from None


def _trail(table: str) -> Trail:
    return next(trail for trail in registry.TRAILS.values() if trail.table == table)


def _oldest(table: str, label: str) -> Partition:
    parts = [part for part in catalog.partitions(table) if part.label not in (KEPT, LATER)]
    wanted = next((part for part in parts if part.label == label), None)
    if wanted is None:
        raise RefusedError(f"{table} has no month {label}.")
    if wanted != parts[0]:
        raise RefusedError(f"{parts[0].name} is older: it comes first.")
    return wanted


def _raise(faults: Iterable[proving.Fault]) -> None:
    for fault in faults:
        raise RefusedError(f"The seals do not hold: {fault}. See manage.py verify_audit.")


# --- detach ----------------------------------------------------------------------------------------------------------


def _erase(trail: Trail, part: Partition, now: dt.datetime) -> None:
    """Erase the personal values of all rows, portion by portion."""
    after = value_of("SELECT min({key}) - 1 FROM {name}", key=trail.key, name=part.name) if trail.personal else None
    while after is not None:
        statement = "SELECT {key} FROM {name} WHERE {key} > %s ORDER BY {key} LIMIT %s"
        keys = [key for (key,) in rows_of(statement, after, BATCH, key=trail.key, name=part.name)]
        erasing.erase(trail.code, keys, now=now)
        after = keys[-1] if keys else None


def _prove(trail: Trail, part: Partition, low: int, newest: int) -> Sealed:
    """Return the digests of all rows by their seals, which are held against the rows. Raises: RefusedError."""
    _raise(verifying.chain_faults())
    places = proving.look_around()
    sealed: Sealed = {}
    seals = Seal.objects.filter(table=part.table, upto_id__gte=low, after_id__lt=newest).order_by("number")
    for seal in seals.iterator():
        own = _keys(trail, part, seal)
        if own:
            proof = _proof(seal, places)
            _raise(proof.faults)
            sealed[seal.number] = {key: proof.found[key] for key in own}
    number = value_of("SELECT count(*) FROM {name}", name=part.name)
    without = number - sum(map(len, sealed.values()))
    if without:
        raise RefusedError(f"{without} rows of {part.name} have no seal yet.")
    return sealed


@transaction.atomic
def _proof(seal: Seal, places: proving.Places) -> proving.Proof:
    return proving.prove(seal, places)


def _keys(trail: Trail, part: Partition, seal: Seal) -> list[int]:
    statement = "SELECT {key} FROM {name} WHERE {key} > %s AND {key} <= %s ORDER BY {key}"
    return [key for (key,) in rows_of(statement, seal.after_id, seal.upto_id, key=trail.key, name=part.name)]


def _needed(month: MonthlyTable, part: Partition, now: dt.datetime) -> frozenset[int]:
    rows = month.get_model()._base_manager.filter(**{f"{month.at}__lt": part.upto})
    if part.since is not None:
        rows = rows.filter(**{f"{month.at}__gte": part.since})
    return frozenset(month.needed(rows, now).order_by().values_list("pk", flat=True))


def _write(detached: DetachedMonth, sealed: Sealed, needed: frozenset[int]) -> None:
    DetachedRows.objects.bulk_create(_rows(detached, sealed, needed), batch_size=BATCH)


def _rows(detached: DetachedMonth, sealed: Sealed, needed: frozenset[int]) -> Iterator[DetachedRows]:
    for number, found in sealed.items():
        keys = sorted(found)
        value = b"".join(bytes.fromhex(found[key]) for key in keys)
        kept = sorted(needed.intersection(keys))
        rows = DetachedRows(month=detached, seal=number, keys=keys, kept=kept, digests=value)
        rows.signature = proving.sign(rows)
        yield rows


def _take_out(trail: Trail, part: Partition, newest: int | None, needed: frozenset[int]) -> None:
    names = {"table__": part.table, "name": part.name, "key": trail.key}
    execute("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", **names)
    if value_of("SELECT max({key}) FROM {name}", **names) != newest:
        raise RefusedError(f"Somebody wrote into {part.name} meanwhile.")
    stretch = Partition(part.table, catalog.name_of(part.table, KEPT), None, part.upto)
    first = catalog.partitions(part.table)[0]
    if first.name == stretch.name:
        months.detach(first)
    else:
        months.create(part.table, stretch.name)
    months.detach(part)
    if needed:
        _copy(_COPY_NEEDED, part.table, part.name, stretch.name, sorted(needed), key=trail.key)
    months.attach(stretch)


def _copy(statement: str, table: str, source: str, target: str, *values: object, **names: str) -> None:
    execute(statement, *values, source=source, target=target, columns=catalog.columns(table), **names)
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # no table is attached while a check of its foreign keys is due


# --- attach ----------------------------------------------------------------------------------------------------------

_MISSING = """
SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL(%s) ORDER BY attnum
"""


def _add_columns(table: str, name: str) -> None:
    """Add the columns that a release added to the history while the month was away."""
    for column, kind, must, default in rows_of(_MISSING, table, catalog.columns(name)):
        value = f" DEFAULT {default}".replace("{", "{{").replace("}", "}}") if default else ""
        rest = value + " NOT NULL" * must
        execute(f"ALTER TABLE {{name}} ADD COLUMN {{column}} {kind}{rest}", name=name, column=column)


def _check(detached: DetachedMonth) -> str:
    return f"{detached.table}_is_in_month"


def _promise(month: MonthlyTable, detached: DetachedMonth) -> None:
    """Have the database know that all rows are of the month, so that attaching it reads none under a lock."""
    names = {"name": detached.name, "check": _check(detached), "at": month.at}
    since = detached.since.isoformat() if detached.since else "-infinity"
    execute("ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {check}", **names)
    statement = "ALTER TABLE {name} ADD CONSTRAINT {check} CHECK ({at} >= %s AND {at} < %s)"
    execute(statement, since, detached.upto.isoformat(), **names)


def _put_back(month: MonthlyTable, trail: Trail, detached: DetachedMonth) -> None:
    table, kept = detached.table, catalog.name_of(detached.table, KEPT)
    names = {"table__": table, "kept": kept, "name": detached.name, "key": trail.key, "at": month.at}
    execute("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", **names)
    months.detach(Partition(table, kept, None, detached.upto))
    since = detached.since.isoformat() if detached.since else "-infinity"
    _copy(_COPY_NEWER, table, kept, detached.name, since, key=trail.key, at=month.at)
    execute("DELETE FROM {kept} WHERE {at} >= %s", since, **names)
    months.attach(Partition(table, detached.name, detached.since, detached.upto))
    execute("ALTER TABLE {name} DROP CONSTRAINT {check}", check=_check(detached), **names)
    if detached.since is None:
        execute("DROP TABLE {kept}", **names)
    else:
        months.attach(Partition(table, kept, None, detached.since))
