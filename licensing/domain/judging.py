"""Judge every row of a sheet: accepted as items, or rejected with its reason. Pure.

Accepted + rejected = rows of the file, always. What was not read is told: columns, hidden rows, sums.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from licensing.domain import vocabulary
from licensing.domain.cells import (
    Cell,
    RowRejected,
    day_first_of,
    has_both_orders,
    is_ambiguous,
    may_have_decimals,
    number,
    text,
)
from licensing.domain.country_names import country_code
from licensing.domain.families import Families
from licensing.domain.rows import Item, Reading, read_items
from licensing.domain.totals import Totals
from portal.tables.headers import plain

DATES = ("start_on", "end_on", "sa_end_on", "token_bought_on")
# Titles that only bills and subscription lists of CSP have. Two of them show such a file.
_CSP_TITLES = {
    "subscriptionid", "offerid", "offername", "chargetype", "billingcycletype", "mpnid", "resellermpnid", "unitprice",
    "chargestartdate", "chargeenddate", "totalforcustomer", "billablequantity", "entitlementid", "termandbillingcycle",
    "effectiveunitprice", "meterid", "creditreasoncode", "customerdomainname", "pcbcexchangerate", "availabilityid",
}  # fmt: skip


@dataclass
class Judged:
    """Every row of the sheet below its header, accepted or rejected.

    One row can be two items, where a part of its licences is under Software Assurance.
    """

    items: list[Item] = field(default_factory=list)
    accepted: int = 0
    rejected: list[tuple[int, str, list[str]]] = field(default_factory=list)
    # Words that no table knows and nobody answered yet: field -> the word as ``plain`` -> how it is typed, rows.
    unknown: dict[str, dict[str, tuple[str, int]]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return self.accepted + len(self.rejected)


def is_csp_file(titles: Sequence[Cell]) -> bool:
    """Return True for a bill, a reconciliation file or a list of subscriptions of CSP: its rows are in CSP already."""
    return len({plain(text(title)).replace(" ", "") for title in titles} & _CSP_TITLES) >= 3


def judge(
    rows: Sequence[Sequence[Cell]],
    mapping: dict[str, Any],
    families: Families,
    *,
    hidden: Sequence[int] = (),
    progress: Callable[[int], None] = lambda done: None,
) -> Judged:
    """Return every row under the header, accepted or rejected; empty rows are skipped.

    Row numbers count from 1, like those the file shows. ``hidden`` rows are left out unless the mapping has
    ``with_hidden``.
    """
    fields = {int(index): name for index, name in mapping["fields"].items()}
    below = rows[mapping["header"] + 1 :]
    sheet = _Sheet(rows, below, mapping, fields, () if mapping.get("with_hidden") else hidden)
    judged = Judged()
    for row_no, row in enumerate(below, start=mapping["header"] + 2):
        if not any(cell not in ("", None) and text(cell) for cell in row):
            continue
        try:
            sheet.refuse(row, row_no)
            _note_unknown(judged, row, sheet.reading)
            judged.items += read_items(row, row_no, sheet.reading, families)
            judged.accepted += 1
        except RowRejected as refusal:
            judged.rejected.append((row_no, refusal.reason, [text(cell)[:200] for cell in row]))
        if row_no % 2500 == 0:
            progress(judged.rows)
    return judged


_TABLES: dict[str, Callable[[str], str]] = {
    "program": vocabulary.program_of,
    "status": vocabulary.status_of,
    "sa": vocabulary.right_of,
    "sector": lambda words: vocabulary.sector_of(words) or ("unknown" if plain(words) else ""),
    "country": lambda words: "unknown" if plain(words) and not country_code(words) else "",
}


def _note_unknown(judged: Judged, row: Sequence[Cell], reading: Reading) -> None:
    for index, name in reading.fields.items():
        table = _TABLES.get(name)
        words = text(row[index]) if table and index < len(row) else ""
        if not table or table(words) != "unknown" or reading.answer(name, words) or _is_answered(name, row[index]):
            continue
        typed, count = judged.unknown.setdefault(name, {}).get(plain(words), (words[:80], 0))
        judged.unknown[name][plain(words)] = (typed, count + 1)


def _is_answered(name: str, cell: Cell) -> bool:
    """Return True for a word that has a meaning of its own: the sum of all countries, a quantity under assurance."""
    return (name == "country" and plain(text(cell)) == "all countries") or (name == "sa" and number(cell) is not None)


class _Sheet:
    """What the rows of a sheet share: how they are read, and which of them are no licences."""

    def __init__(
        self,
        rows: Sequence[Sequence[Cell]],
        below: Sequence[Sequence[Cell]],
        mapping: dict[str, Any],
        fields: dict[int, str],
        hidden: Sequence[int],
    ) -> None:
        columns = {name: index for index, name in fields.items()}
        self.reading = Reading(
            fields, mapping.get("customer", ""), mapping.get("day_first"),
            orders(rows, mapping),
            mapping.get("answers", {}),
        )  # fmt: skip
        self._hidden = frozenset(hidden)
        header = mapping["header"]
        self._is_csp = header >= 0 and is_csp_file(rows[header] if header < len(rows) else ())
        self._country = columns.get("country")
        self._summed = self._country is not None and any(self._is_sum(row) for row in below)
        self._totals = Totals(columns)
        quantity = columns.get("quantity")
        column = [row[quantity] for row in below if quantity < len(row)] if quantity is not None else []
        self._has_decimals = may_have_decimals(column)

    def _is_sum(self, row: Sequence[Cell]) -> bool:
        at = self._country
        return at is not None and at < len(row) and plain(text(row[at])) == "all countries"

    def refuse(self, row: Sequence[Cell], row_no: int) -> None:
        """Refuse a row that is no line of licences, before it is read.

        Raises:
            RowRejected: with the code of its reason.
        """
        if row_no in self._hidden:
            self._totals.pass_over(row)
            raise RowRejected("hidden")
        if not self.reading.is_contracts and (reason := self._totals.reason(row)):
            raise RowRejected(reason)
        # Microsoft's statement lists each country below the sum of all; only the sum counts.
        if self._summed and not self._is_sum(row):
            raise RowRejected("per_country")
        if self._is_csp:
            raise RowRejected("already_csp")
        if self._has_decimals:
            raise RowRejected("quantity_separator")


# Titles that only our own exports have, in each language. Their CSV writes the day first, whatever its language.
_OWN_TITLES = (
    {"days paid twice at most", "use the keys until"}, {"jours payes en double au plus", "utiliser les cles jusqu au"},
    {"doppelt bezahlte tage hochstens", "schlussel verwenden bis"},
)  # fmt: skip


def orders(rows: Sequence[Sequence[Cell]], mapping: Mapping[str, Any]) -> dict[str, bool | None]:
    """Return whether the day comes first, for each date field that the sheet, our own export, or an answer decides."""
    fields = {int(index): name for index, name in mapping["fields"].items()}
    header = mapping["header"]
    titles = {plain(text(cell)) for cell in rows[header]} if 0 <= header < len(rows) else set()
    own = dict.fromkeys(DATES, True) if any(known <= titles for known in _OWN_TITLES) else {}
    return {**mapping.get("orders", {}), **told_orders(rows[header + 1 :], fields), **own}


def told_orders(rows: Sequence[Sequence[Cell]], fields: Mapping[int, str]) -> dict[str, bool | None]:
    """Return whether the day comes first, for each field whose dates show it, or those of all other columns together.

    None: the column contradicts itself, so that its ambiguous dates have no reading.
    """
    width = max((len(row) for row in rows), default=0)
    columns = [[row[at] for row in rows if at < len(row)] for at in range(width)]
    shown = {at: day_first_of(column) for at, column in enumerate(columns)}
    elsewhere = {order for order in shown.values() if order is not None}
    told: dict[str, bool | None] = {}
    for at, name in fields.items():
        if name not in DATES or at >= width:
            continue
        if shown[at] is not None:
            told[name] = shown[at]
        elif has_both_orders(columns[at]):
            told[name] = None
        elif len(elsewhere) == 1:
            told[name] = next(iter(elsewhere))
    return told


def open_orders(rows: Sequence[Sequence[Cell]], fields: Mapping[int, str]) -> list[str]:
    """Return the date fields whose columns can be read both ways, and that no column decides."""
    told = told_orders(rows, fields)
    return [
        name
        for at, name in fields.items()
        if name in DATES and name not in told and any(is_ambiguous(row[at]) for row in rows if at < len(row))
    ]
