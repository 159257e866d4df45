"""Import an estate: examine a file, agree how to read it, import every row or say why not, plan what follows.

A worker examines and imports, as due rows of ``portal.work``: when it is killed, the row falls due again and nothing
else is left. Accepted + rejected = rows of the file, always. A line that is no longer in a file stays in the estate and
is reported: a shorter export must not delete anybody's plan.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from licensing.domain import editions, plans
from licensing.domain.rows import (
    Cell,
    Families,
    Item,
    Reading,
    RowRejected,
    day_first_of,
    is_contracts,
    read_row,
    stem,
    text,
)
from licensing.domain.shapes import FIELDS, find_header, read_header
from licensing.enums import EditionState, FileState
from licensing.models import QUEUE, Agreement, Customer, EstateFile, Line, Mapping, RejectedRow
from portal.accounts.models import User
from portal.partners.models import Partner
from portal.tables.headers import plain
from portal.work import claims, heartbeat

SAMPLE = 8
LOOK = 60  # rows to read when the file is examined
SHOWN = 100  # changes that a result lists; the counts are of all
BATCH = 2000
KEEP_DAYS = 30  # a file's content after its import
DATES = ("start_on", "end_on", "sa_end_on", "token_bought_on")


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


class MappingIncompleteError(Exception):
    """``missing`` names the fields without which no row can be read."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


# --- upload and examination --------------------------------------------------------------------------------------
def upload(*, partner: Partner, name: str, content: bytes, by: User, now: dt.datetime) -> EstateFile:
    """Return the stored file, which a worker will examine. Two uploads of it at once are one."""
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        Partner.objects.select_for_update().get(pk=partner.pk)
        same = EstateFile.objects.filter(partner=partner, digest=digest).exclude(
            state__in=[FileState.DONE, FileState.REFUSED]
        )
        return same.first() or EstateFile.objects.create(
            partner=partner,
            name=name[-200:],
            digest=digest,
            content=content,
            uploaded_by=by,
            uploaded_at=now,
            queue=QUEUE,
            next_check_at=now,
        )


def looked(*, claim: claims.Claim, partner: Partner, sheets: Sequence[Any]) -> bool:
    """Store the result of the examination, and wait for the reseller.

    ``sheets`` have ``name``, ``hidden`` and ``rows``.
    """
    found = [_found(sheet) for sheet in sheets]
    shapes = {one["shape"]: one for one in found if one["shape"]}
    for kept in Mapping.objects.filter(partner=partner, shape__in=shapes):
        shapes[kept.shape]["remembered"] = kept.mapping
    best = max(
        range(len(found)), key=lambda n: (not found[n]["hidden"], len(found[n]["fields"]), len(found[n]["sample"]))
    )
    return claims.settle(claim, next_check_at=None, state=FileState.TO_CONFIRM, found={"sheets": found, "best": best})


def _found(sheet: Any) -> dict[str, Any]:
    header = find_header(sheet.rows)
    start = header.row if header else next((n for n, row in enumerate(sheet.rows) if any(map(text, row))), 0)
    header = header or read_header(start, sheet.rows[start] if sheet.rows else [])
    below = [row for row in sheet.rows[header.row + 1 :] if any(map(text, row))]
    return {
        "name": sheet.name,
        "hidden": sheet.hidden,
        "height": sheet.height,
        "header": header.row,
        "titles": list(header.titles),
        "fields": {str(index): name for index, name in header.fields.items()},
        "shape": header.shape if any(header.titles) else "",
        "sample": [[text(cell)[:80] for cell in row] for row in below[:SAMPLE]],
        "day_first": day_first_of(
            cell for row in below for index, cell in enumerate(row) if header.fields.get(index) in DATES
        ),
    }


def refuse(*, claim: claims.Claim, reason: str, now: dt.datetime) -> bool:
    """Mark the file as unreadable and delete its content. Return False if the claim is lost."""
    return claims.settle(
        claim, next_check_at=None, state=FileState.REFUSED, refused_why=reason, content=None, done_at=now
    )


# --- the reseller confirms ----------------------------------------------------------------------------------------
def confirm(
    *,
    file: EstateFile,
    sheet: str,
    fields: dict[int, str],
    customer: str,
    day_first: bool,
    now: dt.datetime,
    has_titles: bool = True,
) -> None:
    """Import the file with this mapping, and remember it for the next file of this shape.

    A second confirmation adds nothing.

    Without titles the first filled row is an ordinary line, and there is no shape to remember.

    Raises:
        MappingIncompleteError: product or part number, quantity, and a customer are needed.
        NotWaitingError: the file was refused meanwhile.
    """
    chosen = {index: name for index, name in fields.items() if name in FIELDS}
    missing = _missing(set(chosen.values()), customer)
    if missing:
        raise MappingIncompleteError(missing)
    with transaction.atomic():
        row = EstateFile.objects.select_for_update().get(pk=file.pk)
        if row.state in (FileState.IMPORTING, FileState.DONE):
            return
        if row.state != FileState.TO_CONFIRM:
            raise NotWaitingError
        found = next((one for one in row.found["sheets"] if one["name"] == sheet), row.found["sheets"][0])
        kept = {"fields": {str(i): name for i, name in chosen.items()}, "customer": customer, "day_first": day_first}
        others = [[one["name"], one["height"]] for one in row.found["sheets"] if one is not found and one["titles"]]
        header, shape = (found["header"], found["shape"]) if has_titles else (found["header"] - 1, "")
        row.mapping = {**kept, "sheet": found["name"], "header": header, "shape": shape, "left_out": others}
        row.state, row.next_check_at = FileState.IMPORTING, now
        row.save(update_fields=["mapping", "state", "next_check_at"])
        if shape:
            by_title = {plain(found["titles"][i]): name for i, name in chosen.items() if i < len(found["titles"])}
            Mapping.objects.update_or_create(
                partner_id=row.partner_id,
                shape=shape,
                defaults={
                    "mapping": {"titles": by_title, "customer": customer, "day_first": day_first},
                    "saved_at": now,
                },
            )


def _missing(names: set[str], customer: str) -> list[str]:
    missing = []
    if is_contracts(names):
        return [] if "customer" in names or customer.strip() else ["customer"]
    if not names & {"product", "part_number"}:
        missing.append("product")
    if "quantity" not in names:
        missing.append("quantity")
    if "customer" not in names and not customer.strip():
        missing.append("customer")
    return missing


# --- importing --------------------------------------------------------------------------------------------------
@dataclass
class Judged:
    """Every row of the sheet below its header, accepted or rejected."""

    items: list[Item] = field(default_factory=list)
    rejected: list[tuple[int, str, list[str]]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(self.items) + len(self.rejected)


def judge(
    rows: Sequence[Sequence[Cell]],
    mapping: dict[str, Any],
    families: Families,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> Judged:
    """Return every row under the header, accepted or rejected; empty rows are skipped.

    Row numbers count from 1, like those the file shows.
    """
    fields = {int(index): name for index, name in mapping["fields"].items()}
    below = rows[mapping["header"] + 1 :]
    reading = Reading(fields, mapping.get("customer", ""), bool(mapping.get("day_first", True)), _told(below, fields))
    country = next((index for index, name in fields.items() if name == "country"), None)
    summed = country is not None and any(
        len(row) > country and plain(text(row[country])) == "all countries" for row in rows
    )
    judged = Judged()
    for number, row in enumerate(below, start=mapping["header"] + 2):
        if not any(cell not in ("", None) and text(cell) for cell in row):
            continue
        try:
            # Microsoft's statement lists each country below the sum of all; only the sum counts.
            if summed and country is not None and plain(text(row[country])) != "all countries":
                raise RowRejected("per_country")
            judged.items.append(read_row(row, number, reading, families))
        except RowRejected as refusal:
            judged.rejected.append((number, refusal.reason, [text(cell)[:200] for cell in row]))
        if number % 2500 == 0:
            progress(judged.rows)
    return judged


def _told(rows: Sequence[Sequence[Cell]], fields: dict[int, str]) -> dict[str, bool]:
    """Return whether the day comes first, for each column of dates whose values show it."""
    columns = {name: index for index, name in fields.items() if name in DATES}
    told = {name: day_first_of(row[at] for row in rows if at < len(row)) for name, at in columns.items()}
    return {name: is_first for name, is_first in told.items() if is_first is not None}


def bring_in(
    *,
    claim: claims.Claim,
    file: EstateFile,
    rows: list[list[Cell]],
    today: dt.date,
    now: Callable[[], dt.datetime],
) -> bool:
    """Write lines, rejected rows and plans, all or nothing. Return False if another worker was faster.

    ``rows`` are empty afterwards, to free their memory.
    """
    judged = judge(rows, file.mapping, Families(editions.current()), progress=lambda done: _tell_progress(claim, done))
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
            accepted=len(judged.items),
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
    """Yield a function that reports progress over a second connection, whose writes are visible at once."""
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


def _line(file: EstateFile, key: Key, item: Item) -> Line:
    values = {name: getattr(item, name) for name in _COPIED}
    return Line(customer_id=key[0], identity=key[1], file=file, **values)


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


# --- afterwards -------------------------------------------------------------------------------------------------
def answer(*, customer: Customer, today: dt.date, now: dt.datetime, **answers: Any) -> None:
    """Store the reseller's answers about a customer (sector, country, has_sa, end_on, unknown_online) and plan again.

    Repeated on one day, an answer makes no second plan, unless the plan is of older facts or of an earlier day.
    """
    with transaction.atomic():
        Partner.objects.select_for_update().get(pk=customer.partner_id)
        fresh = customer.plans.filter(is_current=True, as_of=today, edition__state=EditionState.PUBLISHED)
        known = Customer.objects.filter(pk=customer.pk).values(*answers).first()
        if known == answers and fresh.exists():
            return  # nothing is new
        for name, value in answers.items():
            setattr(customer, name, value)
        customer.save(update_fields=list(answers))
        plans.make(partner=customer.partner, customers=[customer.pk], today=today, now=now)


def record_order(*, line: Line, ordered_on: dt.date | None, keys_on: dt.date | None) -> None:
    """Store when a line was ordered and its keys came; deadlines follow from it. Empty days undo it."""
    Line.objects.filter(pk=line.pk).update(ordered_on=ordered_on, keys_on=keys_on)


def remove_line(*, line: Line, today: dt.date, now: dt.datetime) -> None:
    """Delete a line with its days, and plan the customer again."""
    customer = line.customer
    with transaction.atomic():
        Partner.objects.select_for_update().get(pk=customer.partner_id)
        if Line.objects.filter(pk=line.pk).delete()[0]:
            plans.make(partner=customer.partner, customers=[customer.pk], today=today, now=now)


def remove_customer(*, customer: Customer) -> None:
    """Delete a customer with their lines and plans."""
    with transaction.atomic():
        Partner.objects.select_for_update().get(pk=customer.partner_id)
        Customer.objects.filter(pk=customer.pk).delete()


def withdraw(*, file: EstateFile) -> bool:
    """Delete a file that waits for its mapping. Return False if it no longer waits."""
    return bool(EstateFile.objects.filter(pk=file.pk, state=FileState.TO_CONFIRM).delete()[0])


def forget_contents(*, now: dt.datetime) -> int:
    """Delete the content of files that were imported long ago, and return their number."""
    old = EstateFile.objects.filter(content__isnull=False, done_at__lt=now - dt.timedelta(days=KEEP_DAYS))
    return old.update(content=None)


def tick(*, customer: Customer, step: str, is_done: bool, now: dt.datetime) -> None:
    """Store that a step of the customer's transfer is done or not. A done step that is ticked again keeps its day."""
    with transaction.atomic():
        row = Customer.objects.select_for_update().get(pk=customer.pk)
        if is_done:
            row.steps_done.setdefault(step, timezone.localdate(now).isoformat())
        else:
            row.steps_done.pop(step, None)
        row.save(update_fields=["steps_done"])
