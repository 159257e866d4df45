"""Check a whole file before anything is written: what is in it, what is asked, what would change; then import it.

A worker checks every row with the mapping and the answers so far. The file can be imported once no question is open.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from licensing.domain import editions, estate_difference
from licensing.domain.cells import Cell, text
from licensing.domain.estate_import import NotWaitingError
from licensing.domain.families import Families
from licensing.domain.judging import DATES, Judged, judge, open_orders, orders
from licensing.domain.rows import Item, is_contracts
from licensing.enums import FileState
from licensing.models import Customer, EstateFile
from portal.partners.models import Partner
from portal.tables.reading import Sheet
from portal.work import claims

ROWS_SHOWN = 10  # row numbers of one reason
WORDS = 40  # questions about the words of one column; more mean that the column is another one


class OpenQuestionsError(Exception):
    """The file has questions that nobody answered yet; nothing is imported."""


def check(
    *, claim: claims.Claim, file: EstateFile, sheet: Sheet, progress: Callable[[int], None] = lambda done: None,
) -> bool:  # fmt: skip
    """Store the review of a file and wait for its owner. Return False if the claim is lost."""
    families = Families(editions.current())
    judged = judge(sheet.rows, file.mapping, families, hidden=sheet.hidden_rows, progress=progress)
    review = {
        **summary(judged),
        **_of_sheet(sheet, file.mapping),
        **_changes(file.partner, file.mapping, judged.items),
    }
    return claims.settle(
        claim, next_check_at=None, state=FileState.TO_REVIEW, progress=judged.rows, result={"review": review}
    )


def summary(judged: Judged) -> dict[str, Any]:
    """Return counts and sums of what would be imported, and of what would not, by reason."""
    reasons: dict[str, list[int]] = {}
    for number, reason, _cells in judged.rejected:
        reasons.setdefault(reason, []).append(number)
    kinds: dict[str, list[int]] = {}
    for item in judged.items:
        counted = kinds.setdefault(kind_of(item), [0, 0])
        counted[0] += 1
        counted[1] += item.quantity
    return {
        "rows": judged.rows,
        "accepted": judged.accepted,
        "kinds": kinds,
        "warnings": _counted(code for item in judged.items for code in item.warnings),
        "programs": _counted(item.program for item in judged.items),
        "countries": _counted(item.country for item in judged.items),
        "customers": len({item.customer_key for item in judged.items}),
        "spans": {name: span for name in DATES if (span := _span(judged.items, name))},
        "left_out": {reason: [len(numbers), numbers[:ROWS_SHOWN]] for reason, numbers in reasons.items()},
        "unknown": {
            name: [[word, typed, rows] for word, (typed, rows) in _most(words)[:WORDS]]
            for name, words in judged.unknown.items()
        },
    }


def _most(words: Mapping[str, tuple[str, int]]) -> list[tuple[str, tuple[str, int]]]:
    return sorted(words.items(), key=lambda one: (-one[1][1], one[0]))


def kind_of(item: Item) -> str:
    """Return the kind of line by which a review counts."""
    if item.token_bought_on:
        return "token"
    if item.online:
        return "online"
    if not item.family and item.has_sa is None:
        return "unknown"
    return {True: "with_sa", False: "without_sa", None: "sa_not_said"}[item.has_sa]


def _counted(values: Iterable[str]) -> list[list[Any]]:
    return [[value, number] for value, number in Counter(values).most_common(20)]


def _span(items: list[Item], name: str) -> list[str]:
    days = [day for item in items if (day := getattr(item, name))]
    return [min(days).isoformat(), max(days).isoformat()] if days else []


def _of_sheet(sheet: Sheet, mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return how dates and letters are read, which columns are not used, what is hidden, which orders are open."""
    rows = sheet.rows
    fields = {int(index): name for index, name in mapping["fields"].items()}
    below = rows[mapping["header"] + 1 :]
    told = orders(rows, mapping)
    titles = [text(cell) for cell in rows[mapping["header"]]] if mapping["header"] >= 0 else []
    filled = [n for n in sheet.hidden_rows if mapping["header"] + 1 < n <= len(rows) and any(map(text, rows[n - 1]))]
    asked = [] if mapping.get("day_first") is not None else open_orders(below, fields)
    return {
        "orders": {name: is_first for name, is_first in told.items() if is_first is not None},
        "open_orders": [name for name in asked if name not in told],
        "unused": [
            *(title for index, title in enumerate(titles) if title and index not in fields),
            *_untitled(below, titles, fields),
        ],
        "hidden": len(filled),
        "hidden_columns": [
            (titles[index] if index < len(titles) else "") or f"({letters(index)})"
            for index in sheet.hidden_columns
            if index in fields
        ],
        "code_page": sheet.code_page,
        "odd_words": odd_words(rows) if sheet.code_page else [],
    }


def odd_words(rows: Iterable[Sequence[Cell]], most: int = 3) -> list[str]:
    """Return the first words with letters beyond ASCII, by which a person sees whether a file was read rightly."""
    texts = (cell for row in rows for cell in row if isinstance(cell, str) and not cell.isascii())
    words = dict.fromkeys(word.strip('.,;:()"') for cell in texts for word in cell.split() if not word.isascii())
    return list(words)[:most]


def _untitled(rows: list[list[Cell]], titles: Sequence[str], fields: Mapping[int, str]) -> list[str]:
    """Return the letters of columns that are filled, without a title and without a field, in parentheses."""
    filled = {index for row in rows for index, cell in enumerate(row) if cell not in ("", None) and text(cell)}
    named = {index for index, title in enumerate(titles) if title}
    return [f"({letters(index)})" for index in sorted(filled - named - set(fields))]


def letters(index: int) -> str:
    """Return the name of a column as a spreadsheet shows it: 0 is "A", 26 is "AA"."""
    first, last = divmod(index, 26)
    return (letters(first - 1) if first else "") + chr(ord("A") + last)


def _changes(partner: Partner, mapping: Mapping[str, Any], items: list[Item]) -> dict[str, Any]:
    """Return the difference to the estate, which stays unchanged."""
    if is_contracts(mapping["fields"].values()):
        return {"difference": estate_difference.contracts(partner, items)}
    known = dict(Customer.objects.filter(partner=partner).values_list("key", "pk"))
    lines = {
        (known.get(key) or uuid.uuid5(uuid.NAMESPACE_OID, key), identity): item
        for (key, identity), item in estate_difference.merged(items).items()
    }
    before, _stale = estate_difference.held(partner)
    renewed = estate_difference.match_renewed(before, lines)
    difference = estate_difference.difference(partner, mapping.get("shape"), before, lines)
    new = {item.customer_key for item in items} - set(known)
    return {"difference": {**difference, "renewed": len(renewed), "new_customers": len(new)}}


def open_questions(file: EstateFile) -> bool:
    review = file.result.get("review", {})
    is_hidden_open = bool(review.get("hidden")) and "with_hidden" not in file.mapping
    return bool(review.get("open_orders") or review.get("unknown") or is_hidden_open)


def answer(
    *, file: EstateFile, answers: Mapping[str, Mapping[str, str]], orders: Mapping[str, bool],
    with_hidden: bool | None, now: dt.datetime,
) -> None:  # fmt: skip
    """Add answers about words, orders of dates and hidden rows, and check the file again.

    Raises:
        NotWaitingError: the file does not wait for answers.
    """
    with transaction.atomic():
        row = _waiting(file)
        kept = row.mapping.get("answers", {})
        row.mapping["answers"] = {name: {**kept.get(name, {}), **answers.get(name, {})} for name in {*kept, *answers}}
        row.mapping["orders"] = {**row.mapping.get("orders", {}), **orders}
        if with_hidden is not None:
            row.mapping["with_hidden"] = with_hidden
        row.state, row.next_check_at = FileState.CHECKING, now
        row.save(update_fields=["mapping", "state", "next_check_at"])


def accept(*, file: EstateFile, now: dt.datetime) -> None:
    """Import the file as its review shows it. A second call changes nothing.

    Raises:
        NotWaitingError: the file does not wait for an approval.
        OpenQuestionsError: a question is open.
    """
    with transaction.atomic():
        row = EstateFile.objects.select_for_update().get(pk=file.pk)
        if row.state in (FileState.IMPORTING, FileState.DONE):
            return
        row = _waiting(file)
        if open_questions(row):
            raise OpenQuestionsError
        row.state, row.next_check_at, row.progress = FileState.IMPORTING, now, 0
        row.save(update_fields=["state", "next_check_at", "progress"])


def change_columns(*, file: EstateFile) -> None:
    """Return to the choice of columns.

    Raises:
        NotWaitingError: the file does not wait for an approval.
    """
    with transaction.atomic():
        row = _waiting(file)
        row.state = FileState.TO_CONFIRM
        row.save(update_fields=["state"])


def _waiting(file: EstateFile) -> EstateFile:
    row = EstateFile.objects.select_for_update().get(pk=file.pk)
    if row.state != FileState.TO_REVIEW:
        raise NotWaitingError
    return row
