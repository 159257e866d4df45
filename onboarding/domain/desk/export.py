"""Take a view of the desk away as a file: every row of it, in its order, and a record of who took what.

Rows are read page by page, so that memory stays bounded however long the view is.
"""

import datetime as dt
from collections.abc import Iterator

from onboarding.domain.desk import listing
from onboarding.domain.desk.listing import Filters, Scope
from onboarding.models import DeskExport, PipelineEntry
from portal.accounts.models import User
from portal.coverage.models import Bdm

BATCH = 500
MOST_IN_WORKBOOK = 20_000  # rows; a workbook is made whole, a CSV file is streamed


def record(*, user: User, query: str, file_format: str, now: dt.datetime) -> DeskExport:
    """Write that the user takes this view, before the first row leaves."""
    return DeskExport.objects.create(user=user, query=query, file_format=file_format, at=now)


def rows(
    *, bdm: Bdm, filters: Filters, scope: Scope, now: dt.datetime, kept: DeskExport, size: int = BATCH
) -> Iterator[PipelineEntry]:
    """Yield every row of the view; the record gets their number, also when the reader stops early."""
    after, number = "", 0
    try:
        while True:
            page = listing.page(bdm, filters, scope=scope, now=now, after=after, size=size)
            for row in page.rows:
                number += 1
                yield row
            after = page.after
            if not after:
                break
    finally:
        DeskExport.objects.filter(pk=kept.pk).update(rows=number)


def fits_workbook(*, bdm: Bdm, filters: Filters, scope: Scope, now: dt.datetime) -> bool:
    """Return whether the view is short enough for a workbook."""
    found = listing.entries(bdm, filters, scope=scope, now=now)[: MOST_IN_WORKBOOK + 1]
    return found.count() <= MOST_IN_WORKBOOK
