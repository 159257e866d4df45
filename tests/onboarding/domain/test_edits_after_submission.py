"""An edit here is no act of Microsoft's: its state, turn and days stay as reported, and a corrected day is followed."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from onboarding.domain.checks import partner_acts, reporting, routing
from onboarding.domain.clocks import escalation
from onboarding.domain.enrollment import lifecycle
from onboarding.domain.questions.requirements import AnswersRefused
from onboarding.enums import VALIDATIONS, Authority, CheckState, Kind, Turn
from onboarding.models import Check, Enrollment, Event, SourceReport
from portal.notices.models import Mail
from portal.work.claims import claim_due
from tests.builders import COMPANY, CONTACT, NOW, check_of, fill, make_bdm, make_enrollment, make_submitted

pytestmark = pytest.mark.django_db

SENT_ON = dt.date(2026, 11, 2)  # two weeks before NOW
MS = Authority.MICROSOFT


def with_microsoft(**fields: Any) -> Enrollment:
    enrollment = make_submitted(**fields)
    return fill(enrollment, "partner-center", {"sent_to_microsoft_on": SENT_ON})


def brief(enrollment: Enrollment, kind: Kind, authority: Authority = MS) -> tuple[Any, ...]:
    check = check_of(enrollment, kind, authority)
    return check.state, check.turn, check.turn_since, check.seen_at, check.source


SPELLINGS = [
    ("company", COMPANY, {"street": "1 RUE DES ESSAIS"}),
    ("company", COMPANY, {"postal_code": "75 001"}),
    ("company", COMPANY, {"legal_name": "Exemple  Informatique, S.A.S."}),
    ("company", COMPANY, {"city": "PÂRIS"}),
    ("contact", CONTACT, {"contact_email": "Dominique@Exemple-Informatique.example"}),
]


@pytest.mark.parametrize(("page", "answers", "change"), SPELLINGS)
@pytest.mark.parametrize("says", ["", "authorized"])
def test_another_spelling_changes_nothing(page: str, answers: Any, change: dict[str, str], says: str) -> None:
    enrollment = with_microsoft()
    for kind in VALIDATIONS if says else ():
        check = check_of(enrollment, kind, MS)
        reporting.report(check=check, says=says, on=NOW.date(), by=enrollment.created_by, now=NOW)
    before = {pair: brief(enrollment, *pair) for pair in routing.checks_of(enrollment)}  # type: ignore[misc]

    later = NOW + dt.timedelta(days=3)
    fill(enrollment, page, {**answers, **change}, now=later)

    assert {pair: brief(enrollment, *pair) for pair in before} == before  # type: ignore[misc]
    assert not Check.objects.exclude(changed_here_at=None).exists()


CHANGES = [
    ("company", COMPANY, {"legal_name": "AUTRE EXEMPLE SAS"}, {Kind.LEGAL_ENTITY}),
    ("company", COMPANY, {"mail_domain": "autre-exemple.example"}, {Kind.DOMAIN}),
    ("company", COMPANY, {"street": "99 quai des Essais", "city": "Lyon"}, {Kind.LEGAL_ENTITY}),
    ("contact", CONTACT, {"contact_email": "camille@exemple-informatique.example"}, {Kind.EMAIL}),
]


@pytest.mark.parametrize(("page", "answers", "change", "kinds"), CHANGES)
@pytest.mark.parametrize("says", ["", "authorized"])
def test_a_change_is_flagged_and_moves_nothing_of_microsofts(
    page: str, answers: Any, change: dict[str, str], kinds: set[Kind], says: str
) -> None:
    enrollment = with_microsoft()
    for kind in VALIDATIONS if says else ():
        check = check_of(enrollment, kind, MS)
        reporting.report(check=check, says=says, on=NOW.date(), by=enrollment.created_by, now=NOW)
    before = {kind: brief(enrollment, kind) for kind in VALIDATIONS}

    later = NOW + dt.timedelta(days=3)
    for _twice in range(2):
        fill(enrollment, page, {**answers, **change}, now=later)

    assert {kind: brief(enrollment, kind) for kind in VALIDATIONS} == before
    flagged = Check.objects.exclude(changed_here_at=None)
    assert {(check.kind, check.authority, check.changed_here_at) for check in flagged} == {
        (k, MS, later) for k in kinds
    }
    assert Event.objects.filter(kind="changed_here").count() == len(kinds)


def test_changing_it_back_takes_the_flag_away() -> None:
    enrollment = with_microsoft()
    fill(enrollment, "company", {**COMPANY, "legal_name": "AUTRE EXEMPLE SAS"})

    fill(enrollment, "company", COMPANY)

    assert check_of(enrollment, Kind.LEGAL_ENTITY, MS).changed_here_at is None
    assert Event.objects.filter(kind="changed_back").count() == 1


def test_changed_there_too_keeps_what_was_reported() -> None:
    enrollment = with_microsoft()
    by = enrollment.created_by
    check = check_of(enrollment, Kind.LEGAL_ENTITY, MS)
    reporting.report(check=check, says="authorized", on=NOW.date(), by=by, now=NOW)
    fill(enrollment, "company", {**COMPANY, "legal_name": "AUTRE EXEMPLE SAS"})

    said = [partner_acts.changed_there(enrollment=enrollment, by=by, now=NOW) for _twice in range(2)]

    check.refresh_from_db()
    assert said == [True, False]
    assert (check.state, check.changed_here_at) == (CheckState.PASSED, None)
    assert {report.subject_key for report in SourceReport.objects.filter(check_row=check)} == {check.subject_key}
    assert Event.objects.filter(kind="changed_there").count() == 1


def test_a_change_after_a_refusal_is_still_an_answer_to_it() -> None:
    enrollment = with_microsoft()
    check = check_of(enrollment, Kind.LEGAL_ENTITY, MS)
    reporting.report(check=check, says="rejected", on=SENT_ON, by=enrollment.created_by, now=NOW)

    fill(enrollment, "company", {**COMPANY, "legal_name": "AUTRE EXEMPLE SAS"})

    check.refresh_from_db()
    assert (check.turn, check.reason, check.changed_here_at) == (Turn.INGRAM, "answer_at_desk", None)
    assert check.refused_at is not None
    assert check.refused_at.date() == SENT_ON


def test_other_enrollments_of_the_company_are_flagged_as_well() -> None:
    first = with_microsoft()
    second = make_enrollment(owner=first.created_by, partner=first.partner, country="BE")
    fill(second, "mpn-id", {"has_mpn_account": True, "mpn_id": "4399001"})
    answers = {"country": "BE", "location_mpn_id": "4399002", "location_country": "BE", "location_type": "location"}
    fill(second, "location", answers)
    fill(second, "contact", CONTACT)
    lifecycle.submit(enrollment=second, by=first.created_by, now=NOW)
    fill(second, "partner-center", {"sent_to_microsoft_on": SENT_ON})

    fill(first, "company", {**COMPANY, "street": "1, RUE DES ESSAIS"})
    assert not Check.objects.exclude(changed_here_at=None).exists()
    fill(first, "company", {**COMPANY, "street": "7 rue Neuve"})

    assert check_of(second, Kind.LEGAL_ENTITY, MS).changed_here_at == NOW
    assert brief(second, Kind.LEGAL_ENTITY)[:2] == (CheckState.IN_PROGRESS, Turn.MICROSOFT)


# --- the day of submission --------------------------------------------------------------------------------------------


def correct(enrollment: Enrollment, day: dt.date, **more: Any) -> Enrollment:
    fresh = Enrollment.objects.select_related("partner").get(pk=enrollment.pk)
    filled, _checks = lifecycle.fill_page(
        enrollment=enrollment, slug="partner-center", answers={"sent_to_microsoft_on": day},
        basis_seen=lifecycle.basis(fresh, "partner-center"), by=enrollment.created_by, now=NOW, **more,
    )  # fmt: skip
    return filled


def read_clock(enrollment: Enrollment, now: dt.datetime) -> list[str]:
    [claim] = [
        c for c in claim_due(type(enrollment.clock), queue="clocks", limit=50, now=now) if c.pk == enrollment.clock.pk
    ]
    return [escalated.code for escalated in escalation.read(claim=claim, now=now)]


@pytest.mark.parametrize("day", [dt.date(2026, 11, 12), dt.date(2026, 10, 20), dt.date(2026, 11, 15)])
def test_a_corrected_day_moves_turn_clock_and_alarm(day: dt.date) -> None:
    make_bdm("FR")
    enrollment = with_microsoft()
    read_clock(enrollment, NOW)

    correct(enrollment, day)

    began = enrollment.country.calendar.morning(day)
    assert {check_of(enrollment, kind, MS).turn_since for kind in VALIDATIONS} == {began}
    later = NOW + dt.timedelta(days=120)
    read_clock(enrollment, later)
    assert enrollment.escalations.filter(code="microsoft-60-days").get().since == began


def test_a_day_that_a_later_report_replaced_is_left_alone() -> None:
    enrollment = with_microsoft()
    check = check_of(enrollment, Kind.DOMAIN, MS)
    reporting.report(check=check, says="authorized", on=NOW.date(), by=enrollment.created_by, now=NOW)
    before = brief(enrollment, Kind.DOMAIN)

    correct(enrollment, SENT_ON - dt.timedelta(days=9))

    assert brief(enrollment, Kind.DOMAIN) == before


@pytest.mark.parametrize("day", [dt.date(2026, 8, 20), dt.date(2024, 2, 29), dt.date(2021, 5, 1)])
def test_an_unlikely_day_is_asked_about_before_anybody_is_alerted(day: dt.date) -> None:
    make_bdm("FR")
    enrollment = make_submitted()
    Mail.objects.all().delete()

    with pytest.raises(AnswersRefused) as refused:
        correct(enrollment, day)

    assert [problem.code for problem in refused.value.problems] == ["unlikely_day"]
    assert not Mail.objects.exists()
    correct(enrollment, day, is_sure=True)
    assert Enrollment.objects.get(pk=enrollment.pk).sent_to_microsoft_on == day


@pytest.mark.parametrize("day", [dt.date(1990, 1, 1), dt.date(2099, 1, 1), dt.date(2020, 12, 31)])
def test_an_impossible_day_is_refused_however_sure(day: dt.date) -> None:
    with pytest.raises(AnswersRefused):
        correct(make_submitted(), day, is_sure=True)


def test_the_page_asks_about_an_unlikely_day_and_keeps_what_was_typed(
    as_reseller: Client, enrollment: Enrollment
) -> None:
    submitted = make_submitted(owner=enrollment.created_by)
    url = f"/enrollments/{submitted.pk}/steps/partner-center/"

    typed = {"sent_to_microsoft_on": "2023-03-01", "basis": lifecycle.basis(submitted, "partner-center")}
    asked = as_reseller.post(url, typed)

    assert asked.status_code == 422
    page = asked.content.decode()
    assert 'value="2023-03-01"' in page
    assert re.search(r'<input[^>]*type="checkbox"[^>]*name="sure"|<input[^>]*name="sure"[^>]*type="checkbox"', page), (
        re.findall(r'<[^>]*"sure"[^>]*>', page)
    )
    assert Enrollment.objects.get(pk=submitted.pk).sent_to_microsoft_on is None
    assert as_reseller.post(url, {**typed, "sure": "on"}).status_code == 302


def test_the_file_shows_the_flag_and_the_button_that_ends_it(as_reseller: Client, enrollment: Enrollment) -> None:
    submitted = with_microsoft(owner=enrollment.created_by)
    fill(submitted, "company", {**COMPANY, "legal_name": "AUTRE EXEMPLE SAS"})
    check = check_of(submitted, Kind.LEGAL_ENTITY, MS)
    url = f"/enrollments/{submitted.pk}/"

    page = as_reseller.get(url).content.decode()
    assert f'id="changed-{check.pk}"' in page
    for _twice in range(2):
        assert as_reseller.post(f"{url}checks/{check.pk}/changed/").status_code == 302

    assert f'id="changed-{check.pk}"' not in as_reseller.get(url).content.decode()
