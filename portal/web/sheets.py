"""Names of a workbook's sheets, for a reader to choose from."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _


def sheet_choices(sheets: Iterable[Mapping[str, Any]]) -> list[tuple[int, str]]:
    """Return each sheet's number and name; the name of a hidden sheet is marked."""
    hidden = _("hidden")
    return [
        (number, f"{sheet['name']} ({hidden})" if sheet.get("hidden") else str(sheet["name"]))
        for number, sheet in enumerate(sheets)
    ]
