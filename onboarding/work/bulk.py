"""Deeds for many enrollments: collect the view, then portion by portion."""

from django.http import QueryDict

from onboarding.domain.desk import bulk
from onboarding.domain.desk.listing import Filters
from onboarding.forms.desk import FilterForm
from onboarding.models import BulkDeed
from onboarding.models.bulk import QUEUE
from portal.coverage.models import Bdm
from portal.work import claims
from portal.work.kinds import Rate, TimeLimits, WorkKind


def do(claim: claims.Claim, deed: BulkDeed) -> None:
    now = claims.database_now()
    if deed.collected_at is None:
        bulk.collect(deed, _filters(deed), now=now)
    bulk.go_on(claim=claim, deed=deed, now=now)


def _filters(deed: BulkDeed) -> Filters | None:
    """Return the view as its address says; None where it cannot be read any more."""
    bdm = Bdm.objects.with_country_codes().filter(user=deed.by_id).first()
    if bdm is None:
        return None
    form = FilterForm(QueryDict(deed.query), bdm=bdm, countries=None)
    return form.filters() if form.is_valid() else None


KIND = WorkKind(
    name="bulk",
    model=BulkDeed,
    queues={QUEUE: Rate(20, 40)},
    task="onboarding.do_bulk",
    do=do,
    select=lambda rows: rows.select_related("by"),
    lease_seconds=240,
    time_limits=TimeLimits(soft=200, hard=220),
    is_long=True,
)
