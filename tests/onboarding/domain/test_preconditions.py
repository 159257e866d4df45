"""A code of another system becomes the partner's turn only when the state it depends on is there."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from onboarding.domain.checks import partner_acts, preconditions, reporting, routing
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.desk import decisions
from onboarding.domain.reasons.shipped import SHIPPED
from onboarding.enums import VALIDATIONS, Authority, CheckState, Kind, Turn
from onboarding.models import Check, Enrollment
from onboarding.views.presenters import next_steps
from portal.notices.models import Mail
from tests.builders import MARKETPLACE, NOW, check_of, fill, make_bdm, make_submitted
from tests.onboarding.domain.test_validation import GOOD, answer, sign_the_agreement

pytestmark = pytest.mark.django_db

MS = Authority.MICROSOFT
UNSIGNED = Finding(Outcome.BAD, NOW, reason="agreement_unsigned")
NOT_ACCEPTED = Finding(Outcome.BAD, NOW, reason="not_accepted_yet")


def enrolled() -> Enrollment:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    for kind in (Kind.MPN_ID, Kind.LOCATION):
        answer(check_of(enrollment, kind, MS), GOOD)
    return enrollment


def says(enrollment: Enrollment, kind: Kind, state: str) -> None:
    check = check_of(enrollment, kind, MS)
    reporting.report(check=check, says=state, on=NOW.date(), by=enrollment.created_by, now=NOW)


def action(enrollment: Enrollment) -> next_steps.NextAction:
    fresh = Enrollment.objects.select_related("partner", "country").get(pk=enrollment.pk)
    return next_steps.next_action(fresh, routing.checks_of(fresh))


@pytest.mark.parametrize(
    ("kind", "reason", "label"),
    [
        (Kind.LEGAL_ENTITY, "name_differs", "Correct these answers"),
        (Kind.DOMAIN, "txt_not_found", "See what to do"),
    ],
)
def test_the_button_names_the_deed_and_no_page(kind: Kind, reason: str, label: str) -> None:
    file = make_submitted()
    answer(check_of(file, kind, Authority.PORTAL), Finding(Outcome.BAD, NOW, reason=reason))

    with translation.override("en-gb"):
        assert str(action(file).label) == label


def test_each_withheld_request_is_the_partners_and_its_stand_in_is_not() -> None:
    for wanted, precondition in preconditions.PRECONDITIONS.items():
        assert SHIPPED[wanted].turn == Turn.RESELLER
        assert SHIPPED[precondition.instead].turn != Turn.RESELLER


@pytest.mark.parametrize("passed", [(), (Kind.EMAIL,), (Kind.EMAIL, Kind.DOMAIN)])
def test_unsigned_agreement_is_microsofts_turn_until_it_has_verified(passed: tuple[Kind, ...]) -> None:
    enrollment = enrolled()
    for kind in passed:
        says(enrollment, kind, "authorized")

    answer(check_of(enrollment, Kind.AGREEMENT, MS), UNSIGNED)

    check = check_of(enrollment, Kind.AGREEMENT, MS)
    assert (check.turn, check.reason) == (Turn.MICROSOFT, "agreement_not_offered_yet")
    assert not Mail.objects.filter(code="action_needed", thread=f"enrollment-{enrollment.pk}").exists()
    assert check.next_check_at is not None


def test_agreement_becomes_the_partners_turn_with_the_last_validation() -> None:
    enrollment = enrolled()
    answer(check_of(enrollment, Kind.AGREEMENT, MS), UNSIGNED)

    for kind in VALIDATIONS:
        says(enrollment, kind, "authorized")

    check = check_of(enrollment, Kind.AGREEMENT, MS)
    assert (check.state, check.turn, check.reason) == (CheckState.ACTION_NEEDED, Turn.RESELLER, "agreement_unsigned")


@pytest.mark.parametrize("kind", VALIDATIONS)
def test_a_refusal_takes_the_agreement_back(kind: Kind) -> None:
    enrollment = enrolled()
    for each in VALIDATIONS:
        says(enrollment, each, "authorized")
    answer(check_of(enrollment, Kind.AGREEMENT, MS), UNSIGNED)

    says(enrollment, kind, "rejected")

    assert check_of(enrollment, Kind.AGREEMENT, MS).turn == Turn.MICROSOFT
    assert action(enrollment).rank == 2


def test_partner_who_sees_the_agreement_says_so_once() -> None:
    enrollment = enrolled()
    answer(check_of(enrollment, Kind.AGREEMENT, MS), UNSIGNED)

    said = [
        partner_acts.agreement_offered(
            check=check_of(enrollment, Kind.AGREEMENT, MS), by=enrollment.created_by, now=NOW
        )
        for _twice in range(2)
    ]

    assert said == [True, False]
    assert check_of(enrollment, Kind.AGREEMENT, MS).reason == "agreement_unsigned"
    assert {check_of(enrollment, kind, MS).source for kind in VALIDATIONS} == {"reseller"}


def test_partner_who_sees_the_agreement_ends_no_refusal() -> None:
    enrollment = enrolled()
    answer(check_of(enrollment, Kind.AGREEMENT, MS), UNSIGNED)
    check = check_of(enrollment, Kind.DOMAIN, MS)
    make = make_bdm("FR").user
    decisions.refuse(check=check, note="final", by=make, now=NOW)

    partner_acts.agreement_offered(check=check_of(enrollment, Kind.AGREEMENT, MS), by=enrollment.created_by, now=NOW)

    assert check_of(enrollment, Kind.DOMAIN, MS).state == CheckState.REFUSED


def test_invitation_waits_for_step_4_and_the_next_action_is_step_4() -> None:
    enrollment = make_submitted()
    sign_the_agreement(enrollment)

    answer(check_of(enrollment, Kind.RELATIONSHIP, MS), NOT_ACCEPTED)

    check = check_of(enrollment, Kind.RELATIONSHIP, MS)
    assert (check.turn, check.reason) == (Turn.NOBODY, "marketplace_first")
    urls = [one.url for one in (action(enrollment), *action(enrollment).others)]
    assert f"/enrollments/{enrollment.pk}/steps/marketplace/" in urls
    assert not any(url.endswith("/authorization/") for url in urls)

    fill(enrollment, "marketplace", MARKETPLACE)

    check.refresh_from_db()
    assert (check.turn, check.reason) == (Turn.RESELLER, "not_accepted_yet")
    urls = [one.url for one in (action(enrollment), *action(enrollment).others)]
    assert f"/enrollments/{enrollment.pk}/steps/authorization/" in urls


def test_every_thing_to_do_can_be_opened(as_reseller: Client, enrollment: Enrollment) -> None:
    file = make_submitted(owner=enrollment.created_by)
    sign_the_agreement(file)
    answer(check_of(file, Kind.RELATIONSHIP, MS), NOT_ACCEPTED)

    first = action(file)
    for one in (first, *first.others):
        assert as_reseller.get(one.url.partition("#")[0]).status_code == 200


def test_the_first_of_two_people_makes_it_ingrams_turn() -> None:
    enrollment = make_submitted()
    sign_the_agreement(enrollment)
    answer(check_of(enrollment, Kind.RELATIONSHIP, MS), NOT_ACCEPTED)
    first, second = make_bdm("FR").user, make_bdm("FR").user

    decisions.confirm(check=check_of(enrollment, Kind.RELATIONSHIP, MS), by=first, now=NOW)

    check = check_of(enrollment, Kind.RELATIONSHIP, MS)
    assert (check.turn, check.reason, check.next_check_at) == (Turn.INGRAM, "second_person_needed", None)
    with pytest.raises(decisions.SecondPersonNeededError):
        decisions.confirm(check=check, by=first, now=NOW)
    assert decisions.confirm(check=check, by=second, now=NOW)
    assert check_of(enrollment, Kind.RELATIONSHIP, MS).state == CheckState.PASSED


# --- three times ------------------------------------------------------------------------------------------------------

LATER = NOW + dt.timedelta(days=3)


def times(enrollment: Enrollment) -> tuple[dt.datetime, dt.datetime]:
    fresh = Enrollment.objects.get(pk=enrollment.pk)
    return fresh.last_event_at, fresh.progressed_at


@pytest.mark.parametrize(
    ("kind", "authority", "finding"),
    [
        (Kind.LEGAL_ENTITY, Authority.PORTAL, Finding(Outcome.BAD, LATER, reason="company_ceased")),
        (Kind.DOMAIN, Authority.PORTAL, Finding(Outcome.BAD, LATER, reason="txt_not_found")),
        (Kind.MPN_ID, MS, Finding(Outcome.BAD, LATER, reason="mpn_unknown")),
        (Kind.EMAIL, Authority.PORTAL, Finding(Outcome.BAD, LATER, reason="mail_no_server")),
    ],
)
def test_a_machines_look_is_an_event_and_no_progress(kind: Kind, authority: Authority, finding: Finding) -> None:
    enrollment = make_submitted()

    answer(check_of(enrollment, kind, authority), finding, now=LATER)

    assert times(enrollment) == (LATER, NOW)


def test_what_holds_brings_it_nearer() -> None:
    enrollment = make_submitted()

    answer(check_of(enrollment, Kind.LEGAL_ENTITY, Authority.PORTAL), GOOD, now=LATER)

    assert times(enrollment) == (LATER, LATER)


def test_an_answer_of_the_partners_is_progress_and_a_further_look_is_not() -> None:
    asked, looked = make_submitted(), make_submitted()
    check = check_of(asked, Kind.LOCATION, MS)
    decisions.ask(check=check, note="Quel est le bon ID ?", by=make_bdm("FR").user, now=NOW)
    answer(check_of(looked, Kind.DOMAIN, Authority.PORTAL), Finding(Outcome.BAD, NOW, reason="txt_not_found"))

    partner_acts.hand_in(check_of(asked, Kind.LOCATION, MS), by=asked.created_by, now=LATER, answer="4391999")
    partner_acts.look_again(check=check_of(looked, Kind.DOMAIN, Authority.PORTAL), by=looked.created_by, now=LATER)

    assert times(asked) == (LATER, LATER)
    assert times(looked) == (LATER, NOW)


def test_every_turn_knows_since_when(django_assert_num_queries: Any) -> None:
    enrollment = enrolled()
    assert not Check.objects.filter(enrollment=enrollment, turn_since=None).exclude(turn=Turn.NOBODY).exists()
