"""Undo a whole import: every line, customer and agreement is again what it was before, if nothing was built on it."""

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.db.models import Q

from licensing.domain import estate_difference, plans
from licensing.domain.estate_difference import COPIED
from licensing.domain.rows import is_contracts
from licensing.enums import FileState, Tenant
from licensing.models import Agreement, Customer, EstateFile, Line, LineBefore, Plan
from portal.partners.models import Partner

BATCH = 2000


class BuiltOnError(Exception):
    """The import cannot be undone; ``reason`` is a code: later_file, orders, answers."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def undo(*, file: EstateFile, today: dt.date, now: dt.datetime) -> None:
    """Take an import back and plan its customers again. A second call changes nothing.

    Raises:
        BuiltOnError: nothing was changed.
    """
    with transaction.atomic():
        partner = Partner.objects.select_for_update().get(pk=file.partner_id)
        row = EstateFile.objects.select_for_update().get(pk=file.pk)
        if row.state != FileState.DONE:
            return
        if reason := why_not(row):
            raise BuiltOnError(reason)
        touched = set(Line.objects.filter(before__file=row).values_list("customer", flat=True))
        touched |= {uuid.UUID(one[0]) for one in row.result.get("overwritten", ())}
        _restore_lines(row)
        _restore_agreements(row)
        _restore_answers(row)
        _remove_new_customers(row, touched)
        row.state = FileState.UNDONE
        row.save(update_fields=["state"])
        left = list(Customer.objects.filter(pk__in=touched).values_list("pk", flat=True))
        plans.make(partner=partner, customers=left, today=today, now=now)


def why_not(file: EstateFile) -> str:
    """Return the code of what was built on an import, '' for nothing."""
    lines = LineBefore.objects.filter(file=file)
    later = EstateFile.objects.filter(partner=file.partner_id, state=FileState.DONE, done_at__gt=file.done_at)
    if later.filter(lines_before__line__in=lines.values("line")).exists():
        return "later_file"
    if is_contracts(file.mapping.get("fields", {}).values()):
        return "later_file" if any(is_contracts(one.mapping["fields"].values()) for one in later) else ""
    if not lines.exists() and file.accepted:
        return "before_undo"
    new = Line.objects.filter(before__file=file, before__before__isnull=True)
    if new.filter(Q(ordered_on__isnull=False) | Q(keys_on__isnull=False)).exists():
        return "orders"
    answered = (
        Q(has_sa__isnull=False) | Q(end_on__isnull=False) | Q(unknown_online__isnull=False)
        | ~Q(tenant=Tenant.UNKNOWN) | ~Q(steps_done={})
    )  # fmt: skip
    new_customers = _new_customers(file, set(new.values_list("customer", flat=True)))
    return "answers" if new_customers.filter(answered).exists() else ""


def _new_customers(file: EstateFile, customers: set[uuid.UUID]) -> Any:
    """Return those of the customers that had no plan before this import."""
    earlier = Plan.objects.filter(customer__in=customers, made_at__lt=file.uploaded_at)
    return Customer.objects.filter(pk__in=customers).exclude(pk__in=earlier.values("customer"))


def _restore_lines(file: EstateFile) -> None:
    rows = LineBefore.objects.filter(file=file)
    Line.objects.filter(pk__in=rows.filter(before__isnull=True).values("line")).delete()
    known = set(EstateFile.objects.filter(partner=file.partner_id).values_list("pk", flat=True))
    lines = []
    for row in rows.iterator(chunk_size=BATCH):
        before = estate_difference.restored(row.before)
        before["file_id"] = uuid.UUID(before["file_id"]) if before["file_id"] else None
        before["file_id"] = before["file_id"] if before["file_id"] in known else None
        lines.append(Line(pk=row.line_id, **before))
    # Two lines can have exchanged their identities: the old ones are free before they are given back.
    Line.objects.bulk_update(
        [Line(pk=line.pk, identity=f"undo {line.pk}") for line in lines], ["identity"], batch_size=BATCH
    )
    Line.objects.bulk_update(lines, [*COPIED, "identity", "file"], batch_size=BATCH)


def _restore_agreements(file: EstateFile) -> None:
    for customer, number, before in file.result.get("overwritten", ()):
        rows = Agreement.objects.filter(customer=customer, number=number)
        if before is None:
            rows.delete()
        else:
            rows.update(program=before[0], end_on=dt.date.fromisoformat(before[1]))


def _restore_answers(file: EstateFile) -> None:
    for customer, sector, country in file.result.get("filled", ()):
        Customer.objects.filter(pk=customer).update(sector=sector, country=country)


def _remove_new_customers(file: EstateFile, touched: set[uuid.UUID]) -> None:
    _new_customers(file, touched).filter(lines=None, agreements=None).delete()
