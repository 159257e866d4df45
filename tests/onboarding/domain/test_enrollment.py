"""Starting, and how far one may go."""

import pytest
from django.db import IntegrityError, transaction

from onboarding.domain.checks import routing
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.enrollment import lifecycle
from onboarding.domain.questions.steps import PAGES
from onboarding.enums import Authority, CheckState, Kind, StepStatus
from onboarding.models import Enrollment
from tests.builders import (
    MARKETPLACE,
    NOW,
    check_of,
    fill,
    fill_steps_1_to_3,
    make_enrollment,
    make_partner,
    make_submitted,
    make_user,
)
from tests.onboarding.domain.test_validation import GOOD, answer

pytestmark = pytest.mark.django_db


def statuses(enrollment: Enrollment) -> list[str]:
    current = Enrollment.objects.select_related("partner", "country").get(pk=enrollment.pk)
    return [state.status.value for state in lifecycle.step_states(current, routing.checks_of(current))]


def open_pages(enrollment: Enrollment) -> list[str]:
    current = Enrollment.objects.select_related("partner", "country").get(pk=enrollment.pk)
    checks = routing.checks_of(current)
    return [slug for slug in PAGES if lifecycle.may_open(current, checks, slug)]


def test_one_enrollment_per_partner_and_country() -> None:
    owner = make_user()
    partner = make_partner(owner=owner)
    first = lifecycle.start(partner=partner, country="FR", by=owner, now=NOW)

    with pytest.raises(lifecycle.AlreadyEnrolledError) as there:
        lifecycle.start(partner=partner, country="FR", by=owner, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Enrollment.objects.create(partner=partner, country_id="FR", created_by=owner)

    assert there.value.enrollment == first


def test_the_first_unfinished_step_decides_how_far_one_may_go() -> None:
    enrollment = make_enrollment()
    at_first = open_pages(enrollment)
    fill(enrollment, "mpn-id", {"has_mpn_account": True, "mpn_id": "4391507"})
    after_one = open_pages(enrollment)
    fill_steps_1_to_3(enrollment)
    before_submission = open_pages(enrollment)

    assert at_first == ["mpn-id"]
    assert after_one == ["mpn-id", "location"]
    assert before_submission == ["mpn-id", "location", "company", "contact"]


def test_marketplace_may_be_done_while_microsoft_verifies() -> None:
    enrollment = make_submitted()

    assert open_pages(enrollment) == ["mpn-id", "location", "company", "contact", "partner-center", "marketplace"]
    assert statuses(enrollment)[3:] == [StepStatus.TO_DO, StepStatus.LOCKED]


def test_id_that_partner_center_refuses_locks_what_comes_after() -> None:
    enrollment = make_enrollment()
    fill(enrollment, "mpn-id", {"has_mpn_account": True, "mpn_id": "4391404"})

    answer(check_of(enrollment, Kind.MPN_ID, Authority.MICROSOFT), Finding(Outcome.BAD, NOW, reason="mpn_unknown"))

    assert statuses(enrollment) == ["action_needed", "locked", "locked", "locked", "locked"]
    assert open_pages(enrollment) == ["mpn-id"]


def test_authorization_opens_when_the_first_three_steps_are_done() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    fill(enrollment, "marketplace", MARKETPLACE)
    before = open_pages(enrollment)
    for kind in (Kind.MPN_ID, Kind.LOCATION, Kind.AGREEMENT):
        answer(check_of(enrollment, kind, Authority.MICROSOFT), GOOD)

    assert "authorization" not in before
    assert "authorization" in open_pages(enrollment)


def test_refused_validation_refuses_step_3() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    check = check_of(enrollment, Kind.EMAIL, Authority.MICROSOFT)

    type(check).objects.filter(pk=check.pk).update(
        state=CheckState.REFUSED, turn="nobody", reason="", settled_at=NOW, source="bdm"
    )

    assert statuses(enrollment)[2] == StepStatus.REFUSED


def test_another_company_name_is_no_other_mpn_id() -> None:
    enrollment = make_submitted()
    answer(check_of(enrollment, Kind.MPN_ID, Authority.MICROSOFT), GOOD)
    partner = Enrollment.objects.get(pk=enrollment.pk).partner
    company = {name: getattr(partner, name) for name in PAGES["company"].company_fields}

    fill(enrollment, "company", {**company, "legal_name": "EXEMPLE CONSEIL SAS"})

    assert check_of(enrollment, Kind.MPN_ID, Authority.MICROSOFT).state == CheckState.PASSED
