"""How checks start, answer, restart, and follow from each other."""

import datetime as dt
import threading

import pgtrigger
import pytest
from django.db import connection, transaction
from django.db.utils import InternalError
from django.utils import timezone

from onboarding.domain.checks import challenges, partner_acts, recording, reporting, routing
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.desk import decisions
from onboarding.domain.enrollment import lifecycle
from onboarding.enums import ENROLLMENT_MOVES, Authority, CheckState, EnrollmentState, Kind, Source, Turn
from onboarding.models import Check, Enrollment, MailboxChallenge
from portal.notices import stops
from portal.notices.models import Mail
from portal.work.claims import claim_due
from tests.builders import (
    COMPANY,
    MARKETPLACE,
    NOW,
    check_of,
    fill,
    fill_steps_1_to_3,
    make_bdm,
    make_enrollment,
    make_submitted,
)

pytestmark = pytest.mark.django_db

GOOD = Finding(Outcome.GOOD, NOW)
LATER = NOW + dt.timedelta(hours=1)


def answer(check: Check, finding: Finding, *, now: dt.datetime = NOW) -> bool:
    Check.objects.filter(pk=check.pk).update(next_check_at=now)
    claims = {c.pk: c for c in claim_due(Check, queue=check.queue, limit=20, now=now)}
    return recording.record(claim=claims[check.pk], finding=finding, now=now)


def sign_the_agreement(enrollment: Enrollment) -> None:
    """Steps 1 to 3 are done, by Partner Center's word."""
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    for kind in (Kind.MPN_ID, Kind.LOCATION, Kind.AGREEMENT):
        answer(check_of(enrollment, kind, Authority.MICROSOFT), GOOD)


def states(enrollment: Enrollment) -> dict[tuple[str, str], str]:
    return {pair: check.state for pair, check in routing.checks_of(enrollment).items()}


def test_submit_starts_the_three_checks_of_the_portal() -> None:
    enrollment = fill_steps_1_to_3(make_enrollment())

    lifecycle.submit(enrollment=enrollment, by=enrollment.created_by, now=NOW)

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
    [claim] = claim_due(Check, queue="recherche_entreprises", limit=1, now=NOW)
    fill(enrollment, "company", {**COMPANY, "legal_name": "EXEMPLE CONSEIL SAS"}, now=LATER)

    written = recording.record(claim=claim, finding=GOOD, now=LATER)

    assert not written
    assert states(enrollment)[check.kind, check.authority] == CheckState.IN_PROGRESS


def test_record_tells_the_reseller_once() -> None:
    enrollment = make_submitted()
    [claim] = claim_due(Check, queue="recherche_entreprises", limit=1, now=NOW)
    bad = Finding(Outcome.BAD, NOW, reason="name_differs", evidence={"fields": []})

    first = recording.record(claim=claim, finding=bad, now=NOW)
    second = recording.record(claim=claim, finding=bad, now=NOW)

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


def test_contact_who_wants_no_mail_is_not_asked_and_the_partner_is_told() -> None:
    """The address said "I do not know this company" of another company: no challenge of this one ever reaches it."""
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)
    stops.stop(enrollment.contact_email, now=NOW)

    answer(check, GOOD)

    check.refresh_from_db()
    assert (check.state, check.turn, check.reason) == (CheckState.ACTION_NEEDED, Turn.RESELLER, "mail_refused")
    assert not MailboxChallenge.objects.exists()
    assert not enrollment.events.filter(kind="mail_sent").exists()


def test_good_mailbox_is_asked_before_it_passes() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)

    answer(check, GOOD)

    check.refresh_from_db()
    assert (check.state, check.reason) == (CheckState.ACTION_NEEDED, "confirm_mail")
    assert Mail.objects.filter(to="dominique@exemple-informatique.example", secret=True).count() == 1


def test_agreement_signed_passes_microsofts_validations_by_inference() -> None:
    enrollment = make_submitted()
    sign_the_agreement(enrollment)

    email = check_of(enrollment, Kind.EMAIL, Authority.MICROSOFT)
    assert (email.state, email.source) == (CheckState.PASSED, Source.INFERRED)
    assert states(enrollment)[Kind.RELATIONSHIP, Authority.MICROSOFT] == CheckState.IN_PROGRESS


def test_weaker_source_is_flagged_not_dropped_and_not_believed() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    check = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)
    bdm = make_bdm("FR").user
    decisions.confirm(check=check, by=bdm, now=NOW)

    reporting.report(check=check, says="rejected", on=NOW.date(), by=enrollment.created_by, now=LATER)

    check.refresh_from_db()
    assert (check.state, check.contradicted_at) == (CheckState.PASSED, LATER)
    assert enrollment.events.filter(kind="contradiction").count() == 1


def test_authorisation_needs_two_people() -> None:
    enrollment = make_submitted()
    sign_the_agreement(enrollment)
    check = check_of(enrollment, Kind.RELATIONSHIP, Authority.MICROSOFT)
    first, second = make_bdm("FR").user, make_bdm("FR").user

    assert decisions.confirm(check=check, by=first, now=NOW) is False
    with pytest.raises(decisions.SecondPersonNeededError):
        decisions.confirm(check=check, by=first, now=NOW)
    assert decisions.confirm(check=check, by=second, now=NOW) is True


def test_everything_holding_makes_the_file_ready_and_a_change_takes_it_back() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    fill(enrollment, "marketplace", MARKETPLACE)
    bdm = make_bdm("FR").user
    decisions.confirm(check=check_of(enrollment, Kind.MARKETPLACE, Authority.INGRAM), by=bdm, now=NOW)
    for kind in (Kind.MPN_ID, Kind.LOCATION, Kind.AGREEMENT, Kind.RELATIONSHIP):
        answer(check_of(enrollment, kind, Authority.MICROSOFT), GOOD)
    enrollment.refresh_from_db()
    assert enrollment.state == EnrollmentState.READY

    fill(enrollment, "marketplace", {**MARKETPLACE, "customer_number": "20-333333"}, now=LATER)

    enrollment.refresh_from_db()
    assert enrollment.state == EnrollmentState.SUBMITTED


@pytest.mark.parametrize("before", EnrollmentState)
@pytest.mark.parametrize("after", EnrollmentState)
def test_database_allows_an_enrollment_the_moves_of_its_table(before: EnrollmentState, after: EnrollmentState) -> None:
    enrollment = make_submitted()
    row = Enrollment.objects.filter(pk=enrollment.pk)
    with pgtrigger.ignore("onboarding.Enrollment:enrollment_moves"):
        row.update(
            state=before, ready_at=NOW, withdrawn_at=NOW, withdrawn_by=enrollment.created_by, withdrawn_from="submitted"
        )

    if before == after or (before, after) in ENROLLMENT_MOVES:
        assert row.update(state=after) == 1
    else:
        with pytest.raises(InternalError, match="Invalid transition"), transaction.atomic():
            row.update(state=after)


def test_history_is_written_by_the_database_even_for_bulk_updates() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.DOMAIN, Authority.PORTAL)

    Check.objects.filter(pk=check.pk).update(reason="dns_timeout", source=Source.API)

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


def test_asking_does_not_count_as_the_first_of_two_people() -> None:
    enrollment = make_submitted()
    sign_the_agreement(enrollment)
    check = check_of(enrollment, Kind.RELATIONSHIP, Authority.MICROSOFT)

    decisions.ask(check=check, note="Le lien n'est pas accepté.", by=make_bdm("FR").user, now=NOW)

    assert decisions.confirm(check=check, by=make_bdm("FR").user, now=NOW) is False


def test_waived_before_it_started_stays_waived() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.EMAIL, Authority.MICROSOFT)
    decisions.waive(check=check, note="Vu avec le partenaire.", by=make_bdm("FR").user, now=NOW)

    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})

    check.refresh_from_db()
    assert (check.state, check.note) == (CheckState.WAIVED, "Vu avec le partenaire.")


def test_stuttering_name_servers_leave_the_turn_and_send_no_mail() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.DOMAIN, Authority.PORTAL)
    answer(check, Finding(Outcome.UNDECIDED, NOW, reason="txt_not_found"))
    mails = Mail.objects.count()

    for reason in ("dns_timeout", "txt_not_found", "dns_error", "txt_not_found"):
        answer(check, Finding(Outcome.UNDECIDED, NOW, reason=reason), now=LATER)

    check.refresh_from_db()
    assert (check.reason, check.turn_since, Mail.objects.count()) == ("txt_not_found", NOW, mails)


def test_sixth_message_of_a_day_is_refused_and_the_last_link_still_works() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)
    now = NOW
    for _ in range(challenges.SENDINGS_A_DAY):
        answer(check, GOOD, now=now)
        now += dt.timedelta(minutes=2)
        if MailboxChallenge.objects.count() < challenges.SENDINGS_A_DAY:
            partner_acts.look_again(check=check, by=enrollment.created_by, now=now)

    with pytest.raises(challenges.TooSoonError):
        partner_acts.look_again(check=check, by=enrollment.created_by, now=now)

    check.refresh_from_db()
    assert (check.state, check.reason) == (CheckState.ACTION_NEEDED, "confirm_mail")
    assert challenges.open_mailbox_challenge(check) is not None


def test_what_a_person_asked_for_goes_back_to_a_person() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.LEGAL_ENTITY, Authority.PORTAL)
    decisions.ask(check=check, note="Envoyez l'extrait.", by=make_bdm("FR").user, now=NOW)

    done = partner_acts.look_again(check=check, by=enrollment.created_by, now=LATER)

    check.refresh_from_db()
    assert (done, check.state, check.turn, check.next_check_at) == (True, CheckState.IN_PROGRESS, Turn.INGRAM, None)


def test_microsofts_days_count_from_the_day_given() -> None:
    enrollment = make_submitted()
    given = NOW.date() - dt.timedelta(days=5)

    fill(enrollment, "partner-center", {"sent_to_microsoft_on": given})

    answer(
        check_of(enrollment, Kind.AGREEMENT, Authority.MICROSOFT),
        Finding(Outcome.UNDECIDED, NOW, reason="not_enrolled_yet"),
    )

    since = [check_of(enrollment, kind, Authority.MICROSOFT).turn_since for kind in (Kind.DOMAIN, Kind.AGREEMENT)]
    assert [moment and moment.date() for moment in since] == [given, given]


@pytest.mark.parametrize("days_later", [0, 1, 4])
def test_a_refusal_is_of_the_day_that_was_typed(days_later: int) -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    check = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)

    now = NOW + dt.timedelta(days=days_later)
    reporting.report(check=check, says="rejected", on=NOW.date(), by=enrollment.created_by, now=now)

    check.refresh_from_db()
    assert check.seen_at is not None and check.refused_at is not None
    assert timezone.localdate(check.seen_at) == timezone.localdate(check.refused_at) == NOW.date()


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_waited_for_a_submission_does_not_undo_it() -> None:
    enrollment = fill_steps_1_to_3(make_enrollment())
    [claim] = [
        c
        for c in claim_due(Check, queue="partner_center", limit=5, now=NOW)
        if c.pk == check_of(enrollment, Kind.MPN_ID, Authority.MICROSOFT).pk
    ]
    answered = threading.Event()

    def worker() -> None:
        recording.record(claim=claim, finding=GOOD, now=NOW)
        connection.close()
        answered.set()

    with transaction.atomic():
        lifecycle.submit(enrollment=enrollment, by=enrollment.created_by, now=NOW)
        thread = threading.Thread(target=worker)
        thread.start()
        # The worker waits for the company's lock; it must read only after this commits.
        assert not answered.wait(0.5)
    thread.join(20)

    assert states(enrollment)[Kind.DOMAIN, Authority.PORTAL] == CheckState.IN_PROGRESS
    assert states(enrollment)[Kind.MPN_ID, Authority.MICROSOFT] == CheckState.PASSED


def test_pressing_done_twice_does_not_get_round_a_person() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.LOCATION, Authority.MICROSOFT)
    decisions.ask(check=check, note="Ce n'est pas le bon ID.", by=make_bdm("FR").user, now=NOW)

    pressed = [partner_acts.look_again(check=check, by=enrollment.created_by, now=LATER) for _ in range(2)]

    check.refresh_from_db()
    assert (pressed, check.reason, check.next_check_at) == ([True, False], "desk_must_look", None)


def test_contrary_answer_ends_the_first_confirmation() -> None:
    enrollment = make_submitted()
    sign_the_agreement(enrollment)
    check = check_of(enrollment, Kind.RELATIONSHIP, Authority.MICROSOFT)
    decisions.confirm(check=check, by=make_bdm("FR").user, now=NOW)

    answer(check, Finding(Outcome.UNDECIDED, NOW, reason="not_accepted_yet"))

    assert decisions.confirm(check=check, by=make_bdm("FR").user, now=NOW) is False


def test_asking_about_the_mailbox_ends_its_open_link() -> None:
    enrollment = make_submitted()
    check = check_of(enrollment, Kind.EMAIL, Authority.PORTAL)
    answer(check, GOOD)

    decisions.ask(check=check, note="Prenez une autre adresse.", by=make_bdm("FR").user, now=NOW)

    assert challenges.open_mailbox_challenge(check) is None


def test_asking_on_step_1_takes_back_what_stands_on_it() -> None:
    enrollment = make_submitted()
    sign_the_agreement(enrollment)
    before = states(enrollment)[Kind.RELATIONSHIP, Authority.MICROSOFT]

    mpn_id = check_of(enrollment, Kind.MPN_ID, Authority.MICROSOFT)
    decisions.ask(check=mpn_id, note="Cet ID n'est pas à vous.", by=make_bdm("FR").user, now=NOW)

    assert before == CheckState.IN_PROGRESS
    assert states(enrollment)[Kind.RELATIONSHIP, Authority.MICROSOFT] == CheckState.NOT_STARTED


def test_note_of_what_was_asked_does_not_stay_with_what_came_after() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    bdm = make_bdm("FR").user
    domain = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)
    decisions.ask(check=domain, note="Votre facture OVH, svp", by=bdm, now=NOW)

    reporting.report(check=domain, says="authorized", on=LATER.date(), by=enrollment.created_by, now=LATER)

    told = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)
    assert (told.state, told.note) == (CheckState.PASSED, "")


def test_refusal_is_of_its_own_moment_and_not_of_the_pass_before_it() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    domain = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)
    reporting.report(check=domain, says="authorized", on=NOW.date(), by=enrollment.created_by, now=NOW)
    later = NOW + dt.timedelta(minutes=8)

    decisions.refuse(check=domain, note="Fini.", by=make_bdm("FR").user, now=later)

    told = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)
    assert (told.settled_at, told.note) == (later, "Fini.")
