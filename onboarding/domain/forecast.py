"""How long it will take, said honestly: half of the files like this one, nine in ten, how many files, since when.

Only Microsoft's own turn counts; the figures are recomputed by a chore, never in a request.

Source: product.md 6; guide "Open vers CSP", part 2 ("Délais": 1-3 working days, 5 % over 12 weeks).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q

from onboarding.domain.waiting import USUAL_WORKDAYS
from onboarding.enums import VALIDATIONS
from onboarding.models import Forecast

PERIOD = dt.timedelta(days=90)
ENOUGH = 20  # ended reviews; with fewer a percentile says more about chance than about Microsoft


@dataclass(frozen=True)
class Estimate:
    """Working days of Microsoft's turn. ``scope`` is "country", "all", or "guide" (then there is no count)."""

    kind: str
    half: int
    nine_in_ten: int
    scope: str
    count: int = 0
    since: dt.date | None = None
    until: dt.date | None = None


# percentile_disc gives a number of days that some file really took.
_RECOMPUTE = """
SELECT kind, country_id, grouping(country_id) = 1 AS everywhere, count(*),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY workdays), percentile_disc(0.9) WITHIN GROUP (ORDER BY workdays)
FROM onboarding_vetting
WHERE settled_at > %(since)s AND settled_at <= %(until)s
GROUP BY GROUPING SETS ((kind, country_id), (kind))
"""


@transaction.atomic
def recompute(now: dt.datetime) -> None:
    """Replace all forecasts by those of the 90 days before ``now``."""
    since = now - PERIOD
    with connection.cursor() as cursor:
        cursor.execute(_RECOMPUTE, {"since": since, "until": now})
        rows = cursor.fetchall()
    Forecast.objects.all().delete()
    Forecast.objects.bulk_create(
        Forecast(
            kind=kind, country_id=None if everywhere else country, half=half, nine_in_ten=nine_in_ten, count=count,
            since=since, until=now,
        )
        for kind, country, everywhere, count, half, nine_in_ten in rows
    )  # fmt: skip


def estimates(country: str) -> dict[str, Estimate]:
    """One for each of the three validations, for files of ``country`` (ISO 3166-1); one query."""
    rows = list(Forecast.objects.filter(Q(country=country) | Q(country=None), count__gte=ENOUGH))
    return {kind: _choose(kind, country, rows) for kind in VALIDATIONS}


def _choose(kind: str, country: str, rows: Iterable[Forecast]) -> Estimate:
    fitting = {row.country_id: row for row in rows if row.kind == kind}
    row = fitting.get(country) or fitting.get(None)
    if row is None:
        return Estimate(kind, USUAL_WORKDAYS[0], USUAL_WORKDAYS[1], "guide")
    scope = "country" if row.country_id else "all"
    return Estimate(kind, row.half, row.nine_in_ten, scope, row.count, row.since.date(), row.until.date())
