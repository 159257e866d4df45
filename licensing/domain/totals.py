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
        self._sum = 0.0
        # The sum of the rows above each total, and above the first row: a total counts from one of them.
        self._starts = {0.0}

    def reason(self, row: Sequence[Cell]) -> str:
        """Return "total" for a row of sums, "total_differs" if the rows above have another sum, '' for licences."""
        quantity = number(self._cell(row, "quantity"))
        agrees = quantity is not None and quantity > 0 and self._sum - quantity in self._starts
        if not self._is_total(row, agrees=agrees):
            self._sum += max(quantity or 0, 0)
            return ""
        self._starts.add(self._sum)
        return "total" if agrees or quantity is None else "total_differs"

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
