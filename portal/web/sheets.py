"""How the sheets of a spreadsheet are named where a reader chooses one."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _


def sheet_choices(sheets: Iterable[Mapping[str, Any]]) -> list[tuple[int, str]]:
    """Return each sheet's number and its name; a hidden sheet says so."""
    hidden = _("hidden")
    return [
        (number, f"{sheet['name']} ({hidden})" if sheet.get("hidden") else str(sheet["name"]))
        for number, sheet in enumerate(sheets)
    ]
