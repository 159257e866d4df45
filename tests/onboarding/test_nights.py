"""After the authorisation: a ready file is looked at every night, by the real client against the twin."""

import datetime as dt
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as deployed
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.domain.checks import nightly_recheck, requeueing, routing
from onboarding.domain.checks.polling import next_night
from onboarding.domain.desk import decisions
from onboarding.domain.enrollment import lifecycle
from onboarding.domain.kinds.registry import NIGHTLY
from onboarding.domain.partner_center import accounts
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.enums import Authority, CheckState, EnrollmentState, Kind, Source, Turn
from onboarding.models import (
    Check,
    DutyKind,
    Enrollment,
    PartnerCenterAccount,
    PartnerCenterCode,
    PartnerCenterDuty,
    ResellerAuthorization,
    ResellerLink,
)
from onboarding.sandbox.servers import Sandbox
from onboarding.views.presenters import next_steps
from onboarding.work import checks as checks_work
from onboarding.work import duties
from portal.notices.models import Mail
from portal.work import claims, kinds
from portal.work.loop import do_once
from portal.work.models import Queue
from tests.builders import (
    CONTACT,
    MARKETPLACE,
    NOW,
    check_of,
    fill,
    fill_steps_1_to_3,
    make_bdm,
    make_enrollment,
    make_submitted,
)
from tests.onboarding.connectors.conftest import sandbox, servers_running, sim  # noqa: F401
from tests.plans import expect_many

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
Sim = Callable[..., Any]
TENANT = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
RELATIONSHIP, AGREEMENT = (Kind.RELATIONSHIP, Authority.MICROSOFT), (Kind.AGREEMENT, Authority.MICROSOFT)


@pytest.fixture
def ready(sandbox: Sandbox, sim: Sim, monkeypatch: pytest.MonkeyPatch) -> Enrollment:  # noqa: F811
    """A file that everybody has said yes to."""
    monkeypatch.setattr(checks_work, "queues", lambda: ("partner_center",))
    Queue.objects.update(rate=1e9, burst=1e9, tokens=1e9)
    enrollment = fill_steps_1_to_3(make_enrollment(), number="439150")
    fill(enrollment, "contact", {**CONTACT, "tenant": TENANT})
    enrollment = lifecycle.submit(enrollment=enrollment, by=enrollment.created_by, now=NOW)
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    play(sim, "enrol")
    sim("POST", "clock", advance_hours=24 * 130)
    for deed in ("sign_agreement", "accept_link"):
        play(sim, deed)
    look()
    fill(enrollment, "marketplace", MARKETPLACE)
    bdm = make_bdm("FR").user
    decisions.confirm(check=check_of(enrollment, Kind.MARKETPLACE, Authority.INGRAM), by=bdm, now=timezone.now())
    look()
    assert state_of(enrollment) == EnrollmentState.READY
    return enrollment


def play(sim: Sim, deed: str) -> None:  # noqa: F811
    sim("POST", "resellers", mpn_id="4391501", do=deed, tenant=TENANT)


def look() -> None:
    """Everything due is looked at, and what follows from it as well. The test's transaction stands still for now()."""
    for _ in range(10):
        Check.objects.filter(next_check_at__lte=timezone.now()).update(next_check_at=NOW)
        if not checks_work.look_once():
            return


def night() -> None:
    nightly_recheck.start_now(now=NOW)
    look()


def state_of(enrollment: Enrollment) -> str:
    return Enrollment.objects.get(pk=enrollment.pk).state


def brief(enrollment: Enrollment, pair: tuple[Kind, Authority]) -> tuple[str, str, str]:
    check = check_of(enrollment, *pair)
    return check.state, check.reason, check.turn


def titles(enrollment: Enrollment) -> list[str]:
    return list(enrollment.events.order_by("pk").values_list("kind", flat=True))


def test_night_falls_on_every_check_that_a_ready_file_stands_on(ready: Enrollment) -> None:
    due = {pair for pair, check in routing.checks_of(ready).items() if check.next_check_at and check.is_settled}

    assert due == {(kind, Authority.MICROSOFT) for kind in NIGHTLY}


def test_night_that_finds_everything_as_it_was_changes_nothing(ready: Enrollment) -> None:
    events, mails = titles(ready), Mail.objects.count()

    night()

    assert (state_of(ready), titles(ready), Mail.objects.count()) == (EnrollmentState.READY, events, mails)
    assert check_of(ready, *AGREEMENT).next_check_at > timezone.now()  # type: ignore[operator]


def test_withdrawn_agreement_is_an_action_in_the_morning_and_signing_again_mends_it(
    ready: Enrollment,
    sim: Sim,  # noqa: F811
) -> None:
    play(sim, "withdraw_agreement")

    night()

    assert state_of(ready) == EnrollmentState.SUBMITTED
    assert brief(ready, AGREEMENT) == (CheckState.ACTION_NEEDED, "agreement_unsigned", Turn.RESELLER)
    assert titles(ready)[-3:] == ["check_action_needed", "check_taken_back", "no_longer_ready"]
    assert Mail.objects.filter(to=ready.created_by.email, key__startswith="action-").count() == 1
    # The reseller cannot sell now, which comes before the mailbox that they never confirmed.
    fresh = Enrollment.objects.get(pk=ready.pk)
    assert next_steps.next_action(fresh, routing.checks_of(fresh)).title == REASONS["agreement_unsigned"].title
    # Lost today: asked for again within the hour, not within days as a question that is months old.
    assert check_of(ready, *AGREEMENT).opened_at > NOW  # type: ignore[operator]

    play(sim, "sign_agreement")
    Check.objects.filter(enrollment=ready, kind=Kind.AGREEMENT).update(next_check_at=NOW)
    look()

    assert state_of(ready) == EnrollmentState.READY
    assert check_of(ready, *AGREEMENT).next_check_at is not None


def test_removed_link_says_that_it_was_removed_and_is_told_once(ready: Enrollment, sim: Sim) -> None:  # noqa: F811
    play(sim, "remove_link")

    night()
    for _ in range(2):
        Check.objects.filter(enrollment=ready, kind=Kind.RELATIONSHIP).update(next_check_at=NOW)
        look()

    assert brief(ready, RELATIONSHIP) == (CheckState.ACTION_NEEDED, "authorization_removed", Turn.RESELLER)
    assert Mail.objects.filter(key__startswith="action-").count() == 1


@pytest.mark.parametrize(
    "kind",
    [
        "500",
        "half",
        "403",
        *(pytest.param(kind, marks=pytest.mark.long) for kind in ("html", "429", "redirect", "nonsense", "broken")),
    ],
)
def test_trouble_in_the_night_is_no_verdict(ready: Enrollment, sim: Sim, kind: str) -> None:  # noqa: F811
    events = titles(ready)
    sim("POST", "faults", service="partner_center", kind=kind, times=50)

    night()

    assert (state_of(ready), titles(ready)) == (EnrollmentState.READY, events)
    assert {check_of(ready, k, Authority.MICROSOFT).state for k in NIGHTLY} == {CheckState.PASSED}


def test_parked_row_of_a_ready_file_is_taken_up_again_without_a_word(
    ready: Enrollment,
    sim: Sim,  # noqa: F811
) -> None:
    sim("POST", "faults", service="partner_center", kind="403", times=50)
    night()
    sim("DELETE", "faults")
    check = check_of(ready, *AGREEMENT)
    assert check.parked_at is not None

    taken = requeueing.unpark(check=check, by=make_bdm().user, why="repaired", now=timezone.now())
    look()

    check.refresh_from_db()
    assert (taken, check.parked_at is None, check.state) == (True, True, CheckState.PASSED)


def test_state_that_nobody_knows_is_for_a_person(ready: Enrollment, sim: Sim) -> None:  # noqa: F811
    sim("POST", "faults", service="partner_center", kind="unknown_state", times=9)

    night()

    check = check_of(ready, *RELATIONSHIP)
    assert (state_of(ready), check.state) == (EnrollmentState.READY, CheckState.PASSED)
    assert check.contradicted_at is not None
    assert titles(ready)[-1] == "doubted"


def test_what_a_bdm_confirmed_is_flagged_and_not_taken_back(ready: Enrollment, sim: Sim) -> None:  # noqa: F811
    Check.objects.filter(enrollment=ready, kind=Kind.RELATIONSHIP).update(source=Source.BDM)
    play(sim, "remove_link")

    night()
    night()

    check = check_of(ready, *RELATIONSHIP)
    assert (state_of(ready), check.state, check.contradicted_at is not None) == ("ready", CheckState.PASSED, True)
    assert titles(ready).count("doubted") == 1


def test_rounds_put_what_was_forgotten_on_the_coming_night(ready: Enrollment) -> None:
    Check.objects.filter(enrollment=ready).update(next_check_at=None)

    first, second = nightly_recheck.schedule_missing(timezone.now()), nightly_recheck.schedule_missing(timezone.now())

    assert (first, second) == (3, 0)


def test_partner_who_waits_comes_before_the_whole_night(ready: Enrollment) -> None:
    """The night's checks have been due for an hour, the partner's since now."""
    nightly_recheck.start_now(now=NOW - HOUR)
    night_s = set(Check.objects.filter(enrollment=ready, next_check_at=NOW - HOUR).values_list("pk", flat=True))
    waiting = check_of(make_submitted(), *AGREEMENT)
    Check.objects.filter(enrollment=waiting.enrollment_id).update(next_check_at=None)
    Check.objects.filter(pk=waiting.pk).update(queue="partner_center", next_check_at=NOW)

    first, second, third = (claim.pk for claim in claims.claim_due(Check, queue="partner_center", limit=3, now=NOW))

    assert first == waiting.pk
    assert {second, third} < night_s


def test_partner_s_check_is_found_without_reading_the_night(ready: Enrollment) -> None:
    with CaptureQueriesContext(connection) as captured:
        claims.claim_due(Check, queue="partner_center", limit=20, now=NOW)
    [claiming] = [query["sql"] for query in captured if "SKIP LOCKED" in query["sql"]]
    expect_many(Check)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {claiming}")
        plan = "\n".join(line for [line] in cursor.fetchall())

    assert "Index Scan using check_due_first" in plan and "Index Scan using check_due on" in plan


def test_round_that_does_not_fit_into_a_night_is_shared_over_several(ready: Enrollment, settings: Any) -> None:
    settings.WAITING_PACE = 1
    three_a_night = 3 / (4 * 3600 * nightly_recheck.PLANNED)
    Queue.objects.filter(pk="partner_center").update(rate=three_a_night / 3)

    assert nightly_recheck.plan_round() == 3
    check = check_of(ready, *AGREEMENT)
    again = [nightly_recheck.next_look(check, now=timezone.now(), rng=random.Random(n)) for n in range(20)]
    assert all(dt.timedelta(days=2) <= at - timezone.now() <= dt.timedelta(days=4) for at in again if at)

    Check.objects.filter(enrollment=ready).update(next_check_at=None)
    nightly_recheck.schedule_missing(timezone.now())
    assert nightly(ready).filter(next_check_at__lte=timezone.now() + dt.timedelta(days=4)).count() == 3

    Queue.objects.filter(pk="partner_center").update(rate=three_a_night * 1.01)
    assert nightly_recheck.plan_round() == Queue.objects.get(pk="partner_center").nights == 1


def test_page_about_sizes_says_what_the_queues_have() -> None:
    page = (deployed.ROOT / "portal/README.md").read_text()
    told = re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", page, re.MULTILINE)
    rates = kinds.rates()
    a_night = rates["partner_center"].a_second * 4 * 3600 * nightly_recheck.PLANNED

    assert len(told) == 8
    assert {queue: number for queue, number in told if number != f"{rates[queue].a_second * 3600:,.0f}"} == {}
    assert f"{a_night:,.0f} checks, which are {a_night / len(NIGHTLY):,.0f} ready enrollments" in page


def nightly(enrollment: Enrollment) -> "QuerySet[Check]":
    return Check.objects.filter(enrollment=enrollment, kind__in=NIGHTLY, state=CheckState.PASSED)


def test_a_night_is_the_next_one_there_spread_over_its_hours(settings: Any) -> None:
    class Middle:
        def uniform(self, a: float, b: float) -> float:
            return (a + b) / 2

    def at(*moment: int, zone: str) -> dt.datetime:
        return next_night(now=dt.datetime(*moment, tzinfo=dt.UTC), zone=zone, rng=Middle())  # type: ignore[arg-type, misc]

    assert at(2026, 11, 23, 9, 0, zone="Europe/Paris") == dt.datetime(2026, 11, 24, 2, 0, tzinfo=dt.UTC)
    assert at(2026, 11, 23, 23, 30, zone="Europe/Paris") == dt.datetime(2026, 11, 24, 2, 0, tzinfo=dt.UTC)
    assert at(2026, 11, 24, 0, 30, zone="Europe/Paris") == dt.datetime(2026, 11, 25, 2, 0, tzinfo=dt.UTC)
    assert at(2026, 11, 23, 9, 0, zone="America/Martinique") == dt.datetime(2026, 11, 24, 7, 0, tzinfo=dt.UTC)


# --- what is done for each account -----------------------------------------------------------------------------------


@pytest.fixture
def account(ready: Enrollment) -> PartnerCenterAccount:
    accounts.seed(timezone.now())
    do(*DutyKind)
    return PartnerCenterAccount.objects.get()


def do(*kinds: DutyKind) -> None:
    """These duties, now."""
    PartnerCenterDuty.objects.exclude(kind__in=kinds).update(next_check_at="2099-01-01T00:00Z")
    PartnerCenterDuty.objects.filter(kind__in=kinds).update(next_check_at=NOW)
    for _ in kinds:
        do_once(duties.KIND)


def test_duties_of_an_account_are_all_done(account: PartnerCenterAccount) -> None:
    results = dict(PartnerCenterDuty.objects.values_list("kind", "result"))

    assert results == {
        "renew": "renewed",
        "resellers": "new 2 changed 0 removed 0 returned 0",
        "activity": "read 2 new 2",
        "standings": "asked 1 refused 0",
        "country_rules": "read 1",
    }


def test_link_that_vanished_from_the_list_is_asked_about_at_once(
    account: PartnerCenterAccount,
    ready: Enrollment,
    sim: Sim,  # noqa: F811
) -> None:
    play(sim, "remove_link")

    do(DutyKind.RESELLERS)
    look()

    assert ResellerLink.objects.get(mpn_id="4391501").removed_at is not None
    assert brief(ready, RELATIONSHIP)[1] == "authorization_removed"

    play(sim, "accept_link")
    do(DutyKind.RESELLERS)
    look()

    assert ResellerLink.objects.get(mpn_id="4391501").removed_at is None
    assert state_of(ready) == EnrollmentState.READY


def test_night_reads_the_kept_list_instead_of_the_whole_one_for_each_file(
    account: PartnerCenterAccount,
    sim: Sim,  # noqa: F811
    settings: Any,
) -> None:
    def lists() -> int:
        return [call["path"] for call in sim("GET", "calls")["calls"]].count("/v1/relationships")

    do(DutyKind.RESELLERS)
    settings.RESELLERS_FRESH_SECONDS = 3600.0
    before = lists()
    night()
    kept = lists()
    settings.RESELLERS_FRESH_SECONDS = 0.0
    night()

    assert (kept - before, lists() - kept) == (0, 1)


def test_activity_log_brings_the_news_before_the_list_is_due(
    account: PartnerCenterAccount,
    ready: Enrollment,
    sim: Sim,  # noqa: F811
) -> None:
    play(sim, "remove_link")

    do(DutyKind.ACTIVITY)
    look()

    assert brief(ready, RELATIONSHIP)[1] == "authorization_removed"
    listed = PartnerCenterDuty.objects.get(kind=DutyKind.RESELLERS)
    assert listed.next_check_at is not None and listed.next_check_at < timezone.now() + dt.timedelta(seconds=1)


def test_closed_activity_log_is_switched_off_and_is_no_outage(
    account: PartnerCenterAccount,
    sim: Sim,  # noqa: F811
) -> None:
    sim("POST", "sign-in", close=True)

    do(DutyKind.ACTIVITY)

    duty = PartnerCenterDuty.objects.get(kind=DutyKind.ACTIVITY)
    assert (duty.next_check_at, duty.parked_at, "900329" in duty.off_why) == (None, None, True)
    accounts.do_now(account, now=NOW)
    duty.refresh_from_db()
    assert (duty.next_check_at, duty.off_why) == (NOW, "")


def test_code_that_nobody_is_sure_of_flags_the_file_and_takes_nothing_away(
    account: PartnerCenterAccount,
    ready: Enrollment,
    sim: Sim,  # noqa: F811
) -> None:
    play(sim, "suspend")

    do(DutyKind.STANDINGS)
    do(DutyKind.STANDINGS)
    look()

    standing = ResellerAuthorization.objects.get()
    assert (standing.valid, standing.code, "suspended" in standing.text) == (False, "900999", True)
    assert state_of(ready) == EnrollmentState.READY
    assert titles(ready).count("doubted") == 1
    [line] = ready.events.filter(kind="doubted")
    assert line.data["told"].startswith("900999 ")
    assert check_of(ready, *RELATIONSHIP).contradicted_at is not None

    play(sim, "reinstate")
    do(DutyKind.STANDINGS)

    assert check_of(ready, *RELATIONSHIP).contradicted_at is None


def test_sure_code_makes_it_the_reseller_s_turn(
    account: PartnerCenterAccount,
    ready: Enrollment,
    sim: Sim,  # noqa: F811
) -> None:
    PartnerCenterCode.objects.create(
        code="900999", meaning_fr="x", meaning_en="x", reason="enrolment_lost", sure=True, source="a test"
    )
    play(sim, "suspend")

    do(DutyKind.STANDINGS)

    assert state_of(ready) == EnrollmentState.SUBMITTED
    assert brief(ready, AGREEMENT) == (CheckState.ACTION_NEEDED, "enrolment_lost", Turn.RESELLER)


def test_location_that_may_order_again_is_looked_at_again(
    account: PartnerCenterAccount,
    ready: Enrollment,
    sim: Sim,  # noqa: F811
) -> None:
    PartnerCenterCode.objects.create(
        code="900999", meaning_fr="x", meaning_en="x", reason="enrolment_lost", sure=True, source="a test"
    )
    play(sim, "suspend")
    do(DutyKind.STANDINGS)
    play(sim, "reinstate")

    do(DutyKind.STANDINGS)
    look()

    assert state_of(ready) == EnrollmentState.READY


def test_visitor_lets_the_night_begin(
    ready: Enrollment,
    sim: Sim,  # noqa: F811
    client: Client,
) -> None:
    play(sim, "withdraw_agreement")

    answer = client.post("/sandbox/act/", {"act": "night"})
    look()

    assert answer.status_code == 302
    assert state_of(ready) == EnrollmentState.SUBMITTED


# --- one question, asked again ---------------------------------------------------------------------------------------


def questions(sim: Sim, path: str) -> list[str]:  # noqa: F811
    """The ids under which Partner Center was asked, oldest first."""
    return [call["question"] for call in sim("GET", "calls")["calls"] if call["path"].endswith(path)]


def test_duty_that_heard_nothing_asks_the_same_question_in_its_next_claim(
    account: PartnerCenterAccount,
    sim: Sim,  # noqa: F811
) -> None:
    before = len(questions(sim, "/relationships"))

    sim("POST", "faults", service="partner_center", kind="half", times=2)  # a claim asks twice
    for _ in range(3):
        do(DutyKind.RESELLERS)

    asked = questions(sim, "/relationships")[before:]
    assert [asked[0] == each for each in asked] == [True, True, True, False]


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("half", ["a", "a", "a", "b"]),  # nothing came twice, then an answer
        ("500", ["a", "b", "c", "d"]),
        ("nonsense", ["a", "b", "c", "d"]),
    ],
)
def test_check_asks_the_same_question_until_anything_is_answered(
    ready: Enrollment,
    sim: Sim,  # noqa: F811
    kind: str,
    asked: list[str],
) -> None:
    check = check_of(ready, *AGREEMENT)
    before = len(questions(sim, "/agreementstatus"))
    Check.objects.exclude(pk=check.pk).update(next_check_at=None)

    sim("POST", "faults", service="partner_center", kind=kind, times=2)
    while len(found := questions(sim, "/agreementstatus")[before:]) < 4:
        Check.objects.filter(pk=check.pk).update(next_check_at=NOW)
        assert checks_work.look_once() == 1

    letters = {each: "abcd"[place] for place, each in enumerate(dict.fromkeys(found))}
    assert [letters[each] for each in found] == asked


def test_worker_that_died_before_writing_asked_the_same_question(ready: Enrollment) -> None:
    check, numbers = check_of(ready, *AGREEMENT), []
    for _ in range(3):
        Check.objects.filter(pk=check.pk).update(next_check_at=NOW)
        [claim] = claims.claim_due(Check, queue=check.queue, limit=1, now=NOW)
        numbers.append(claim.question)
    claims.settle(claim, next_check_at=NOW)
    [after] = claims.claim_due(Check, queue=check.queue, limit=1, now=NOW)

    assert numbers == [numbers[0]] * 3
    assert after.question > numbers[0]
