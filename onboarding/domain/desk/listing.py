"""One page of the desk: which enrollments, in which order, and those beside one of them.

Pages go by key (a row-value comparison), so the last one costs what the first one does; nothing is counted.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from onboarding.domain.desk import loans, pipeline
from onboarding.domain.desk.search import Hit, search
from onboarding.domain.mail import messages
from onboarding.domain.questions.steps import STEPS, kinds_of_step
from onboarding.models import PipelineEntry, Star
from portal import together
from portal.coverage import absences
from portal.coverage.models import Absence, Bdm

PAGE_SIZE = 50
LENT = "lent"  # the view of what colleagues lent to the person
AGES = (5, 10, 20, 30, 84)  # days of the present turn
_COLUMNS = {"urgency": ("rank", "since", "enrollment"), "since": ("since", "enrollment")}
_COLUMNS["progress"] = ("progressed_at", "enrollment")
SORTS = tuple(_COLUMNS)


class BadPositionError(Exception):
    """The address names no position in this order: it was altered, or belongs to another one."""


@dataclass(frozen=True)
class Filters:
    """What a view shows; empty: everything. ``view`` is one of ``pipeline.VIEWS``, ``age`` at least so many days."""

    view: str = pipeline.DEFAULT_VIEW
    text: str = ""
    country: str = ""
    turn: str = ""
    step: str = ""
    reason: str = ""
    age: int = 0
    owner: str = ""  # "me", "nobody", or a user's key
    tag: str = ""
    sort: str = "urgency"

    @property
    def narrows(self) -> bool:
        """Return whether anything but view and order is asked for."""
        return replace(self, view="", sort="") != Filters(view="", sort="")


@dataclass(frozen=True)
class DeskPage:
    """A page; ``after`` and ``before`` lead to the next and the previous one, and are empty at the ends."""

    rows: Sequence[PipelineEntry]
    after: str = ""
    before: str = ""
    hits: Sequence[Hit] = ()


@dataclass(frozen=True)
class Scope:
    """What a BDM sees today, as constants for a query: countries (None: all), and whose files are "mine".

    ``covers`` are the absences in which they stand in; the absent people's countries and files are theirs meanwhile.
    ``lent`` are single enrollments of other countries, which they may read.
    """

    countries: list[str] | None
    owners: tuple[int, ...]
    covers: tuple[Absence, ...] = ()
    lent: tuple[uuid.UUID, ...] = ()


def scope_of(bdm: Bdm, *, today: dt.date) -> Scope:
    covered = absences.covered_on(bdm, today=today)
    owners = (bdm.user_id, *(absence.bdm.user_id for absence in covered))
    countries = absences.countries_of(bdm, covered)
    known = getattr(bdm, "lent_keys", None)
    lent = () if countries is None else loans.lent_to(bdm.user_id, today=today) if known is None else tuple(known)
    return Scope(countries, owners, tuple(covered), lent)


def entries(bdm: Bdm, filters: Filters, *, scope: Scope, now: dt.datetime) -> QuerySet[PipelineEntry]:
    """Return the rows of a view, in no order yet."""
    rows = PipelineEntry.objects.all()
    if filters.view == LENT:
        return rows.filter(*_narrowed(filters, bdm, now), pk__in=scope.lent)
    if scope.countries is not None:
        # What is lent is found by a search; it is in no view but its own.
        lent = Q(pk__in=scope.lent) if scope.lent and filters.text else Q()
        rows = rows.filter(Q(country__in=scope.countries) | lent)
    if filters.view == "mine":
        rows = rows.filter(owner__in=scope.owners, views__contains=["open"])
    elif filters.view == "starred":
        rows = rows.filter(Exists(Star.objects.filter(enrollment=OuterRef("pk"), user=bdm.user_id)))
    elif filters.view != "all":
        rows = rows.filter(views__contains=[filters.view])
    return rows.filter(*_narrowed(filters, bdm, now))


def _narrowed(filters: Filters, bdm: Bdm, now: dt.datetime) -> list[Q]:
    """Return the conditions of the filters that were given."""
    owner = {"me": bdm.user_id, "nobody": None}.get(filters.owner, filters.owner)
    kinds = [kind for step in STEPS if step.code == filters.step for kind in kinds_of_step(step)]
    conditions = {
        "country": Q(country=filters.country),
        "turn": Q(turn=filters.turn),
        "step": Q(kind__in=kinds),
        "reason": Q(reason=filters.reason),
        "age": Q(since__lte=now - dt.timedelta(days=filters.age)),
        "owner": Q(owner_id=owner),
        "tag": Q(enrollment__work__tags__contains=[filters.tag]),
    }
    return [condition for name, condition in conditions.items() if getattr(filters, name)]


def page(
    bdm: Bdm,
    filters: Filters,
    *,
    scope: Scope,
    now: dt.datetime,
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZE,
) -> DeskPage:
    """Return one page of a view; ``scope`` is the BDM's (``scope_of``).

    The first page comes instead of one from which all rows have moved on.

    Raises: BadPositionError.
    """
    found = _page(bdm, filters, scope=scope, now=now, after=after, before=before, size=size)
    if not found.rows and (after or before):
        return _page(bdm, filters, scope=scope, now=now, after="", before="", size=size)
    return found


def _page(
    bdm: Bdm, filters: Filters, *, scope: Scope, now: dt.datetime, after: str, before: str, size: int
) -> DeskPage:
    rows = entries(bdm, filters, scope=scope, now=now)
    hits: list[Hit] = []
    if filters.text:
        hits = search(filters.text, scope.countries, lent=scope.lent)
        rows = rows.filter(pk__in=[hit.enrollment for hit in hits])
    columns = _COLUMNS[filters.sort]
    if before:
        rows = _next(rows, columns, before, size + 1, backwards=True)
        found = list(_with_words(rows, columns, bdm, backwards=True)[: size + 1])
        more, found = len(found) > size, found[:size][::-1]
        return DeskPage(found, _position(found[-1], columns) if found else "", _first(found, columns, more), hits)
    found = list(_with_words(_next(rows, columns, after, size + 1), columns, bdm)[: size + 1])
    more, found = len(found) > size, found[:size]
    return DeskPage(found, _position(found[-1], columns) if more else "", _first(found, columns, bool(after)), hits)


def keys(bdm: Bdm, filters: Filters, *, scope: Scope, now: dt.datetime, limit: int) -> list[uuid.UUID]:
    """Return the enrollments of a whole view in its order, at most ``limit``."""
    rows = entries(bdm, filters, scope=scope, now=now)
    if filters.text:
        rows = rows.filter(pk__in=[hit.enrollment for hit in search(filters.text, scope.countries, lent=scope.lent)])
    return list(rows.order_by(*_COLUMNS[filters.sort]).values_list("pk", flat=True)[:limit])


def _first(found: Sequence[PipelineEntry], columns: tuple[str, ...], more: bool) -> str:
    return _position(found[0], columns) if more and found else ""


def _with_words(
    rows: QuerySet[PipelineEntry], columns: tuple[str, ...], bdm: Bdm, *, backwards: bool = False
) -> QuerySet[PipelineEntry]:
    rows = rows.select_related("enrollment__partner", "enrollment__country", "enrollment__work", "owner")
    return rows.annotate(unread=messages.unread(bdm.user_id, for_staff=True, of="enrollment")).order_by(
        *_order(columns, backwards=backwards)
    )


def _order(columns: Sequence[str], *, backwards: bool) -> list[str]:
    return [f"-{column}" if backwards else column for column in columns]


def _next(
    rows: QuerySet[PipelineEntry], columns: Sequence[str], position: str, size: int, *, backwards: bool = False
) -> QuerySet[PipelineEntry]:
    """Return the first ``size`` rows, or those after a position, or before it; of a position perhaps twice as many.

    Only their keys are chosen and sorted; what is shown beside them is read for them alone. Of one comparison of all
    columns PostgreSQL expects as many rows as the first column alone would leave: none of the rank, where nearly all
    rows have the last one. It then reads and sorts them all for a page.
    """
    order = _order(columns, backwards=backwards)
    if not position:
        return PipelineEntry.objects.filter(pk__in=rows.order_by(*order).values("pk")[:size])
    (first, *rest), (value, *values) = columns, _values(position, columns)
    compare, sign = (TupleLessThan, "lt") if backwards else (TupleGreaterThan, "gt")
    beside = compare(Tuple(*(F(_column(column)) for column in rest)), values)
    parts = (rows.filter(beside, **{first: value}), rows.filter(**{f"{first}__{sign}": value}))
    same, others = (part.order_by(*order).values("pk")[:size] for part in parts)
    return PipelineEntry.objects.filter(pk__in=same.union(others, all=True))


def _column(name: str) -> str:
    return "enrollment_id" if name == "enrollment" else name


def _position(row: PipelineEntry, columns: tuple[str, ...]) -> str:
    values = [getattr(row, _column(column)) for column in columns]
    return "~".join(value.isoformat() if isinstance(value, dt.datetime) else str(value) for value in values)


def _values(position: str, columns: Sequence[str]) -> list[object]:
    """Return the values of a position. Raises: BadPositionError."""
    parts = position.split("~")
    if len(parts) != len(columns):
        raise BadPositionError
    try:
        return [_READ[column](part) for column, part in zip(columns, parts, strict=True)]
    except (ValueError, OverflowError):
        raise BadPositionError from None


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None or not 2000 <= moment.year <= 2999:
        raise ValueError(text)
    return moment


def _rank(text: str) -> int:
    if not -9999 <= int(text) <= 9999:
        raise ValueError(text)
    return int(text)


_READ: dict[str, Callable[[str], object]] = {
    "rank": _rank,
    "since": _moment,
    "progressed_at": _moment,
    "enrollment": uuid.UUID,
}


@dataclass(frozen=True)
class Neighbours:
    """The enrollments before and after one in a view; None at the ends."""

    previous: uuid.UUID | None
    following: uuid.UUID | None


def neighbours(bdm: Bdm, filters: Filters, entry: PipelineEntry, *, scope: Scope, now: dt.datetime) -> Neighbours:
    """Return those beside an enrollment in a view; when it has left the view, the view's first one follows."""
    columns = _COLUMNS[filters.sort]
    rows = entries(bdm, filters, scope=scope, now=now)
    if filters.text:
        rows = rows.filter(pk__in=[hit.enrollment for hit in search(filters.text, scope.countries, lent=scope.lent)])
    here = _position(entry, columns)
    parts = (
        rows.filter(pk=entry.pk),
        rows.order_by(*columns),
        _next(rows, columns, here, 1, backwards=True).order_by(*_order(columns, backwards=True)),
        _next(rows, columns, here, 1).order_by(*columns),
    )
    read = [part.values_list("pk", flat=True)[:1] for part in parts]
    together.read(*read)
    is_in_view, first, previous, following = (next(iter(part), None) for part in read)
    return Neighbours(previous, following) if is_in_view else Neighbours(None, first)
