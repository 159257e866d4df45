"""The export for the data warehouse: each night what was written since the night before, and nothing is lost.

The position is the number of a transaction, below which every transaction had ended when the night read the tables.
PostgreSQL keeps in each row which transaction wrote it (``xmin``), so a night takes the rows of that transaction and
of all later ones. Times and keys cannot do this: both are given before a transaction ends, and a row that is committed
late would stand below a position that is already taken. So would a comparison with the whole snapshot, which does not
name the savepoints of transactions that are under way. A savepoint's number is larger than its transaction's, so that
the smallest number under way is below both. What is committed while an older transaction is still under way may come
in two nights: a reader keeps the row of the later one, by its key.

A night is a folder (``000012/``) whose ``manifest.json`` is written last, names every file with its digest, and is
never written again. A reader takes what manifests name. After a crash the night is made again: its files have other
names.

The position says what a table's readers have only if they had its columns before. So each night keeps them: a table
that is new, or has other columns, is sent whole.

Nights that go on from one to the next are a series. Where one cannot go on, another begins, with a random id and with
everything, which replaces all that a reader has: nothing else takes away what a database that is gone had told. That is

* in another place;
* when a manifest of this night or a later one is there already: of a program that died after it, or of the database
  before a restore. The number after it is taken;
* after a restore from a dump: one transaction has written all rows again, and ``written_by`` says another;
* after a restore to a point in time, which leaves all rows as they were: PostgreSQL's timeline is another. It is after
  a fail-over to a standby too, which may have lost what came last;
* when an administrator asks for it. The copy of a disk, put back, is seen by nothing else.

Deleted rows are not told: the portal deletes none of these.

Source: [postgres-snapshots], [postgres-timelines].
"""

import datetime as dt
import hashlib
import json
import logging
import random
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import DatabaseError, connection, models, transaction
from django.db.models.expressions import RawSQL

from portal.stores.base import make_ready, save_whole
from portal.warehouse import files
from portal.warehouse.files import Written
from portal.warehouse.models import WarehouseNight
from portal.warehouse.tables import TABLES, Table
from portal.work import claims, heartbeat, pace
from portal.work.backoff import back_off
from portal.work.kinds import Rate, TimeLimits, WorkKind

log = logging.getLogger(__name__)
_RNG = random.Random()  # noqa: S311  (spreads load, protects nothing)

FORMAT = 1
QUEUE, STORE = "warehouse", "warehouse"
HOUR = 1  # UTC: between the working days of Europe
EVERYTHING = 0
MANIFEST = "manifest.json"


class _WrittenSince(models.Func):
    """Whether a row was written by the transaction of this number or a later one, before ``newest``.

    A row's 32 bits and the newest number's 64 give the row's 64: no visible row is younger. A row of an earlier round
    of the 32 bits looks younger than it is, and comes once more.
    """

    output_field = models.BooleanField()
    template = "(%(newest)s - (%(newest)s - %(table)s.xmin::text::bigint) %%%% 4294967296) >= %(expressions)s"


# The first is exact; after a restore the last checkpoint may be older. A role, or a service, may be without either.
_TIMELINES = (
    "SELECT ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint",
    "SELECT timeline_id FROM pg_control_checkpoint()",
)
# Options of a store that say where it is; the others say how it is reached.
_WHERE = ("location", "endpoint", "account", "bucket")


class NightLostError(Exception):
    """Another worker holds the night now."""


@dataclass(frozen=True)
class _Begin:
    """Where a night begins: at ``since``, for the tables whose columns are those of the night before.

    Without a night before, it begins a series with everything.
    """

    place: str
    timeline: int
    series: str = field(default_factory=lambda: uuid.uuid4().hex)
    since: int = EVERYTHING
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def since_of(self, table: Table) -> int:
        """Return the position from which a table is sent; EVERYTHING: whole."""
        return self.since if self.columns.get(table.name) == _columns(table) else EVERYTHING


def _columns(table: Table) -> dict[str, str]:
    return {column.name: column.type for column in table.columns()}


def make(claim: claims.Claim, night: WarehouseNight) -> None:
    """Write the night, then make the row of the next."""
    if STORE not in settings.STORAGES:
        claims.settle(claim, next_check_at=next_night(claims.database_now()))
        return
    store = storages[STORE]
    try:
        begin = _begin(store, night)
        manifest = _write(store, claim, night, begin)
    except NightLostError:
        claims.dropped(claim)
    except OSError as error:
        log.warning("the warehouse's night waits for its store: %s", error)
        now = claims.database_now()
        claims.queue_failed(QUEUE, now=now)
        wait = pace.interval(back_off(night.errors + 1, base=60, cap=3600, rng=_RNG))
        claims.postpone(claim, until=now + wait)
    else:
        claims.queue_answered(QUEUE)
        if _done(claim, night, begin, manifest):
            _tidy(store, night, manifest)


def _free_number(store: Storage, night: WarehouseNight) -> int:
    """Return the night's number, or the one after the last night that is there, if that is not before it."""
    try:
        folders = store.listdir("")[0]
    except FileNotFoundError:  # a folder without any night
        return night.number
    later = sorted((int(name) for name in folders if name.isdecimal() and int(name) >= night.number), reverse=True)
    there = (number for number in later if store.exists(f"{number:06}/{MANIFEST}"))
    return next(there, night.number - 1) + 1


def _begin(store: Storage, night: WarehouseNight) -> _Begin:
    """Return where the night begins, which gets the first free number.

    It begins a series with everything, unless it goes on where the newest night ended.
    """
    number = _free_number(store, night)
    is_taken, night.number = number != night.number, number
    is_ours = RawSQL("written_by %% 4294967296 = portal_warehousenight.xmin::text::bigint", [], models.BooleanField())
    before = WarehouseNight.objects.exclude(position=None).annotate(is_ours=is_ours).order_by("-number").first()
    here = (_place(), _timeline())
    if is_taken or night.has_everything or before is None or not before.is_ours or not before.series:
        return _Begin(*here)
    if (before.place, before.timeline) != here:
        return _Begin(*here)
    assert before.position is not None
    return _Begin(*here, before.series, before.position, before.columns or {})


def _timeline() -> int:
    """Return the timeline that PostgreSQL writes; 0 where it does not say."""
    for statement in _TIMELINES:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
                return int(cursor.fetchone()[0])
        except DatabaseError as error:
            if not connection.is_usable():
                raise
            log.info("the timeline is not told: %s", error)
    return 0


def _place() -> str:
    """Return a digest that another place of the warehouse does not have."""
    declared = settings.STORAGES[STORE]
    options = declared.get("OPTIONS", {})
    where = [declared["BACKEND"], *(str(options.get(name, "")) for name in _WHERE)]
    return hashlib.sha256(json.dumps(where).encode()).hexdigest()


def _write(store: Storage, claim: claims.Claim, night: WarehouseNight, begin: _Begin) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="portal-warehouse-") as temporary:
        upto, made = _read(Path(temporary), begin)
        told = []
        for table, (rows, written) in made.items():
            saved = [_save(store, claim, night, each) for each in written]
            columns = [{"name": column.name, "type": column.type} for column in TABLES[table].columns()]
            is_everything = begin.since_of(TABLES[table]) == EVERYTHING
            told.append(
                {
                    "name": table, "key": "id", "is_everything": is_everything, "columns": columns, "rows": rows,
                    "files": saved,
                }
            )  # fmt: skip
    manifest = {
        "format": FORMAT, "series": begin.series, "night": night.number, "made_at": claims.database_now().isoformat(),
        "from": begin.since, "to": upto, "is_everything": begin.since == EVERYTHING, "tables": told,
    }  # fmt: skip
    if not claims.held(claim).exists():
        raise NightLostError
    save_whole(store, f"{night}/{MANIFEST}", ContentFile(json.dumps(manifest, indent=1).encode()))
    return manifest


def _read(folder: Path, begin: _Begin) -> tuple[int, dict[str, tuple[int, list[Written]]]]:
    """Return the new position, and each table's rows and files, all of one moment."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(
                "SELECT pg_snapshot_xmin(shown)::text::bigint, pg_snapshot_xmax(shown)::text::bigint"
                " FROM pg_current_snapshot() AS shown"
            )
            upto, newest = cursor.fetchone()
        made = {
            table.name: files.write(folder, table.name, table.columns(), _batches(table, begin.since_of(table), newest))
            for table in TABLES.values()
        }
    return upto, made


def _batches(table: Table, since: int, newest: int) -> Iterator[Sequence[Any]]:
    quoted = connection.ops.quote_name(table.model._meta.db_table)
    written = _WrittenSince(models.Value(since), newest=newest, table=quoted)
    rows = table.model._base_manager.order_by("pk")
    if since != EVERYTHING:
        rows = rows.filter(written)
    batch: list[Any] = []
    for row in rows.values_list(*(column.name for column in table.columns())).iterator(chunk_size=files.BATCH):
        batch.append(row)
        if len(batch) == files.BATCH:
            heartbeat.beat()
            yield batch
            batch = []
    if batch:
        yield batch


def _save(store: Storage, claim: claims.Claim, night: WarehouseNight, written: Written) -> dict[str, Any]:
    heartbeat.beat()
    # With the claim's number: who slept past the lease writes over nobody's file.
    name = f"{night}/{written.path.name.partition('.')[0]}-{claim.number}.{written.format}"
    with written.path.open("rb") as content:
        saved = store.save(name, File(content))
    return {"name": saved, "format": written.format, "bytes": written.size, "sha256": written.sha256}


def _done(claim: claims.Claim, night: WarehouseNight, begin: _Begin, manifest: dict[str, Any]) -> bool:
    now = claims.database_now()
    with transaction.atomic():
        row = claims.held(claim).select_for_update().first()
        is_asked_meanwhile = row is not None and row.has_everything and not night.has_everything
        ours = claims.settle(
            claim, next_check_at=None, number=night.number, made_at=now, position=manifest["to"],
            written_by=RawSQL("pg_current_xact_id()::text::bigint", []),
            rows={table["name"]: table["rows"] for table in manifest["tables"]},
            series=begin.series, place=begin.place, timeline=begin.timeline,
            columns={
                table["name"]: {column["name"]: column["type"] for column in table["columns"]}
                for table in manifest["tables"]
            },
            has_everything=manifest["is_everything"],
        )  # fmt: skip
        if ours:
            make_row(night.number + 1, next_night(now), has_everything=is_asked_meanwhile)
    return ours


def _tidy(store: Storage, night: WarehouseNight, manifest: dict[str, Any]) -> None:
    """Delete what workers that died left in the folder of a whole night."""
    named = {MANIFEST, *(file["name"].rpartition("/")[2] for table in manifest["tables"] for file in table["files"])}
    try:
        for name in store.listdir(str(night))[1]:
            if name not in named:
                store.delete(f"{night}/{name}")
    except OSError as error:
        log.warning("files of an unfinished night stay: %s", error)


def next_night(now: dt.datetime) -> dt.datetime:
    """Return the next moment at which a night is written."""
    tonight = now.astimezone(dt.UTC).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    real = tonight if tonight > now else tonight + dt.timedelta(days=1)
    return pace.night(real, now=now, spread=1)


def send_everything() -> WarehouseNight | None:
    """Have the coming night send everything again. Return it; None if there is none."""
    night = WarehouseNight.objects.filter(made_at=None).order_by("number").first()
    if night is not None:
        WarehouseNight.objects.filter(pk=night.pk).update(has_everything=True)
    return night


def make_store_ready() -> None:
    """Make the folder of the warehouse before its first night; a later one that misses it is missing a disk."""
    if STORE in settings.STORAGES and not WarehouseNight.objects.exclude(made_at=None).exists():
        make_ready(storages[STORE])


def make_row(number: int, at: dt.datetime, *, has_everything: bool = False) -> None:
    WarehouseNight.objects.bulk_create(
        [WarehouseNight(number=number, queue=QUEUE, next_check_at=at, has_everything=has_everything)],
        ignore_conflicts=True,
    )


def make_first(now: dt.datetime) -> None:
    """Make the row of the first night, if there is none."""
    if not WarehouseNight.objects.exists():
        make_row(1, next_night(now))


KIND = WorkKind(
    name="warehouse",
    model=WarehouseNight,
    queues={QUEUE: Rate(1, 1)},
    task="portal.write_warehouse",
    do=make,
    # It reads in one transaction, in which no lease can be renewed: what goes past it is dropped and done again.
    lease_seconds=3600,
    time_limits=TimeLimits(soft=3400, hard=3500),
    is_long=True,
    ticks=12,
    unwoken_because="It is due at night.",
)
