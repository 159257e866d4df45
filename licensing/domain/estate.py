"""Take in an estate's file, agree how to read it, and answer, order or remove what it brought.

A worker examines and imports, as due rows of ``portal.work``; ``estate_import`` judges and writes the rows.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from licensing.domain import plans
from licensing.domain.cells import text
from licensing.domain.estate_import import NotWaitingError
from licensing.domain.judging import is_csp_file
from licensing.domain.rows import is_contracts
from licensing.domain.shapes import FIELDS, find_header, read_header
from licensing.enums import EditionState, FileState
from licensing.models import QUEUE, Customer, EstateFile, Line, Mapping
from portal.accounts.models import User
from portal.limits import Limited, Scope
from portal.partners.models import Partner
from portal.tables.headers import plain
from portal.work import claims, usage

SAMPLE = 8


LOOK = 60  # rows to read when the file is examined


KEEP = dt.timedelta(days=30)  # a file's content after its import


class MappingIncompleteError(Exception):
    """``missing`` names the fields without which no row can be read."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


def upload(*, partner: Partner, name: str, content: bytes, by: User, now: dt.datetime) -> EstateFile:
    """Return the stored file, which a worker will examine. Two uploads of it at once are one.

    Raises: limits.LimitReachedError.
    """
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        Partner.objects.select_for_update().get(pk=partner.pk)
        same = EstateFile.objects.filter(partner=partner, digest=digest).exclude(
            state__in=[FileState.DONE, FileState.REFUSED, FileState.UNDONE]
        )
        if there := same.first():
            return there
        usage.use(Limited.UPLOAD, {Scope.ACCOUNT: by.pk, Scope.COMPANY: partner.pk}, now=now)
        return EstateFile.objects.create(
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
        "is_csp": is_csp_file(header.titles),
    }


def refuse(*, claim: claims.Claim, reason: str, now: dt.datetime) -> bool:
    """Mark the file as unreadable and delete its content. Return False if the claim is lost."""
    return claims.settle(
        claim, next_check_at=None, state=FileState.REFUSED, refused_why=reason, content=None, done_at=now
    )


def confirm(
    *,
    file: EstateFile,
    sheet: str,
    fields: dict[int, str],
    customer: str,
    now: dt.datetime,
    day_first: bool | None = None,
    has_titles: bool = True,
) -> None:
    """Have the whole file checked with this mapping, and remember it for the next file of this shape.

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
        if row.state in (FileState.CHECKING, FileState.TO_REVIEW, FileState.IMPORTING, FileState.DONE):
            return
        if row.state != FileState.TO_CONFIRM:
            raise NotWaitingError
        found = next((one for one in row.found["sheets"] if one["name"] == sheet), row.found["sheets"][0])
        kept = {"fields": {str(i): name for i, name in chosen.items()}, "customer": customer, "day_first": day_first}
        others = [[one["name"], one["height"]] for one in row.found["sheets"] if one is not found and one["titles"]]
        header, shape = (found["header"], found["shape"]) if has_titles else (found["header"] - 1, "")
        row.mapping = {**kept, "sheet": found["name"], "header": header, "shape": shape, "left_out": others}
        row.state, row.next_check_at, row.result = FileState.CHECKING, now, {}
        row.save(update_fields=["mapping", "state", "next_check_at", "result"])
        if shape:
            by_title = {plain(found["titles"][i]): name for i, name in chosen.items() if i < len(found["titles"])}
            Mapping.objects.update_or_create(
                partner_id=row.partner_id,
                shape=shape,
                defaults={
                    "mapping": {"titles": by_title, "customer": customer},
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
    """Delete a file that waits for its mapping or its approval. Return False if it no longer waits."""
    waiting = [FileState.TO_CONFIRM, FileState.TO_REVIEW]
    return bool(EstateFile.objects.filter(pk=file.pk, state__in=waiting).delete()[0])


def contents_over(now: dt.datetime) -> "QuerySet[EstateFile]":
    """Return the files that were imported long ago and still have their content."""
    return EstateFile.objects.filter(content__isnull=False, done_at__lt=now - KEEP)


def tick(*, customer: Customer, step: str, is_done: bool, now: dt.datetime) -> None:
    """Store that a step of the customer's transfer is done or not. A done step that is ticked again keeps its day."""
    with transaction.atomic():
        row = Customer.objects.select_for_update().get(pk=customer.pk)
        if is_done:
            row.steps_done.setdefault(step, timezone.localdate(now).isoformat())
        else:
            row.steps_done.pop(step, None)
        row.save(update_fields=["steps_done"])
