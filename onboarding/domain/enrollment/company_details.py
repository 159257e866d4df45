"""Correct the name under which a company is registered here, or the country of its registered office."""

import copy
import datetime as dt

from django.db import transaction

from onboarding.domain.checks import locks
from onboarding.domain.enrollment import lifecycle
from onboarding.enums import Authority, CheckState, EnrollmentState, Kind
from onboarding.models import Check, Enrollment
from portal.accounts.models import User
from portal.partners import events
from portal.partners.models import Deed, Partner


def in_force(partner: Partner) -> bool:
    """Return whether the company has an enrollment that is not withdrawn."""
    return Enrollment.objects.filter(partner=partner).exclude(state=EnrollmentState.WITHDRAWN).exists()


def has_confirmed(partner: Partner) -> bool:
    """Return whether the company's contact or domain was confirmed to us: somebody outside the portal knows it."""
    passed = Check.objects.filter(enrollment__partner=partner, authority=Authority.PORTAL, state=CheckState.PASSED)
    return passed.filter(kind__in=[Kind.EMAIL, Kind.DOMAIN]).exists()


@transaction.atomic
def correct(*, partner: Partner, name: str, country: str, by: User, now: dt.datetime) -> bool:
    """Correct both in every enrollment of the company, and start again the checks that depend on them.

    Return False if nothing differs. ``country`` is ISO 3166-1 alpha-2. Microsoft has what was submitted: that is
    flagged, as with any other answer that is changed here.
    """
    locks.lock(partner.pk)
    current = Partner.objects.get(pk=partner.pk)
    before = copy.copy(current)
    current.name, current.country = name, country
    changes = [(old, new) for old, new in ((before.name, name), (before.country, country)) if old != new]
    if not changes:
        return False
    current.save(update_fields=["name", "country"])
    lifecycle.follow_company(current, before, by=by, now=now)
    events.record(current, Deed.CORRECTED, by=by, now=now, changes=changes)
    return True
