"""Which old rows of the histories the portal still needs: they stay when their month is detached.

Whatever reads a line of an enrollment or a state of a check to decide something, however old, has its kind here.
"""

import datetime as dt
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from onboarding.domain.enrollment import register_spelling, tenant_proof
from onboarding.domain.requests import tracking
from onboarding.enums import Authority, EnrollmentState
from onboarding.models import Check
from onboarding.models.check import OPEN_STATES
from onboarding.models.enrollment import GRACE


def events(rows: "QuerySet[Any]", now: dt.datetime) -> "QuerySet[Any]":
    """Return the lines of enrollments that go on: the tenant's proof, the register's spelling, tries with Microsoft."""
    told = Q(kind__in=[tenant_proof.PROVEN, register_spelling.TAKEN, register_spelling.BACK])
    tried = Q(kind__in=tracking.TOLD_OF_TRIES, check_authority=Authority.MICROSOFT)
    return rows.filter(told | tried).exclude(_over(now))


def states_of_checks(rows: "QuerySet[Any]", now: dt.datetime) -> "QuerySet[Any]":
    """Return the states of enrollments in which a clock may run: it counts from the oldest open question on.

    That is those under way, and those that are ready while one of their checks is open again.
    """
    open_checks = Check.objects.filter(enrollment=OuterRef("enrollment_id"), state__in=OPEN_STATES)
    return rows.exclude(_over(now)).filter(~Q(enrollment__state=EnrollmentState.READY) | Exists(open_checks))


def _over(now: dt.datetime) -> Q:
    """Return a filter for enrollments that are over: withdrawn, and nobody may take that back any more."""
    return Q(enrollment__state=EnrollmentState.WITHDRAWN, enrollment__withdrawn_at__lte=now - GRACE)
