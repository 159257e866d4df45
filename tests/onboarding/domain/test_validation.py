"""How checks start, answer, restart, and follow from each other."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError

from onboarding.domain import challenges, review, validation
from onboarding.domain import enrollment as enrollments
from onboarding.domain.finding import Finding, Outcome
from onboarding.enums import CHECK_MOVES, Authority, CheckState, EnrollmentState, Kind, Source, Turn
from onboarding.models import Check, Enrollment
from portal.notices.models import Mail
from portal.work.claims import claim_due
from tests.builders import COMPANY, NOW, check_of, fill, fill_steps_1_to_3, make_bdm, make_enrollment, make_submitted

pytestmark = pytest.mark.django_db

GOOD = Finding(Outcome.GOOD, NOW)
LATER = NOW + dt.timedelta(hours=1)


def answer(check: Check, finding: Finding, *, now: dt.datetime = NOW) -> bool:
    Check.objects.filter(pk=check.pk).update(next_check_at=now)
    claims = {c.pk: c for c in claim_due(Check, lane=check.lane, limit=20, now=now)}
    return validation.record(claim=claims[check.pk], finding=finding, now=now)


def states(enrollment: Enrollment) -> dict[tuple[str, str], str]:
    return {pair: check.state for pair, check in validation.checks_of(enrollment).items()}


def test_submit_starts_the_three_checks_of_the_portal() -> None:
    enrollment = fill_steps_1_to_3(make_enrollment())

    enrollments.submit(enrollment=enrollment, by=enrollment.created_by, now=NOW)

    started = {pair for pair, state in states(enrollment).items() if state != CheckState.NOT_STARTED}
    assert started == {
        (Kind.MPN_ID, Authority.MICROSOFT),
        (Kind.LOCATION, Authority.MICROSOFT),
        (Kind.EMAIL, Authority.PORTAL),
        (Kind.DOMAIN, Authority.PORTAL),
        (Kind.LEGAL_ENTITY, Authority.PORTAL),
    }


def test_changed_answer_restarts_just_what_depends_on_it() -> None:
    enrollment = make_submitted()
    for kind in (Kind.DOMAIN, Kind.LEGAL_ENTITY):
        answer(check_of(enrollment, kind, Authority.PORTAL), GOOD)

    fill(enrollment, "company", {**COMPANY, "legal_name": "EXEMPLE CONSEIL SAS"}, now=LATER)

    after = states(enrollment)
    assert after[Kind.LEGAL_ENTITY, Authority.PORTAL] == CheckState.IN_PROGRESS
    assert after[Kind.DOMAIN, Authority.PORTAL] == CheckState.PASSED


def test_same_answers_twice_restart_nothing() -> None:
    enrollment = make_submitted()
    answer(check_of(enrollment, Kind.LEGAL_ENTITY, Authority.PORTAL), GOOD)
    events = enrollment.events.count()

    fill(enrollment, "company", COMPANY, now=LATER)

    assert states(enrollment)[Kind.LEGAL_ENTITY, Authority.PORTAL] == CheckState.PASSED
    assert enrollment.events.count() == events


def test_answer_about_an_old_subject_is_dropped() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.LEGAL_ENTITY, Authority.PORTAL)
    [claim] = claim_due(Check, lane="register", limit=1, now=NOW)
    fill(enrollment, "company", {**COMPANY, "legal_name": "EXEMPLE CONSEIL SAS"}, now=LATER)

    written = validation.record(claim=claim, finding=GOOD, now=LATER)

    assert not written
    assert states(enrollment)[check.kind, check.authority] == CheckState.IN_PROGRESS


def test_record_tells_the_reseller_once() -> None:
    enrollment = make_submitted()
    [claim] = claim_due(Check, lane="register", limit=1, now=NOW)
    bad = Finding(Outcome.BAD, NOW, reason="name_differs", evidence={"fields": []})

    first = validation.record(claim=claim, finding=bad, now=NOW)
    second = validation.record(claim=claim, finding=bad, now=NOW)

    assert (first, second) == (True, False)
    assert [m.to for m in Mail.objects.all()] == [enrollment.created_by.email]
    assert enrollment.events.filter(kind="check_action_needed").count() == 1


def test_the_same_bad_answer_again_is_not_told_again() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.LEGAL_ENTITY, Authority.PORTAL)
    bad = Finding(Outcome.BAD, NOW, reason="name_differs")

    answer(check, bad)
    answer(check, bad, now=LATER)

    assert Mail.objects.count() == 1
    assert check_of(enrollment, Kind.LEGAL_ENTITY, Authority.PORTAL).turn_since == NOW


def test_undecided_never_becomes_the_resellers_fault() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.DOMAIN, Authority.PORTAL)

    answer(check, Finding(Outcome.UNDECIDED, NOW, reason="dns_timeout"))

    check.refresh_from_db()
    assert (check.state, check.turn, check.attempt) == (CheckState.IN_PROGRESS, Turn.NOBODY, 0)
    assert check.next_check_at is not None


def test_good_mailbox_is_asked_before_it_passes() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)

    answer(check, GOOD)

    check.refresh_from_db()
    assert (check.state, check.reason) == (CheckState.ACTION_NEEDED, "confirm_mail")
    assert Mail.objects.filter(to="dominique@exemple-informatique.example", secret=True).count() == 1


def test_agreement_signed_passes_microsofts_validations_by_inference() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})

    answer(check_of(enrollment, Kind.AGREEMENT, Authority.MICROSOFT), GOOD)

    email = check_of(enrollment, Kind.EMAIL, Authority.MICROSOFT)
    assert (email.state, email.source) == (CheckState.PASSED, Source.INFERRED)
    assert states(enrollment)[Kind.RELATIONSHIP, Authority.MICROSOFT] == CheckState.IN_PROGRESS


def test_weaker_source_is_flagged_not_dropped_and_not_believed() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    check = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)
    bdm = make_bdm("FR").user
    review.confirm(check=check, by=bdm, now=NOW)

    validation.report(check=check, says="rejected", on=NOW.date(), by=enrollment.created_by, now=LATER)

    check.refresh_from_db()
    assert (check.state, check.contradicted_at) == (CheckState.PASSED, LATER)
    assert enrollment.events.filter(kind="contradiction").count() == 1


def test_authorisation_needs_two_people() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    answer(check_of(enrollment, Kind.AGREEMENT, Authority.MICROSOFT), GOOD)
    check = check_of(enrollment, Kind.RELATIONSHIP, Authority.MICROSOFT)
    first, second = make_bdm("FR").user, make_bdm("FR").user

    assert review.confirm(check=check, by=first, now=NOW) is False
    with pytest.raises(review.SecondPersonNeededError):
        review.confirm(check=check, by=first, now=NOW)
    assert review.confirm(check=check, by=second, now=NOW) is True


def test_everything_holding_makes_the_file_ready_and_a_change_takes_it_back() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    marketplace = {
        "marketplace_login": "imonline",
        "marketplace": "FR",
        "customer_number": "20-222222",
        "marketplace_email": "shop@exemple-informatique.example",
        "marketplace_activated_on": NOW.date(),
    }
    fill(enrollment, "marketplace", marketplace)
    bdm = make_bdm("FR").user
    review.confirm(check=check_of(enrollment, Kind.MARKETPLACE, Authority.INGRAM), by=bdm, now=NOW)
    for kind in (Kind.MPN_ID, Kind.LOCATION, Kind.AGREEMENT, Kind.RELATIONSHIP):
        answer(check_of(enrollment, kind, Authority.MICROSOFT), GOOD)
    enrollment.refresh_from_db()
    assert enrollment.state == EnrollmentState.READY

    fill(enrollment, "marketplace", {**marketplace, "customer_number": "20-333333"}, now=LATER)

    enrollment.refresh_from_db()
    assert enrollment.state == EnrollmentState.SUBMITTED


def test_database_refuses_every_other_move() -> None:
    enrollment = make_enrollment()
    check = check_of(enrollment, Kind.MPN_ID, Authority.MICROSOFT)
    allowed = {(str(a), str(b)) for a, b in CHECK_MOVES}
    refused = []

    for target in CheckState.values:
        with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
            if target == check.state or (check.state, target) in allowed:
                raise IntegrityError
            Check.objects.filter(pk=check.pk).update(state=target)
        refused.append(target)

    check.refresh_from_db()
    assert check.state == CheckState.NOT_STARTED
    assert len(refused) == len(CheckState.values)


def test_history_is_written_by_the_database_even_for_bulk_updates() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.DOMAIN, Authority.PORTAL)

    Check.objects.filter(pk=check.pk).update(reason="dns_timeout")

    assert list(check.history.order_by("pgh_id").values_list("pgh_label", "reason"))[-1] == ("update", "dns_timeout")


def test_events_cannot_be_rewritten() -> None:
    enrollment = make_enrollment()

    with pytest.raises(InternalError), transaction.atomic():
        enrollment.events.update(kind="ready")


def test_code_confirms_and_the_fifth_wrong_one_ends_it() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)
    answer(check, GOOD)

    for left in (4, 3, 2, 1, 0):
        with pytest.raises(challenges.WrongCodeError) as wrong:
            challenges.check_code(check=check, code="00000000", now=NOW)
        assert wrong.value.left == left
    with pytest.raises(challenges.ChallengeGoneError):
        challenges.check_code(check=check, code="00000000", now=NOW)
