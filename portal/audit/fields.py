"""Changes field by field, from histories whose rows are whole states."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db.models import OuterRef, Subquery

from portal.wording import colon


class Who(NamedTuple):
    """Who changed something: a user's number, or what the portal was doing. ``deed`` is the address's name."""

    user: int | None
    work: str
    deed: str


MOST = 120  # characters of a value


def changes(rows: Sequence[Any], names: Sequence[str]) -> Iterator[tuple[Any, str, Who]]:
    """Yield each row with "field: before → after" of what changed since the object's row before, and who did it."""
    before = _rows_before(rows)
    for row in rows:
        earlier = before.get(row.pk)
        told = [line for name in names if (line := _line(row, earlier, name))]
        yield row, "; ".join(told), _who(row)


def _rows_before(rows: Sequence[Any]) -> dict[int, Any]:
    """Return the row before each of these, of the same object."""
    if not rows:
        return {}
    model = type(rows[0])
    earlier = model.objects.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id"))
    found = model.objects.filter(pk__in=[row.pk for row in rows])
    pairs = dict(
        found.annotate(before=Subquery(earlier.order_by("-pgh_id").values("pgh_id")[:1])).values_list("pk", "before")
    )
    states = model.objects.in_bulk([key for key in pairs.values() if key is not None])
    return {key: states[earlier_key] for key, earlier_key in pairs.items() if earlier_key is not None}


def _line(row: Any, earlier: Any, name: str) -> str:
    field = row._meta.get_field(name)
    after, before = getattr(row, field.attname), getattr(earlier, field.attname) if earlier else None
    if after == before or (not earlier and after in (None, "")):
        return ""
    return f"{field.verbose_name}{colon()}{_short(before)} → {_short(after)}"


def _short(value: object) -> str:
    text = "—" if value in (None, "") else str(value)
    return text if len(text) <= MOST else text[:MOST] + "…"


def _who(row: Any) -> Who:
    context = row.pgh_context or {}
    return Who(context.get("user"), str(context.get("work", "")), str(context.get("deed", "")))
