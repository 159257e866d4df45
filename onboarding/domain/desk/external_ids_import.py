"""A table of ids of other systems: read its rows, say what each would change, and change it.

Columns: system, object (company or enrollment), ours, id. ``ours`` is the number here, an MPN ID of an enrollment's
location, or a company's D-U-N-S number. Nothing is removed by a table: an empty id is refused.
"""

import datetime as dt
import hashlib
import json
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.domain.desk import external_ids, external_systems
from onboarding.domain.desk.external_ids import Owner
from onboarding.enums import ExternalKind, ExternalSystem
from onboarding.models import Enrollment, ExternalId
from portal.accounts.models import User
from portal.partners.models import Partner
from portal.tables.headers import find_header, plain
from portal.tables.reading import Sheet
from portal.text import one_line

MOST = 1_000  # rows
_NAMES = {
    "system": ("system", "systeme"),
    "kind": ("object", "objet", "objekt", "kind"),
    "ours": ("ours", "chez nous", "bei uns", "portal", "key"),
    "value": ("id", "external id", "identifiant", "kennung"),
}
_FIELDS = {plain(name): field_ for field_, names in _NAMES.items() for name in names}
_SYSTEMS = {
    plain(name): code for code, label in ExternalSystem.choices for name in (code, str(label))
} | {"dynamics": "dynamics", "crm": "dynamics", "d365": "dynamics"}  # fmt: skip
_KINDS = {
    "company": "company", "account": "company", "societe": "company", "unternehmen": "company",
    "enrollment": "enrollment", "enrolment": "enrollment", "opportunity": "enrollment", "dossier": "enrollment",
    "vorgang": "enrollment",
}  # fmt: skip


class NoIdTableError(Exception):
    """No row of the first ones names the columns of this table."""


class TooManyIdsError(Exception):
    """There are more than ``MOST`` rows."""


class PreviewOutdatedError(Exception):
    """What the table would change is no longer what was shown. Nothing was changed."""


class IdOutcome(StrEnum):
    """What a row would do."""

    SET = "set"
    REPLACE = "replace"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class IdRow:
    """A row as it is in the file; ``number`` is the file's."""

    number: int
    system: str
    kind: str
    ours: str
    value: str


@dataclass
class PlannedId:
    """A row with what it would do to whom; ``why`` it is refused. ``before`` is the id that it replaces."""

    row: IdRow
    outcome: IdOutcome = IdOutcome.REFUSED
    why: str | Promise = ""
    owner: Owner | None = None
    value: str = ""
    before: str = ""

    @property
    def changes(self) -> bool:
        return self.outcome in (IdOutcome.SET, IdOutcome.REPLACE)


@dataclass
class IdPlan:
    rows: list[PlannedId]
    counts: dict[IdOutcome, int] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Return what is equal for two plans that change the same from the same."""
        told = [
            [one.row.number, one.outcome, str(one.owner.pk) if one.owner else "", one.value, one.before]
            for one in self.rows
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def read(sheets: Sequence[Sheet]) -> list[IdRow]:
    """Return the filled rows under the titles. Raises: NoIdTableError, TooManyIdsError."""
    for sheet in sheets:
        header = find_header(sheet.rows, _FIELDS)
        if header is not None and set(header.fields.values()) == set(_NAMES):
            rows = [
                IdRow(number, **{name: _text(_at(cells, index)) for index, name in header.fields.items()})
                for number, cells in enumerate(sheet.rows[header.row + 1 :], header.row + 2)
                if any(_text(cell) for cell in cells)
            ]
            if len(rows) > MOST:
                raise TooManyIdsError
            return rows
    raise NoIdTableError


def _at(cells: Sequence[Any], index: int) -> Any:
    return cells[index] if index < len(cells) else ""


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return one_line(str(cell if cell is not None else ""))[:200]


def packed(rows: Iterable[IdRow]) -> list[dict[str, Any]]:
    return [asdict(row) for row in rows]


def unpacked(rows: Iterable[Mapping[str, Any]]) -> list[IdRow]:
    return [IdRow(**row) for row in rows]


def plan(rows: Sequence[IdRow]) -> IdPlan:
    """Return what each row would do now. Six queries, whatever the number of rows."""
    owners = _owners(rows)
    planned = [_read_one(row, owners) for row in rows]
    _compare(planned)
    counts: dict[IdOutcome, int] = dict.fromkeys(IdOutcome, 0)
    for one in planned:
        counts[one.outcome] += 1
    return IdPlan(planned, counts)


def apply(rows: Sequence[IdRow], *, digest: str, by: User, now: dt.datetime) -> IdPlan:
    """Change what a plan of this digest says, all of it or nothing. Return the plan.

    Raises: PreviewOutdatedError.
    """
    with transaction.atomic():
        found = plan(rows)
        companies = {_company_of(one.owner) for one in found.rows if one.changes and one.owner}
        # In one order, so that two tables wait for each other, and not forever.
        list(Partner.objects.select_for_update(no_key=True).filter(pk__in=companies).order_by("pk").values_list("pk"))
        found = plan(rows)
        if found.digest != digest:
            raise PreviewOutdatedError
        for one in found.rows:
            if one.changes and one.owner:
                try:
                    external_ids.put(owner=one.owner, system=_system(one.row), text=one.row.value, by=by, now=now)
                except external_ids.TakenError as error:
                    raise PreviewOutdatedError from error
    return found


def _company_of(owner: Owner) -> uuid.UUID:
    return owner.pk if isinstance(owner, Partner) else owner.partner_id


def _system(row: IdRow) -> str:
    return _SYSTEMS.get(plain(row.system), "")


def _kind(row: IdRow) -> str:
    return _KINDS.get(plain(row.kind), "")


def _owners(rows: Sequence[IdRow]) -> dict[tuple[str, str], list[Owner]]:
    """Return whom each ``ours`` names, by kind: none, one, or several."""
    found: dict[tuple[str, str], list[Owner]] = defaultdict(list)
    keys = {kind: {row.ours for row in rows if _kind(row) == kind} for kind in ExternalKind.values}
    companies, files = keys[ExternalKind.COMPANY], keys[ExternalKind.ENROLLMENT]
    for partner in Partner.objects.filter(pk__in=_uuids(companies)):
        found[ExternalKind.COMPANY, str(partner.pk)].append(partner)
    for partner in Partner.objects.filter(duns__in={key for key in companies if re.fullmatch(r"\d{9}", key)}):
        found[ExternalKind.COMPANY, partner.duns].append(partner)
    enrollments = Enrollment.objects.select_related("partner")
    for enrollment in enrollments.filter(pk__in=_uuids(files)):
        found[ExternalKind.ENROLLMENT, str(enrollment.pk)].append(enrollment)
    numbers = {key for key in files if re.fullmatch(r"\d{1,20}", key)}
    for enrollment in enrollments.filter(location_mpn_id__in=numbers):
        found[ExternalKind.ENROLLMENT, enrollment.location_mpn_id].append(enrollment)
    return found


def _uuids(texts: Iterable[str]) -> set[uuid.UUID]:
    found = set()
    for text in texts:
        try:
            found.add(uuid.UUID(text))
        except ValueError:
            continue
    return found


def _key(ours: str) -> str:
    """Return a number of ours as the database writes it."""
    try:
        return str(uuid.UUID(ours))
    except ValueError:
        return ours


def _read_one(row: IdRow, owners: Mapping[tuple[str, str], list[Owner]]) -> PlannedId:
    system, kind = _system(row), _kind(row)
    if not system:
        return PlannedId(row, why=_("The system is none of: dynamics, salesforce, other."))
    if not kind:
        return PlannedId(row, why=_("The object is neither company nor enrollment."))
    found = owners.get((kind, _key(row.ours)), [])
    if len(found) > 1:
        return PlannedId(row, why=_("Several have this number: give the one of the portal."))
    if not found:
        return PlannedId(row, why=_("Nothing here has this number."))
    try:
        value = external_systems.normalise(system, ExternalKind(kind), row.value)
    except external_systems.ShapeError as error:
        return PlannedId(row, owner=found[0], why=error.sentence)
    return PlannedId(row, IdOutcome.SET, owner=found[0], value=value)


def _compare(planned: Sequence[PlannedId]) -> None:
    """Compare the rows with what is kept, and with each other: the first of two that contradict counts."""
    readable = [one for one in planned if one.owner and one.value]
    owners = {one.owner.pk for one in readable if one.owner}
    kept: dict[tuple[str, uuid.UUID], str] = {}
    taken: dict[tuple[str, str], uuid.UUID] = {}
    for rows in (
        ExternalId.objects.filter(partner__in=owners),
        ExternalId.objects.filter(enrollment__in=owners),
        ExternalId.objects.filter(value__in={one.value for one in readable}).exclude(
            pk__in=external_ids.held_by_deleted_drafts()
        ),
    ):
        for row in rows:
            key = row.partner_id or row.enrollment_id
            assert key is not None
            kept[row.system, key] = row.value
            taken[row.system, row.value] = key
    given: set[tuple[str, uuid.UUID]] = set()
    for one in readable:
        assert one.owner is not None
        system, key = _system(one.row), one.owner.pk
        one.before = kept.get((system, key), "")
        if (system, key) in given:
            one.outcome, one.why = IdOutcome.REFUSED, _("A row above gives another ID for the same.")
        elif taken.get((system, one.value), key) != key:
            one.outcome, one.why = IdOutcome.REFUSED, _("Another company or enrolment has this ID.")
        elif one.before == one.value:
            one.outcome = IdOutcome.SAME
        elif one.before:
            one.outcome = IdOutcome.REPLACE
        if one.outcome != IdOutcome.REFUSED:
            given.add((system, key))
            taken[system, one.value] = key
