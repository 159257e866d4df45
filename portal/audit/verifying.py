"""Read every sealed row back and say what differs."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max

from portal.audit import digests, proving, registry
from portal.audit.models import RowSalt, Seal, SealMark
from portal.audit.proving import Fault

LATE = dt.timedelta(days=2)  # a row that is older and has no seal: nobody seals, or seals were taken away


@dataclass
class Report:
    """What was read, and what differs. ``chain`` is the newest seal's: a copy kept elsewhere proves all of it.

    ``detached`` are rows that nobody can read here, because their month was detached, and its table dropped.
    """

    seals: int = 0
    rows: int = 0
    detached: int = 0
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
    places = proving.look_around()
    for seal in Seal.objects.order_by("number").iterator():
        _check_link(seal, report)
        if seal.table in places.tables:
            _check_rows(seal, upto.get(seal.table, digests.BELOW_ALL), places, report)
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


def chain_faults() -> list[Fault]:
    """Return what differs between the seals and their chain. No row of a history is read."""
    report = Report()
    for seal in Seal.objects.order_by("number").iterator():
        _check_link(seal, report)
        report.chain, report.number = seal.chain, seal.number
    return report.faults


def _check_rows(seal: Seal, after: int, places: proving.Places, report: Report) -> None:
    if seal.after_id != after:
        report.faults.append(Fault(seal.table, after, seal.after_id, "no seal covers these rows"))
    proof = proving.prove(seal, places)
    report.rows += proof.read
    report.detached += proof.detached
    report.faults += proof.faults


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
