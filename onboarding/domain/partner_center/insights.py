"""Take in a file of the Insights export: examine it, and agree what its columns and values mean.

Only this export shows Microsoft's vetting to an indirect provider. A worker examines and imports, as due rows of
``portal.work``; ``insights_import`` writes what the rows say. Source: [ms-insights].
"""

import datetime as dt
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from onboarding.domain.partner_center.insights_columns import (
    FIELDS,
    ExportRow,
    find_header,
    guess,
    header_at,
    text,
)
from onboarding.domain.reasons.catalogue import BDM_ASKS, raisable
from onboarding.enums import (
    VALIDATIONS,
    Authority,
    ImportState,
    Meaning,
)
from onboarding.models import InsightsFile, InsightsShape
from onboarding.models.insights import QUEUE
from portal import days
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.limits import Limited, Scope
from portal.tables.headers import HEADER_WITHIN, Header, plain
from portal.work import claims, usage

SAMPLE = 4  # rows under the titles that the page shows


MOST_SHEETS = 10


MOST_VALUES = 40  # different ones in a column; with more it is no status


CODED = ("vetting", "agreement")  # fields whose values mean something


REFUSED_EACH = "refused"  # each open validation gets the reason that belongs to it


class NotWaitingError(Exception):
    """The file does not wait for an answer, or no longer does."""


class ColumnsMissingError(Exception):
    """``missing`` names fields without which no row can be read: the number, and one of the two states."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class NoStatusError(Exception):
    """The column chosen as ``field`` has too many different values for a status."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def upload(*, name: str, content: bytes, as_of: dt.date, by: Bdm, now: dt.datetime) -> InsightsFile:
    """Return the stored file, which a worker will examine. Two uploads of it at once are one.

    Raises: limits.LimitReachedError.
    """
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        Bdm.objects.select_for_update().get(pk=by.pk)
        waiting = InsightsFile.objects.exclude(state__in=[ImportState.DONE, ImportState.REFUSED])
        same = waiting.filter(uploaded_by=by.user_id, digest=digest, as_of=as_of).first()
        if same:
            return same
        usage.use(Limited.UPLOAD, {Scope.ACCOUNT: by.user_id}, now=now)
        return InsightsFile.objects.create(
            name=name[-200:], digest=digest, content=content, as_of=as_of, uploaded_by_id=by.user_id, uploaded_at=now,
            queue=QUEUE, next_check_at=now,
        )  # fmt: skip


def looked(*, claim: claims.Claim, file: InsightsFile, sheets: Sequence[Any]) -> bool:
    """Store the result of the examination. A file of known shape and values is imported at once, any other waits.

    ``sheets`` have ``name``, ``hidden`` and all ``rows``, because each column's values are counted.
    """
    found = [_found(sheet) for sheet in sheets[:MOST_SHEETS]]
    views = [view_of(sheet) for sheet in found]
    best = max(
        range(len(found)), key=lambda n: (not found[n]["hidden"], len(views[n].header.fields), found[n]["filled"])
    )
    values: dict[str, Any] = {"found": {"sheets": found, "best": best}, "state": ImportState.TO_MAP}
    mapping = _known_mapping(found[best], views[best])
    if mapping:
        values |= {"mapping": mapping, "state": ImportState.IMPORTING}
    return claims.settle(claim, next_check_at=file.uploaded_at if mapping else None, **values)


def _found(sheet: Any) -> dict[str, Any]:
    values: dict[int, dict[str, int] | None] = {}
    filled = 0
    for number, row in enumerate(sheet.rows):
        filled += any(map(text, row))
        for index, cell in enumerate(row):
            seen = values.setdefault(index, {})
            if seen is None:
                continue
            seen[text(cell)[:80]] = number
            if len(seen) > MOST_VALUES + HEADER_WITHIN:
                values[index] = None
    return {
        "name": sheet.name,
        "hidden": sheet.hidden,
        "filled": filled,
        "rows": [[text(cell)[:60] for cell in row] for row in sheet.rows[: HEADER_WITHIN + SAMPLE]],
        # For each column its values, each with the last row that has it: cells above the titles are not values.
        "values": {str(index): seen for index, seen in values.items()},
    }


@dataclass(frozen=True)
class View:
    """One sheet, read with its titles in one row (counting from 0)."""

    name: str
    header: Header
    sample: list[list[str]]
    fields: dict[str, int]  # as remembered, or guessed


def view_of(sheet: dict[str, Any], row: int | None = None) -> View:
    rows = sheet["rows"]
    guessed = None if row is not None and row < len(rows) else find_header(rows)
    if guessed is None:
        first = next((number for number, cells in enumerate(rows) if any(cells)), 0)
        guessed = header_at(rows or [[]], row if row is not None and row < len(rows) else first)
    below = [cells for cells in rows[guessed.row + 1 :] if any(cells)]
    fields = {name: index for index, name in guessed.fields.items()}
    return View(sheet["name"], guessed, below[:SAMPLE], fields)


def remembered(view: View) -> dict[str, Any]:
    """Return the mapping of the last file of this shape; {} for a new one."""
    kept = InsightsShape.objects.filter(shape=view.header.shape).first() if any(view.header.titles) else None
    return dict(kept.mapping) if kept else {}


def _known_mapping(sheet: dict[str, Any], view: View) -> dict[str, Any]:
    """Return the mapping, if no question is open."""
    kept = remembered(view)
    fields = remembered_fields(view, kept)
    if not kept or missing(fields):
        return {}
    meanings: dict[str, dict[str, str]] = {}
    for name in CODED:
        if name not in fields:
            continue
        values = distinct(sheet, fields[name], view.header.row)
        known = kept["meanings"].get(name, {})
        if values is None or any(key(value) not in known for value in values):
            return {}
        meanings[name] = {key(value): known[key(value)] for value in values}
    return {**_columns(view, fields), "meanings": meanings, "rejected_as": kept["rejected_as"], "remembered": True}


def remembered_fields(view: View, kept: dict[str, Any]) -> dict[str, int]:
    titles = {plain(title): index for index, title in reversed(list(enumerate(view.header.titles)))}
    found = {name: titles[title] for title, name in kept.get("titles", {}).items() if title in titles}
    return found or view.fields


def distinct(sheet: dict[str, Any], column: int, header: int) -> list[str] | None:
    """Return the different values of a column under its titles, one spelling of each; None where there are too many.

    Empty cells are left out.
    """
    seen = sheet["values"].get(str(column), {})
    if seen is None:
        return None
    found: dict[str, str] = {}
    for value, last in sorted(seen.items()):
        if last > header and value:
            found.setdefault(key(value), value)
    return list(found.values()) if len(found) <= MOST_VALUES else None


def key(value: str) -> str:
    """Return the key of a value, for all its spellings; a lone sign, such as a tick, is its own key."""
    return plain(value) or value


def missing(fields: Collection[str]) -> list[str]:
    lacking = [] if "number" in fields else ["number"]
    return lacking + ([] if set(CODED) & set(fields) else list(CODED))


def refuse(*, claim: claims.Claim, reason: str, now: dt.datetime) -> bool:
    """Mark the file as unreadable and delete its content. Return False if the claim is lost."""
    return claims.settle(
        claim, next_check_at=None, state=ImportState.REFUSED, refused_why=reason, content=None, done_at=now
    )


def _columns(view: View, fields: dict[str, int]) -> dict[str, Any]:
    return {
        "sheet": view.name,
        "header": view.header.row,
        "titles": list(view.header.titles),
        "shape": view.header.shape,
        "fields": {name: index for name, index in fields.items() if name in FIELDS},
    }


@transaction.atomic
def choose_columns(*, file: InsightsFile, view: View, fields: dict[str, int]) -> None:
    """Store which column is which field. The meaning of their values is asked next.

    Raises: ColumnsMissingError, NoStatusError, NotWaitingError.
    """
    if lacking := missing(fields):
        raise ColumnsMissingError(lacking)
    row = _waiting(file)
    sheet = next(one for one in row.found["sheets"] if one["name"] == view.name)
    for name in CODED:
        if name in fields and distinct(sheet, fields[name], view.header.row) is None:
            raise NoStatusError(name)
    row.mapping = _columns(view, fields)
    row.save(update_fields=["mapping"])


@dataclass(frozen=True)
class ColumnQuestion:
    """What does this value of this field mean? ``guess`` is the last answer, or what its words suggest."""

    field: str
    value: str
    guess: str


def questions(file: InsightsFile) -> list[ColumnQuestion]:
    """Return every value of the chosen columns; [] until columns are chosen."""
    if "fields" not in file.mapping:
        return []
    known = remembered_of(file).get("meanings", {})
    sheet = next(one for one in file.found["sheets"] if one["name"] == file.mapping["sheet"])
    asked = []
    for name in CODED:
        if name in file.mapping["fields"]:
            values = distinct(sheet, file.mapping["fields"][name], file.mapping["header"]) or []
            asked += [
                ColumnQuestion(name, value, known.get(name, {}).get(key(value)) or guess(name, value) or "")
                for value in values
            ]
    return asked


def remembered_of(file: InsightsFile) -> dict[str, Any]:
    """Return the mapping of the last file of the shape that was chosen for this one."""
    kept = InsightsShape.objects.filter(shape=file.mapping["shape"]).first()
    return dict(kept.mapping) if kept else {}


def rejections() -> list[str]:
    """Return the reasons to choose from for each open validation when the file says "rejected"."""
    fitting = [set(raisable(kind, Authority.MICROSOFT)) for kind in VALIDATIONS]
    common = [code for code in raisable(VALIDATIONS[0], Authority.MICROSOFT) if all(code in each for each in fitting)]
    return [code for code in common if code != BDM_ASKS]


@transaction.atomic
def confirm(
    *, file: InsightsFile, meanings: dict[str, dict[str, str]], rejected_as: str, by: User, now: dt.datetime
) -> None:
    """Import the file with this mapping, and remember it for the next of its shape.

    A second confirmation adds nothing.

    ``meanings``: field -> value -> ``Meaning``. ``rejected_as``: '' (a BDM decides), ``REFUSED_EACH`` or a reason.

    Raises: NotWaitingError.
    """
    row = InsightsFile.objects.select_for_update().get(pk=file.pk)
    if row.state in (ImportState.IMPORTING, ImportState.DONE):
        return
    if row.state != ImportState.TO_MAP or "fields" not in row.mapping:
        raise NotWaitingError
    said = {name: {key(value): meaning for value, meaning in each.items()} for name, each in meanings.items()}
    row.mapping = {**row.mapping, "meanings": said, "rejected_as": rejected_as}
    row.state, row.next_check_at = ImportState.IMPORTING, now
    row.save(update_fields=["mapping", "state", "next_check_at"])
    _remember(row.mapping, by=by, now=now)


def _remember(mapping: dict[str, Any], *, by: User, now: dt.datetime) -> None:
    titles = {plain(mapping["titles"][index]): name for name, index in mapping["fields"].items()}
    before = InsightsShape.objects.filter(shape=mapping["shape"]).first()
    meanings = before.mapping["meanings"] if before else {}
    # A value that this file lacks may come with the next.
    meanings = {name: meanings.get(name, {}) | mapping["meanings"].get(name, {}) for name in CODED}
    kept = {"titles": titles, "meanings": meanings, "rejected_as": mapping["rejected_as"]}
    InsightsShape.objects.update_or_create(
        shape=mapping["shape"], defaults={"mapping": kept, "saved_by": by, "saved_at": now}
    )


def _waiting(file: InsightsFile) -> InsightsFile:
    row = InsightsFile.objects.select_for_update().get(pk=file.pk)
    if row.state != ImportState.TO_MAP:
        raise NotWaitingError
    return row


def seen_at(file: InsightsFile) -> dt.datetime:
    """Return when the file was true: today's at its upload, an earlier one at the end of its day."""
    return min(file.uploaded_at, days.end_of(file.as_of))


def meaning_of(row: ExportRow, name: str, mapping: dict[str, Any]) -> str | None:
    value: str = getattr(row, name)
    found: str | None = mapping["meanings"].get(name, {}).get(key(value)) if value else Meaning.IGNORE
    return found
