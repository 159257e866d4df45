"""Read every sealed row back and say what differs."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Max

from portal.audit import digests, registry
from portal.audit.models import RowSalt, Seal, SealMark

LATE = dt.timedelta(days=2)  # a row that is older and has no seal: nobody seals, or seals were taken away


@dataclass(frozen=True)
class Fault:
    """What differs, in which table, between which keys (of rows; of seals in the seals' own table)."""

    table: str
    after_id: int
    upto_id: int
    what: str

    def __str__(self) -> str:
        return f"{self.table}, {self.after_id} < id <= {self.upto_id}: {self.what}"


@dataclass
class Report:
    """What was read, and what differs. ``chain`` is the newest seal's: a copy kept elsewhere proves all of it."""

    seals: int = 0
    rows: int = 0
    erased: int = 0
    unsealed: int = 0
    number: int = 0
    chain: str = digests.FIRST
    is_signed: bool = False
    faults: list[Fault] = field(default_factory=list)


@transaction.atomic
def verify(*, now: dt.datetime, expected: str = "") -> Report:
    """Return what differs between the histories and their seals.

    ``expected`` is a chain from a copy that was kept elsewhere: one of the seals must have it.
    """
    report = Report()
    upto: dict[str, int] = {}
    chains: set[str] = set()
    tables = set(connection.introspection.table_names())
    for seal in Seal.objects.order_by("number").iterator():
        _check_link(seal, report)
        if seal.table in tables:
            _check_rows(seal, upto.get(seal.table, digests.BELOW_ALL), report)
        else:
            report.faults.append(Fault(seal.table, seal.after_id, seal.upto_id, "the table is gone"))
        upto[seal.table], report.chain, report.number = seal.upto_id, seal.chain, seal.number
        chains.add(seal.chain)
        last = seal
    if report.seals:
        report.is_signed = digests.is_signed(last.chain, last.signature)
        if not report.is_signed and digests.sign(last.chain):
            report.faults.append(_of_seal(last, "no key of this deployment signed it"))
    if expected and expected not in chains:
        report.faults.append(Fault(Seal._meta.db_table, 0, report.number, "no seal has the digest that was expected"))
    report.faults += _unsealed(upto, report, now)
    report.erased = RowSalt.objects.exclude(erased={}).count()
    return report


def _of_seal(seal: Seal, what: str) -> Fault:
    return Fault(Seal._meta.db_table, seal.number - 1, seal.number, what)


def _check_link(seal: Seal, report: Report) -> None:
    report.seals += 1
    if seal.number != report.number + 1:
        what = f"seals {report.number + 1} to {seal.number - 1} are missing"
        report.faults.append(Fault(Seal._meta.db_table, report.number, seal.number, what))
    if digests.of_seal(seal, report.chain) != seal.chain:
        report.faults.append(_of_seal(seal, "the seal was changed, or the one before it"))


def _check_rows(seal: Seal, after: int, report: Report) -> None:
    table = seal.table
    if seal.after_id != after:
        report.faults.append(Fault(table, after, seal.after_id, "no seal covers these rows"))
    rows = list(digests.read(table, seal.columns[0], after=seal.after_id, upto=seal.upto_id))
    salts = {}
    if seal.personal:
        covered = RowSalt.objects.filter(table=table, row_id__gt=seal.after_id, row_id__lte=seal.upto_id)
        salts = {salt.row_id: salt for salt in covered}
    found = digests.of_rows(rows, seal.columns, seal.personal, salts)
    report.rows += found.count
    told = _difference(seal, found)
    if told:
        report.faults.append(Fault(table, seal.after_id, seal.upto_id, told))


def _difference(seal: Seal, found: digests.RowsDigest) -> str:
    if found.count != seal.count:
        return f"{seal.count} rows were sealed, {found.count} are there"
    if found.wrong:
        return f"personal values differ from what was sealed or erased (id {', '.join(map(str, found.wrong[:10]))})"
    return "a row was changed" if found.value != seal.digest else ""


def _unsealed(upto: dict[str, int], report: Report, now: dt.datetime) -> Iterator[Fault]:
    marks = {mark.table: mark for mark in SealMark.objects.all()}
    for trail in registry.TRAILS.values():
        after, mark = upto.get(trail.table, digests.BELOW_ALL), marks.get(trail.table)
        rows = trail.get_model()._base_manager.filter(pk__gt=after)
        report.unsealed += rows.count()
        if mark is None:
            # Before its first mark, a history tells by its own times how long its rows have waited.
            newest = rows.filter(**{f"{trail.at}__lte": now - LATE}).aggregate(newest=Max("pk"))["newest"]
        else:
            newest = mark.upto_id if mark.upto_id > after and mark.marked_at <= now - LATE else None
        if newest is not None:
            yield Fault(trail.table, after, newest, f"rows older than {LATE.days} days have no seal")
