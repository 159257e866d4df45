"""Tell the rows of sums from the rows of licences, by their words and by their quantity. Pure."""

import re
from collections.abc import Mapping, Sequence

from licensing.domain.cells import Cell, number, text
from portal.tables.headers import plain

_SURE = (
    r"(sous totaux|sous total|sub ?total|s total|grand total|total general|total global|totaux|totals|"
    r"gesamtsumme|zwischensumme|gesamt|summe)\b|total$"
)
_SURELY = re.compile(_SURE)
_MAYBE = re.compile(
    rf"{_SURE}|tota(l|ux)\b|(somme|sum|cumul|result|resultat|ergebnis)( (of|de|des|du|von) .*)?$|"
    r".*\b(total|totals|subtotal|totaux|gesamt|summe)$"
)
_NUMBERS = ("part_number", "authorization_number", "license_number")


class Totals:
    """Follows a sheet row by row. ``columns`` maps a field to its column."""

    def __init__(self, columns: Mapping[str, int]) -> None:
        self._columns = columns
        self._shown, self._all = _Running(), _Running()

    def pass_over(self, row: Sequence[Cell]) -> None:
        """Count a hidden row, which a total below it may include."""
        self._add(row, self._all)

    def reason(self, row: Sequence[Cell]) -> str:
        """Return "total" for a row of sums, "total_with_hidden" if it counts the hidden rows above it too,
        "total_differs" if those have another sum, '' for licences.
        """
        quantity = number(self._cell(row, "quantity"))
        said = "total_differs"
        if quantity is None or self._shown.agrees(quantity):
            said = "total"
        elif self._all.agrees(quantity):
            said = "total_with_hidden"
        return said if self._add(row, self._shown, self._all) else ""

    def _add(self, row: Sequence[Cell], *sums: "_Running") -> bool:
        """Add a row to the sums, or begin them again below a total. Return True for a total."""
        quantity = number(self._cell(row, "quantity"))
        agrees = quantity is not None and any(one.agrees(quantity) for one in sums)
        is_total = self._is_total(row, agrees=agrees)
        for one in sums:
            one.add(quantity or 0, is_total=is_total)
        return is_total

    def _is_total(self, row: Sequence[Cell], *, agrees: bool) -> bool:
        label = next((words for cell in row if (words := plain(text(cell))) and not words.isdigit()), "")
        product, customer = (plain(text(self._cell(row, name))) for name in ("product", "customer"))
        if _MAYBE.match(product):
            if any(text(self._cell(row, name)) for name in _NUMBERS):
                return False
            # A customer may own a product called "Total Commander".
            return bool(_SURELY.match(product)) or agrees or not customer or bool(_MAYBE.match(customer))
        # A customer may be called "Total".
        named = product or any(text(self._cell(row, name)) for name in _NUMBERS)
        return not named and bool(_MAYBE.match(customer) or (not customer and _MAYBE.match(label)))

    def _cell(self, row: Sequence[Cell], name: str) -> Cell:
        index = self._columns.get(name)
        return row[index] if index is not None and index < len(row) else None


class _Running:
    """The sum of the rows so far, and what it was above each total: a total counts from one of those places."""

    def __init__(self) -> None:
        self._sum = 0.0
        self._starts = {0.0}

    def agrees(self, quantity: float) -> bool:
        return quantity > 0 and self._sum - quantity in self._starts

    def add(self, quantity: float, *, is_total: bool) -> None:
        if is_total:
            self._starts.add(self._sum)
        else:
            self._sum += max(quantity, 0)
