"""Compare what a file says with the estate: lines that are new, changed, renewed or gone. It writes nothing.

Identity: a customer, an agreement and a line have one key each, without case, accents, punctuation, legal form and
leading zeros, so that any order, spelling or saving of one file ends in one estate.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from licensing.domain.cells import number_key
from licensing.domain.rows import Item, identity_of, stem
from licensing.models import Agreement, Customer, EstateFile, Line
from portal.partners.models import Partner

SHOWN = 100  # changes that a result lists; the counts are of all
BATCH = 2000
Key = tuple[uuid.UUID, str]  # customer, identity


class Held(NamedTuple):
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


COPIED = Held._fields[2:]


def stored(line: Held, identity: str) -> dict[str, Any]:
    """Return a line as JSON; ``restored`` reads it again."""
    values = {name: getattr(line, name) for name in COPIED}
    days = {name: value.isoformat() for name, value in values.items() if isinstance(value, dt.date)}
    return {**values, **days, "identity": identity, "file_id": str(line.file_id) if line.file_id else None}


def restored(before: Mapping[str, Any]) -> dict[str, Any]:
    days = {
        name: dt.date.fromisoformat(value)
        for name, value in before.items()
        if name.endswith("_on") and value is not None
    }
    return {**before, **days}


def held(partner: Partner) -> tuple[dict[Key, Held], list[tuple[int, str]]]:
    """Return the partner's lines by customer and identity, and the lines whose stored identity is out of date.

    Lines that earlier rules told apart keep their stored identities.
    """
    rows = Line.objects.filter(customer__partner=partner).order_by("pk")
    names = ("customer_id", "identity", *Held._fields)
    found = [(row[0], row[1], Held(*row[2:])) for row in rows.values_list(*names).iterator(chunk_size=BATCH)]
    taken = {(customer, identity) for customer, identity, _line in found}
    lines: dict[Key, Held] = {}
    stale: list[tuple[int, str]] = []
    for customer, identity, line in found:
        now = identity_of(line, line.end_on)
        if now != identity and (customer, now) not in taken:
            taken.add((customer, now))
            stale.append((line.pk, now))
            identity = now
        lines[customer, identity] = line
    return lines, stale


def difference(partner: Partner, shape: object, before: dict[Key, Held], after: dict[Key, Item]) -> dict[str, Any]:
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
    replaced = _replaced(shape, {before[key].file_id for key in after if key in before})
    gone = [(key, old) for key, old in before.items() if key not in after and old.file_id in replaced]
    return {
        "added": len(after) - updated - same,
        "updated": updated,
        "same": same,
        "gone": len(gone),
        "changes": shown,
        "no_longer": [_named(old, names[key[0]]) for key, old in gone[:SHOWN]],
    }


def match_renewed(before: dict[Key, Held], after: dict[Key, Item]) -> dict[Key, Key]:
    """Match lines that differ only in their end, where just one match is possible. Return new key -> old key.

    Lines whose Software Assurance one of the two files did not say are matched too. Neither a renewed agreement nor a
    file that says more doubles a customer's licences. ``before`` has such lines under their new key afterwards.
    """
    renewed = _match(before, after, stem)
    return renewed | _match(before, after, _without_assurance)


def _without_assurance(line: Held | Item) -> tuple[Any, ...]:
    """Return what identifies a line beside its Software Assurance, which an earlier file may not have said."""
    number, what, _sa, token = stem(line)
    return (number, what, token, line.end_on)


def _match(
    before: dict[Key, Held], after: dict[Key, Item], of: Callable[[Held | Item], tuple[Any, ...]]
) -> dict[Key, Key]:
    old: dict[Any, list[Key]] = {}
    new: dict[Any, list[Key]] = {}
    for key, line in before.items():
        if key not in after:
            old.setdefault((key[0], of(line)), []).append(key)
    for key, item in after.items():
        if key not in before:
            new.setdefault((key[0], of(item)), []).append(key)
    renewed = {}
    for what, keys in new.items():
        if len(keys) == len(old.get(what, ())) == 1 and _may_be_one(before[old[what][0]], after[keys[0]]):
            renewed[keys[0]] = old[what][0]
            before[keys[0]] = before.pop(old[what][0])
    return renewed


def _may_be_one(old: Held, new: Item) -> bool:
    """Return False for two lines of which one is said to be with and the other without Software Assurance."""
    return None in (old.has_sa, new.has_sa) or old.has_sa == new.has_sa


def spellings(items: Iterable[Item]) -> list[list[str]]:
    """Return the spellings of each customer that the file spells in several ways."""
    found: dict[str, dict[str, None]] = {}
    for item in items:
        found.setdefault(item.customer_key, {})[item.customer] = None
    return [list(ways) for ways in found.values() if len(ways) > 1]


def _replaced(shape: object, last_seen: set[uuid.UUID | None]) -> set[uuid.UUID]:
    """Return the files that this one replaces: equal columns, and they were the last to contain its lines.

    An export of one customer replaces no other customer's.
    """
    earlier = EstateFile.objects.filter(pk__in=last_seen - {None}, mapping__shape=shape)
    return set(earlier.values_list("pk", flat=True))


def merged(items: Iterable[Item]) -> dict[tuple[str, str], Item]:
    """Return one item for the rows of one line, with the sum of their quantities; their order makes no difference."""
    found: dict[tuple[str, str], Item] = {}
    for item in items:
        key = (item.customer_key, item.identity)
        other = found.get(key)
        if other is None:
            found[key] = item
            continue
        first = min(other, item, key=_texts)
        first.quantity, first.row_no = other.quantity + item.quantity, min(other.row_no, item.row_no)
        first.warnings = sorted({*other.warnings, *item.warnings} - {"merged"})
        first.warnings.append("merged")
        found[key] = first
    return found


def _texts(item: Item) -> tuple[str, ...]:
    days = (item.start_on, item.sa_end_on)
    numbers = (item.part_number, item.authorization_number, item.license_number)
    return (item.product, item.program, *numbers, *map(str, days))


@dataclass(frozen=True)
class SaidOfCustomer:
    name: str
    sector: str
    country: str


def customers_of(items: Iterable[Item]) -> dict[str, SaidOfCustomer]:
    """Return what the rows say of each customer by key: the usual spelling, the one sector, the usual country.

    Several sectors are none, so that a person is asked.
    """
    rows: dict[str, list[Item]] = {}
    for item in items:
        rows.setdefault(item.customer_key, []).append(item)
    found = {}
    for key, own in rows.items():
        sectors = {item.sector for item in own} - {""}
        found[key] = SaidOfCustomer(
            name=_usual(item.customer for item in own),
            sector=sectors.pop() if len(sectors) == 1 else "",
            country=_usual(item.country for item in own if item.country),
        )
    return found


def _usual(values: Iterable[str]) -> str:
    counted = Counter(values)
    return min(counted, key=lambda value: (-counted[value], value.isupper(), -len(value), value), default="")


def latest_contracts(items: Iterable[Item]) -> dict[tuple[str, str], Item]:
    """Return for each customer and number the item with the latest end."""
    ordered = sorted(items, key=lambda one: (str(one.end_on), one.license_number, one.program))
    return {(item.customer_key, number_key(item.license_number)): item for item in ordered}


def contracts(partner: Partner, items: list[Item]) -> dict[str, Any]:
    """Return how many agreements are new, changed and unchanged."""
    before = {
        (key, number_key(number)): end_on
        for key, number, end_on in Agreement.objects.filter(customer__partner=partner).values_list(
            "customer__key", "number", "end_on"
        )
    }
    latest = latest_contracts(items)
    same = sum(before.get(key) == item.end_on for key, item in latest.items())
    added = sum(key not in before for key in latest)
    return {
        "added": added,
        "same": same,
        "updated": len(latest) - added - same,
        "merged": len(items) - len(latest),
        "gone": 0,
    }


def _changed(old: Held, new: Item) -> dict[str, list[str]]:
    """Return the old and the new value of each field that changed."""
    return {
        name: [_shown(old, name), _shown(new, name)]
        for name in COPIED
        if name not in ("row_no", "warnings") and getattr(old, name) != getattr(new, name)
    }


def _shown(line: Any, name: str) -> str:
    value = getattr(line, name)
    return "" if value is None else str(value)


def _named(line: Held, customer: str) -> dict[str, Any]:
    number = line.authorization_number or line.license_number
    return {"customer": customer, "product": line.product, "number": number, "quantity": line.quantity}
