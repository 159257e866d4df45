"""Judge the rows of an estate's file and write them: every row is imported, or rejected with its reason.

Accepted + rejected = rows of the file, always. A line that is no longer in a file stays in the estate and is reported:
a shorter export must not delete anybody's plan. A worker imports; when it is killed, the row falls due again and
nothing else is left.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from licensing.domain import editions, plans
from licensing.domain.cells import Cell
from licensing.domain.families import Families
from licensing.domain.judging import judge
from licensing.domain.rows import Item, is_contracts, stem
from licensing.enums import FileState
from licensing.models import Agreement, Customer, EstateFile, Line, RejectedRow
from portal.partners.models import Partner
from portal.work import claims, heartbeat

SHOWN = 100  # changes that a result lists; the counts are of all


BATCH = 2000


class _Held(NamedTuple):
    """An existing line, small enough for fifty thousand of them. The fields from ``product`` on come from a row."""

    pk: int
    file_id: uuid.UUID | None
    product: str
    family: str
    online: bool
    part_number: str
    quantity: int
    authorization_number: str
    license_number: str
    program: str
    has_sa: bool | None
    start_on: dt.date | None
    end_on: dt.date | None
    sa_end_on: dt.date | None
    token_bought_on: dt.date | None
    warnings: list[str]
    row_no: int


_COPIED = _Held._fields[2:]


class NotWaitingError(Exception):
    """The file does not wait for a mapping, or no longer does."""


def bring_in(
    *,
    claim: claims.Claim,
    file: EstateFile,
    rows: list[list[Cell]],
    hidden: Sequence[int] = (),
    today: dt.date,
    now: Callable[[], dt.datetime],
) -> bool:
    """Write lines, rejected rows and plans, all or nothing. Return False if another worker was faster.

    ``rows`` are empty afterwards, to free their memory.
    """
    judged = judge(
        rows, file.mapping, Families(editions.current()), hidden=hidden,
        progress=lambda done: _tell_progress(claim, done),
    )  # fmt: skip
    rows.clear()
    with _aside(claim) as tell, transaction.atomic():
        partner = Partner.objects.select_for_update().get(pk=file.partner_id)
        # Not locked: progress must be written meanwhile. The fence is in the last statement.
        ours = claims.held(claim).defer("content").first()
        if ours is None:
            return False
        write = _write_contracts if is_contracts(file.mapping["fields"].values()) else _write
        result, touched = write(partner, ours, judged.items)
        tell(WRITTEN)
        RejectedRow.objects.bulk_create(
            [RejectedRow(file=ours, row_no=no, reason=why, cells=cells) for no, why, cells in judged.rejected],
            batch_size=BATCH,
        )
        result["planned"] = plans.make(
            partner=partner, customers=touched, today=today, now=now(),
            progress=lambda share: tell(WRITTEN + int(share * (99 - WRITTEN))),
        )  # fmt: skip
        is_ours = claims.settle(
            claim,
            next_check_at=None,
            state=FileState.DONE,
            rows=judged.rows,
            progress=judged.rows,
            accepted=judged.accepted,
            rejected=len(judged.rejected),
            result=result,
            done_at=now(),
            written=100,
        )
        transaction.set_rollback(not is_ours)
        return is_ours


WRITTEN = 40  # per cent of the writing that the lines take; the rest is for their plans


_TELL = f"""
UPDATE "{EstateFile._meta.db_table}" SET written = %s,
    lease_until = clock_timestamp() + make_interval(secs => %s),
    next_check_at = clock_timestamp() + make_interval(secs => %s)
WHERE id = %s AND claim_no = %s AND lease_until IS NOT NULL
"""  # noqa: S608


@contextmanager
def _aside(claim: claims.Claim) -> Iterator[Callable[[int], None]]:
    """Yield a function that reports progress over a connection of its own, because the import's transaction is not
    visible.
    """
    other = connection.copy()
    lease = settings.FILE_LEASE_SECONDS

    def tell(percent: int) -> None:
        with other.cursor() as cursor:
            cursor.execute(_TELL, [percent, lease, lease, claim.pk, claim.number])

    try:
        yield tell
    finally:
        other.close()


def _tell_progress(claim: claims.Claim, done: int) -> None:
    heartbeat.beat()
    claims.renew(claim, lease_seconds=settings.FILE_LEASE_SECONDS, progress=done)


Key = tuple[uuid.UUID, str]  # customer, identity


def _write(partner: Partner, file: EstateFile, items: list[Item]) -> tuple[dict[str, Any], list[uuid.UUID]]:
    customers = _customers(partner, items)
    merged = _merged(items)
    after = {(customers[key].pk, identity): item for (key, identity), item in merged.items()}
    before = _held(partner)
    renewed = _renew(before, after)
    difference = _difference(partner, file, before, after)
    keys = list(after)
    for start in range(0, len(keys), BATCH):
        heartbeat.beat()
        lines = [
            Line(
                customer_id=key[0], identity=key[1], file=file, **{name: getattr(after[key], name) for name in _COPIED}
            )
            for key in keys[start : start + BATCH]
        ]
        Line.objects.bulk_create(
            lines, update_conflicts=True, unique_fields=["customer", "identity"], update_fields=[*_COPIED, "file"]
        )
    counts = {"renewed": renewed, "merged": len(items) - len(merged), "spellings": _spellings(items)[:SHOWN]}
    return {**difference, **counts}, [customer.pk for customer in customers.values()]


def _held(partner: Partner) -> dict[Key, _Held]:
    rows = Line.objects.filter(customer__partner=partner)
    found = rows.values_list("customer_id", "identity", *_Held._fields).iterator(chunk_size=BATCH)
    return {(row[0], row[1]): _Held(*row[2:]) for row in found}


def _difference(partner: Partner, file: EstateFile, before: dict[Key, _Held], after: dict[Key, Item]) -> dict[str, Any]:
    """Return how many lines are new, changed, unchanged or gone, and the first of those that changed or are gone."""
    names = dict(Customer.objects.filter(partner=partner).values_list("pk", "name"))
    shown: list[dict[str, Any]] = []
    updated = same = 0
    for key, item in after.items():
        old = before.get(key)
        if old is None:
            continue
        fields = _changed(old, item)
        updated, same = updated + bool(fields), same + (not fields)
        if fields and len(shown) < SHOWN:
            shown.append({**_named(old, names[key[0]]), "fields": fields})
    replaced = _replaced(file, {before[key].file_id for key in after if key in before})
    gone = [(key, old) for key, old in before.items() if key not in after and old.file_id in replaced]
    return {
        "added": len(after) - updated - same,
        "updated": updated,
        "same": same,
        "gone": len(gone),
        "changes": shown,
        "no_longer": [_named(old, names[key[0]]) for key, old in gone[:SHOWN]],
    }


def _renew(before: dict[Key, _Held], after: dict[Key, Item]) -> int:
    """Match lines that differ only in their end, where just one match is possible. Return how many there were.

    A renewed agreement must not double a customer's licences.
    """
    old: dict[Any, list[Key]] = {}
    new: dict[Any, list[Key]] = {}
    for key, line in before.items():
        if key not in after:
            old.setdefault((key[0], stem(line)), []).append(key)
    for key, item in after.items():
        if key not in before:
            new.setdefault((key[0], stem(item)), []).append(key)
    renewed = []
    for what, keys in new.items():
        if len(keys) == len(old.get(what, ())) == 1:
            before[keys[0]] = line = before.pop(old[what][0])
            renewed.append(Line(pk=line.pk, identity=keys[0][1]))
    Line.objects.bulk_update(renewed, ["identity"], batch_size=BATCH)
    return len(renewed)


def _spellings(items: Iterable[Item]) -> list[list[str]]:
    """Return the spellings of each customer that the file spells in several ways."""
    found: dict[str, dict[str, None]] = {}
    for item in items:
        found.setdefault(item.customer_key, {})[item.customer] = None
    return [list(ways) for ways in found.values() if len(ways) > 1]


def _replaced(file: EstateFile, last_seen: set[uuid.UUID | None]) -> set[uuid.UUID]:
    """Return the files that this one replaces: equal columns, and they were the last to contain its lines.

    An export of one customer replaces no other customer's.
    """
    earlier = EstateFile.objects.filter(pk__in=last_seen - {None}, mapping__shape=file.mapping.get("shape"))
    return set(earlier.values_list("pk", flat=True))


def _write_contracts(partner: Partner, file: EstateFile, items: list[Item]) -> tuple[dict[str, Any], list[uuid.UUID]]:
    """Store each number with its end; the later end counts when a number occurs twice."""
    customers = _customers(partner, items)
    found = {(item.customer_key, item.license_number): item for item in sorted(items, key=lambda one: str(one.end_on))}
    rows = [
        Agreement(customer=customers[key], number=number, program=item.program, end_on=item.end_on)
        for (key, number), item in found.items()
        if item.end_on
    ]
    before = {(one.customer_id, one.number): one.end_on for one in Agreement.objects.filter(customer__partner=partner)}
    ends = [(before.get((row.customer_id, row.number)), row.end_on) for row in rows]
    Agreement.objects.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=["customer", "number"],
        update_fields=["program", "end_on"],
    )  # fmt: skip
    same = sum(old == new for old, new in ends)
    added = sum(old is None for old, _new in ends)
    counts = {"added": added, "same": same, "updated": len(rows) - added - same, "merged": len(items) - len(rows)}
    return {**counts, "gone": 0}, [customer.pk for customer in customers.values()]


def _customers(partner: Partner, items: Iterable[Item]) -> dict[str, Customer]:
    """Return the customers of the rows by key: existing ones, and new ones under their first spelling."""
    first = {item.customer_key: item for item in reversed(list(items))}
    known = {customer.key: customer for customer in Customer.objects.filter(partner=partner, key__in=first)}
    new = [
        Customer(partner=partner, key=key, name=item.customer, sector=item.sector, country=item.country)
        for key, item in first.items()
        if key not in known
    ]
    for customer in known.values():
        # A file fills in what nobody answered; it never replaces an answer.
        customer.sector = customer.sector or first[customer.key].sector
        customer.country = customer.country or first[customer.key].country
    Customer.objects.bulk_update(known.values(), ["sector", "country"], batch_size=BATCH)
    Customer.objects.bulk_create(new, batch_size=BATCH)
    return known | {customer.key: customer for customer in new}


def _merged(items: list[Item]) -> dict[tuple[str, str], Item]:
    """Return one item for the rows of one line, with the sum of their quantities."""
    found: dict[tuple[str, str], Item] = {}
    for item in items:
        key = (item.customer_key, item.identity)
        if key in found:
            found[key].quantity += item.quantity
            if "merged" not in found[key].warnings:
                found[key].warnings.append("merged")
        else:
            found[key] = item
    return found


def _changed(old: _Held, new: Item) -> dict[str, list[str]]:
    """Return the old and the new value of each field that changed."""
    return {
        name: [_shown(old, name), _shown(new, name)]
        for name in _COPIED
        if name not in ("row_no", "warnings") and getattr(old, name) != getattr(new, name)
    }


def _shown(line: Any, name: str) -> str:
    value = getattr(line, name)
    return "" if value is None else str(value)


def _named(line: _Held, customer: str) -> dict[str, Any]:
    number = line.authorization_number or line.license_number
    return {"customer": customer, "product": line.product, "number": number, "quantity": line.quantity}
