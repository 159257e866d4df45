"""Texts that came from strangers' files, written so that no spreadsheet takes them for a formula. Pure."""

from portal.tables.headers import CONTROLS

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")


def escape_formula(value: object) -> object:
    """A text that could begin a formula gets an apostrophe before it, and no text keeps what no workbook takes.

    Numbers and days stay what they are.
    """
    if isinstance(value, str) and not value.isprintable():
        value = value.translate(CONTROLS)
    if isinstance(value, str) and value.lstrip(" \u00a0").startswith(_STARTS):
        return f"'{value}"
    return value
