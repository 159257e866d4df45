"""Judge the rows of an estate's file and write them: every row is imported, or rejected with its reason.

Accepted + rejected = rows of the file, always. A line that is no longer in a file stays in the estate and is reported:
a shorter export must not delete anybody's plan. A worker imports; when it is killed, the row falls due again and
nothing else is left.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from licensing.domain import editions, estate_difference, plans
from licensing.domain.cells import Cell, number_key
from licensing.domain.estate_difference import COPIED, SHOWN, Held, Key
from licensing.domain.families import Families
from licensing.domain.judging import judge
from licensing.domain.rows import Item, is_contracts
from licensing.enums import FileState
from licensing.models import Agreement, Customer, EstateFile, Line, LineBefore, RejectedRow
from portal.partners.models import Partner
from portal.work import claims, heartbeat

BATCH = 2000


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
        progress=lambda done: tell_progress(claim, done),
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


_TELL = """
UPDATE licensing_estatefile SET written = %s,
    lease_until = clock_timestamp() + make_interval(secs => %s),
    next_check_at = clock_timestamp() + make_interval(secs => %s)
WHERE id = %s AND claim_no = %s AND lease_until IS NOT NULL
"""


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


def tell_progress(claim: claims.Claim, done: int) -> None:
    heartbeat.beat()
    claims.renew(claim, lease_seconds=settings.FILE_LEASE_SECONDS, progress=done)


def _write(partner: Partner, file: EstateFile, items: list[Item]) -> tuple[dict[str, Any], list[uuid.UUID]]:
    customers, filled = _customers(partner, items)
    merged = estate_difference.merged(items)
    after = {(customers[key].pk, identity): item for (key, identity), item in merged.items()}
    before, stale = estate_difference.held(partner)
    renewed = estate_difference.match_renewed(before, after)
    identities = [*stale, *((before[key].pk, key[1]) for key in renewed)]
    Line.objects.bulk_update([Line(pk=pk, identity=new) for pk, new in identities], ["identity"], batch_size=BATCH)
    difference = estate_difference.difference(partner, file.mapping.get("shape"), before, after)
    keys = list(after)
    for start in range(0, len(keys), BATCH):
        heartbeat.beat()
        lines = [
            Line(customer_id=key[0], identity=key[1], file=file, **{name: getattr(after[key], name) for name in COPIED})
            for key in keys[start : start + BATCH]
        ]
        Line.objects.bulk_create(
            lines, update_conflicts=True, unique_fields=["customer", "identity"], update_fields=[*COPIED, "file"]
        )
    _keep_before(file, {key: line for key, line in before.items() if key in after}, renewed)
    counts = {
        "renewed": len(renewed),
        "merged": len(items) - len(merged),
        "spellings": estate_difference.spellings(items)[:SHOWN],
        "filled": filled,
    }
    return {**difference, **counts}, [customer.pk for customer in customers.values()]


def _keep_before(file: EstateFile, before: dict[Key, Held], renewed: dict[Key, Key]) -> None:
    """Store what the lines of this file were, for an undo. A new line has nothing before it."""
    rows = Line.objects.filter(file=file).values_list("pk", "customer_id", "identity")
    batch: list[LineBefore] = []
    for pk, customer, identity in rows.iterator(chunk_size=BATCH):
        line = before.get((customer, identity))
        key = renewed.get((customer, identity), (customer, identity))
        batch.append(LineBefore(file=file, line_id=pk, before=line and estate_difference.stored(line, key[1])))
        if len(batch) == BATCH:
            heartbeat.beat()
            LineBefore.objects.bulk_create(batch)
            batch = []
    LineBefore.objects.bulk_create(batch)


def _write_contracts(partner: Partner, file: EstateFile, items: list[Item]) -> tuple[dict[str, Any], list[uuid.UUID]]:
    """Store each number with its end; the later end counts when a number occurs twice."""
    customers, filled = _customers(partner, items)
    latest = estate_difference.latest_contracts(items)
    known = {
        (one.customer_id, number_key(one.number)): one
        for one in Agreement.objects.filter(customer__partner=partner).order_by("-pk")
    }
    counts = estate_difference.contracts(partner, items)
    rows, overwritten = [], []
    for (key, number), item in latest.items():
        if item.end_on is None:
            continue  # no such row is accepted
        customer = customers[key]
        old = known.get((customer.pk, number))
        # One agreement, however this file spells its number.
        spelled = old.number if old else item.license_number
        rows.append(Agreement(customer=customer, number=spelled, program=item.program, end_on=item.end_on))
        before = [old.program, old.end_on.isoformat()] if old else None
        overwritten.append([str(customer.pk), spelled, before])
    Agreement.objects.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=["customer", "number"],
        update_fields=["program", "end_on"],
    )  # fmt: skip
    done = {**counts, "overwritten": overwritten, "filled": filled}
    return done, [customer.pk for customer in customers.values()]


def _customers(partner: Partner, items: Iterable[Item]) -> tuple[dict[str, Customer], list[list[str]]]:
    """Return the customers of the rows by key, existing and new ones, and what was filled in, as it was before.

    A file fills in what nobody answered; it never replaces an answer.
    """
    said = estate_difference.customers_of(items)
    known = {customer.key: customer for customer in Customer.objects.filter(partner=partner, key__in=said)}
    new = [
        Customer(partner=partner, key=key, name=one.name, sector=one.sector, country=one.country)
        for key, one in said.items()
        if key not in known
    ]
    filled = []
    for customer in known.values():
        one = said[customer.key]
        before = [str(customer.pk), customer.sector, customer.country]
        customer.sector = customer.sector or one.sector
        customer.country = customer.country or one.country
        if before[1:] != [customer.sector, customer.country]:
            filled.append(before)
    Customer.objects.bulk_update(known.values(), ["sector", "country"], batch_size=BATCH)
    Customer.objects.bulk_create(new, batch_size=BATCH)
    return known | {customer.key: customer for customer in new}, filled
