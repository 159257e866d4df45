"""Read the histories as one, newest first, a page at a time.

Each history goes backwards by its own key, so that a page costs as much at the end as at the beginning.
"""

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet

from portal.audit import registry
from portal.audit.registry import Told, Trail

PAGE = 50


@dataclass(frozen=True)
class Filters:
    """What the page shows. ``deed`` is the code of a history, or ``code:deed``; None and "": everything."""

    person: int | None = None
    company: uuid.UUID | None = None
    enrollment: uuid.UUID | None = None
    first: dt.datetime | None = None
    before: dt.datetime | None = None  # excluded
    deed: str = ""


@dataclass(frozen=True)
class HistoryLine:
    at: dt.datetime
    trail: Trail
    key: int
    told: Told


Cursor = dict[str, int]  # the key of each history's last row that was shown


def page(filters: Filters, cursor: Cursor, *, size: int = PAGE) -> tuple[list[HistoryLine], Cursor | None]:
    """Return the entries after the cursor, and the cursor for those after them; None at the end."""
    trails = [trail for trail in registry.shown() if filters.deed.partition(":")[0] in ("", trail.code)]
    found = {trail.code: rows for trail in trails if (rows := _rows(trail, filters, cursor.get(trail.code), size + 1))}
    heads = merge(
        *([(row_at, code, row) for row_at, row in rows] for code, rows in found.items()),
        key=lambda head: head[0],
        reverse=True,
    )
    taken = list(islice(heads, size + 1))
    after = {**cursor, **{code: int(row.pk) for _at, code, row in taken[:size]}}
    entries = _tell([(at, registry.TRAILS[code], row) for at, code, row in taken[:size]])
    return entries, after if len(taken) > size else None


def every(filters: Filters) -> Iterator[HistoryLine]:
    """Yield all entries, newest first."""
    cursor: Cursor | None = {}
    while cursor is not None:
        entries, cursor = page(filters, cursor, size=500)
        yield from entries


def _rows(trail: Trail, filters: Filters, below: int | None, most: int) -> list[tuple[dt.datetime, Any]]:
    """Return the next rows with the times by which they are merged.

    In a history whose times are not quite in the order of its keys, a row counts as no younger than the one before.
    """
    conditions = _conditions(trail, filters)
    if conditions is None:
        return []
    rows: QuerySet[Any] = trail.get_model()._base_manager.filter(conditions)
    rows = rows.filter(pk__lt=below) if below is not None else rows
    found: list[tuple[dt.datetime, Any]] = []
    for row in rows.order_by("-pk")[:most]:
        at = getattr(row, trail.at)
        found.append((min(at, found[-1][0]) if found else at, row))
    return found


def _conditions(trail: Trail, filters: Filters) -> Q | None:
    wanted: tuple[tuple[Any, Any], ...] = (
        (filters.person, trail.of_person),
        (filters.company, trail.of_company),
        (filters.enrollment, trail.of_enrollment),
    )
    conditions = Q()
    for value, lookup in wanted:
        if value is not None and lookup is None:
            return None
        conditions &= lookup(value) if value is not None and lookup is not None else Q()
    conditions &= Q(**{f"{trail.at}__gte": filters.first}) if filters.first else Q()
    conditions &= Q(**{f"{trail.at}__lt": filters.before}) if filters.before else Q()
    deed = filters.deed.partition(":")[2]
    return conditions & Q(**{trail.deed_field: deed}) if deed else conditions


def _tell(rows: list[tuple[dt.datetime, Trail, Any]]) -> list[HistoryLine]:
    entries: dict[tuple[str, int], HistoryLine] = {}
    for code in {trail.code for _at, trail, _row in rows}:
        trail = registry.TRAILS[code]
        own = [row for _at, other, row in rows if other is trail]
        assert trail.tell is not None
        for row, told in zip(own, trail.tell(own), strict=True):
            entries[code, row.pk] = HistoryLine(getattr(row, trail.at), trail, row.pk, told)
    return [entries[trail.code, row.pk] for _at, trail, row in rows]


def write_cursor(cursor: Cursor) -> str:
    """Return a cursor as text for an address."""
    return "_".join(f"{code}.{key}" for code, key in sorted(cursor.items()))


def read_cursor(text: str) -> Cursor:
    """Return the cursor of an address; what is no part of one is left out."""
    return {code: int(key) for code, key in _PART.findall(text[:1000]) if code in registry.TRAILS}


_PART = re.compile(r"([a-z-]+)\.(\d{1,18})")
