"""Escape formulas in texts from uploaded files, so that no spreadsheet runs them. Pure."""

# Controls that no cell uses on purpose: all but white space.
_CONTROLS = dict.fromkeys(code for code in (*range(32), *range(127, 160)) if not chr(code).isspace())

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")


def escape_formula(value: object) -> object:
    """Return the value safe for a cell: no formula (an apostrophe comes first), no characters that workbooks refuse.

    Numbers and days are returned unchanged.
    """
    if isinstance(value, str) and not value.isprintable():
        value = value.translate(_CONTROLS)
    if isinstance(value, str) and value.lstrip(" \u00a0").startswith(_STARTS):
        return f"'{value}"
    return value
