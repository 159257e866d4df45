"""Begin an enrollment with what was typed into a pre-flight, so that nothing is typed twice."""

import datetime as dt
from typing import Any

from django.db import transaction

from onboarding.domain.enrollment import known_companies, lifecycle
from onboarding.models import Enrollment, Preflight
from portal.accounts.models import User
from portal.partners import domain
from portal.partners.models import Partner

_COMPANY = ("legal_name", "registration_number", "duns", "street", "postal_code", "city", "website")


def known_elsewhere(flight: Preflight, *, by: User) -> bool:
    """Return whether somebody else has registered the company: then they are to be asked."""
    typed = flight.typed
    found = known_companies.with_number(
        typed["registration_number"], country=typed["company_country"], duns=typed["duns"], but=by
    )
    return found is not None


@transaction.atomic
def begin(*, flight: Preflight, by: User, now: dt.datetime) -> Enrollment:
    """Return the enrollment of the pre-flight's company and country, with its answers kept as drafts.

    The company is the user's own of that number or name, or a new one. A second call returns the first's enrollment.
    """
    partner = _company(flight.typed, by)
    try:
        enrollment = lifecycle.start(partner=partner, country=flight.typed["country"], by=by, now=now)
    except lifecycle.AlreadyEnrolledError as there:
        return there.enrollment
    for slug, typed in _drafts(flight.typed).items():
        kept = {**typed, "basis": lifecycle.basis(enrollment, slug)}
        lifecycle.keep_draft(enrollment=enrollment, slug=slug, typed=kept, now=now)
    return enrollment


def _company(typed: dict[str, Any], by: User) -> Partner:
    own = known_companies.mine(
        number=typed["registration_number"], country=typed["company_country"], name=typed["legal_name"], owner=by
    )
    if own:
        return own
    legal_data = {name: typed[name] for name in _COMPANY if typed.get(name)}
    return domain.register(name=typed["legal_name"], country=typed["company_country"], owner=by, **legal_data)


def _drafts(typed: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return what each page of the wizard shows as typed."""
    return {
        "mpn-id": {"has_mpn_account": "True", "mpn_id": ""} if typed["mpn_id"] else {},
        "location": {
            "country": typed["country"],
            "location_mpn_id": typed["mpn_id"],
            "location_country": typed["location_country"],
            "location_type": typed["location_type"],
        },
        "contact": {"tenant": typed["tenant"], "contact_email": typed["contact_email"]},
    }
