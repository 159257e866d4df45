"""Lock a company and read its checks in their present state.

A company's enrollments share data, and one change can affect all checks, so changes happen one at a time.
"""

from collections.abc import Sequence
from typing import Any

from onboarding.models import Check, Enrollment
from portal.partners.models import Partner
from portal.work import claims


def lock(partner_id: Any) -> None:
    """Lock a company, so that it changes one thing at a time: its enrollments share data.

    Take the lock first, then read: rows read before may be old.
    """
    Partner.objects.select_for_update(no_key=True).get(pk=partner_id)


def locked(check: Check) -> Check:
    """Return the present check with its enrollment, under the company's lock."""
    lock(check.enrollment.partner_id)
    return _WITH_ENROLLMENT.get(pk=check.pk)


_WITH_ENROLLMENT = Check.objects.select_related(
    "enrollment__partner", "enrollment__country", "enrollment__created_by", "enrollment__submitted_by"
)


def held(wanted: Sequence[claims.Claim]) -> dict[claims.Claim, Check]:
    """Return the present checks of the claims that are still valid, with enrollments, under their companies' locks."""
    by_pk = {claim.pk: claim for claim in wanted}
    companies = Enrollment.objects.filter(checks__in=by_pk).order_by().values("partner_id")
    # One order for all: two workers with the same companies wait for each other, not forever.
    list(Partner.objects.select_for_update(no_key=True).filter(pk__in=companies).order_by("pk").values_list("pk"))
    rows = _WITH_ENROLLMENT.filter(pk__in=by_pk).select_for_update(of=("self",)).order_by("pk")
    return {by_pk[row.pk]: row for row in rows if claims.is_held(row, by_pk[row.pk])}
