"""The reports: what the summary counts equals what the files themselves say, and a page reads the summary only."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.domain.checks import reporting
from onboarding.domain.desk import decisions, reports, weekly
from onboarding.domain.desk.reports import Spread
from onboarding.domain.enrollment import answers
from onboarding.enums import Authority, EnrollmentState, Kind, Turn
from onboarding.models import Check, Enrollment, KeptForecast, ReportCell, ReportMonth
from portal.accounts.models import User
from portal.notices.models import Mail
from tests.builders import NOW, check_of, fill, make_bdm, make_enrollment, make_submitted
from tests.onboarding.views.test_desk_work import as_user
from tests.portal.people import Page

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
MONTH = dt.date(2026, 11, 1)


def counted(countries: list[str] | None = None, *, first: dt.date = MONTH, last: dt.date = MONTH) -> reports.Report:
    return reports.read(reports.Period(first, last), countries)


def counted_from_history() -> reports.Report:
    """Return the report up to today: PostgreSQL dates the history's rows by its own clock."""
    now = timezone.now()
    reports.refresh(now)
    return counted(last=reports._month_of(now))


def refused(enrollment: Enrollment, *, day: int) -> Check:
    """A validation that Microsoft refuses on a day of the month."""
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()}, now=NOW)
    check = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)
    at = NOW + day * DAY
    reporting.report(check=check, says="rejected", on=at.date(), by=enrollment.created_by, now=at)
    return check


def test_funnel_counts_each_file_at_every_stage_it_reached() -> None:
    for country in ("FR", "FR", "BE"):
        make_submitted(country=country)
    make_enrollment()
    ready = make_submitted()
    Enrollment.objects.filter(pk=ready.pk).update(state=EnrollmentState.READY, ready_at=NOW)
    old = make_enrollment()
    Enrollment.objects.filter(pk=old.pk).update(created_at=NOW - 60 * DAY, set_aside_at=NOW)

    reports.refresh(NOW)

    everything, belgium = counted().funnel, counted(["BE"]).funnel
    assert (everything["started"], everything["submitted"], everything["ready"]) == (5, 4, 1)
    assert (belgium["started"], belgium.get("ready", 0)) == (1, 0)
    assert counted(first=dt.date(2026, 9, 1), last=dt.date(2026, 9, 1)).funnel == {"started": 1, "left-0": 1}
    assert not counted(first=dt.date(2025, 1, 1), last=dt.date(2025, 12, 1)).funnel


def test_turns_last_from_their_beginning_to_the_next_one() -> None:
    for day in (2, 3, 9):
        refused(make_submitted(), day=day)

    found = counted_from_history().turns[Kind.DOMAIN.value, Turn.MICROSOFT.value]
    assert found.number == 3
    assert (found.median, found.ninth_decile) == (3, 9)


def test_turn_that_began_half_a_year_ago_is_counted() -> None:
    check = refused(make_submitted(), day=3)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE onboarding_checkhistory SET pgh_created_at = pgh_created_at - interval '200 days'"
            " WHERE pgh_obj_id = %s AND pgh_id <"
            " (SELECT max(pgh_id) FROM onboarding_checkhistory WHERE pgh_obj_id = %s)",
            [check.pk, check.pk],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")

    found = counted_from_history().turns[Kind.DOMAIN.value, Turn.MICROSOFT.value]

    assert (found.number, found.median) == (1, 3)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({5: 1}, Spread(1, 5, 5)),
        ({0: 9, 80: 1}, Spread(10, 0, 0)),
        ({1: 1, 2: 1, 3: 1, 4: 1}, Spread(4, 2, 4)),
        ({7: 50, 2: 49, 100: 11}, Spread(110, 7, 7)),
        ({}, Spread(0, 0, 0)),
    ],
)
def test_spread_is_exact_to_the_day(counts: dict[int, int], expected: Spread) -> None:
    assert reports.spread(counts) == expected


def test_requests_are_counted_by_reason_with_those_asked_again() -> None:
    bdm = make_bdm("FR").user
    check = refused(make_submitted(), day=1)
    check.refresh_from_db()
    decisions.ask(check=check, by=bdm, now=NOW + 2 * DAY, basis_seen=decisions.basis(check), note="Envoyez le Kbis",
                  reason="bdm_asks")  # fmt: skip

    reports.refresh(NOW)

    found = counted().reasons
    total = Counter[str]()
    for counts in found.values():
        total.update(counts)
    assert (total["asked"], total["again"], total["open"]) == (2, 1, 1)
    assert found["bdm_asks"]["asked"] == 1


def test_forecasts_are_compared_with_what_came() -> None:
    ready = make_submitted()
    for days, on in ((10, 12), (20, 12), (30, None)):
        KeptForecast.objects.create(
            enrollment=ready, made_on=MONTH + days * DAY - DAY, stage="draft", half_on=MONTH + days * DAY,
            nine_in_ten_on=None if days == 30 else MONTH + 40 * DAY, scope="guide", count=0,
            ready_on=MONTH + on * DAY if on else None,
        )  # fmt: skip

    reports.refresh(NOW)

    assert counted().forecasts == {"half": {"held": 1, "late": 1}, "nine_in_ten": {"held": 2}}


def test_a_second_run_changes_nothing_and_old_months_follow_their_files() -> None:
    old = make_enrollment()
    Enrollment.objects.filter(pk=old.pk).update(created_at=NOW - 200 * DAY, last_event_at=NOW - 200 * DAY)
    while reports._stale(NOW)[2:]:
        reports.refresh(NOW)
    before = list(ReportCell.objects.order_by("report", "month", "key").values_list("report", "month", "key", "number"))

    reports.refresh(NOW)
    again = list(ReportCell.objects.order_by("report", "month", "key").values_list("report", "month", "key", "number"))
    Enrollment.objects.filter(pk=old.pk).update(
        state=EnrollmentState.SUBMITTED, submitted_at=NOW, submitted_by=old.created_by, last_event_at=NOW
    )
    reports.refresh(NOW + DAY)

    month = reports._month_of(NOW - 200 * DAY)
    assert before == again
    assert counted(first=month, last=month).funnel["submitted"] == 1
    assert ReportMonth.objects.count() >= 6


def test_answers_are_those_of_the_person_who_gave_them() -> None:
    bdm = make_bdm("FR").user
    for waited in (1, 4, 4):
        check = refused(make_submitted(), day=1)
        check.refresh_from_db()
        answers.answer(
            check=check,
            text="Voici la preuve.",
            answers={},
            by=check.enrollment.created_by,
            now=NOW + DAY,
            basis_seen="",
        )
        check.refresh_from_db()
        decisions.send(check=check, by=bdm, now=NOW + (1 + waited) * DAY, basis_seen=decisions.basis(check), note="x")

    assert counted_from_history().answers == {bdm.pk: Spread(3, 4, 4)}


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ([("2026-11-01", "FR", 0, 7), ("2026-10-01", "DE", 2, 2), ("2026-09-01", "FR", 6, 2)], Spread(11, 0, 6)),
        ([("2026-11-01", "FR", 3, 9)], None),
        ([("2026-08-01", "FR", 1, 40)], None),
        ([("2026-09-01", "FR", 4, 30), ("2026-11-01", "RE", 1, 10)], Spread(40, 4, 4)),
    ],
)
def test_answer_time_is_of_three_months_and_of_enough_answers(
    bdm: User, cells: list[tuple[str, str, int, int]], told: Spread | None
) -> None:
    other = make_bdm("DE").user
    for month, country, days, number in cells:
        for who in (bdm.pk, other.pk):
            ReportCell.objects.create(
                report="answer", month=month, country_id=country, key=str(who), days=days, number=number
            )

    assert reports.answer_time(bdm.pk, today=dt.date(2026, 11, 29)) == told


def test_partner_reads_how_soon_their_contact_answers(as_reseller: Client, enrollment: Enrollment, bdm: User) -> None:
    month = timezone.localdate().replace(day=1)
    ReportCell.objects.create(report="answer", month=month, country_id="FR", key=str(bdm.pk), days=1, number=12)

    shown = " ".join(as_reseller.get(f"/enrollments/{enrollment.pk}/").content.decode().split())

    assert "en 2 jours" in shown
    assert "12" in shown


@pytest.mark.parametrize(("day", "hour", "mails"), [(20, 9, 1), (20, 5, 0), (19, 9, 0), (21, 9, 0)])
def test_week_goes_to_the_leads_once_on_friday(day: int, hour: int, mails: int) -> None:
    lead, _bdm = make_bdm(lead=True).user, make_bdm("FR")
    make_submitted()
    at = dt.datetime(2026, 11, day, hour, tzinfo=dt.UTC)
    Mail.objects.all().delete()

    for _ in range(2):
        weekly.send(at)

    assert [mail.to for mail in Mail.objects.all()] == [lead.email] * mails
    figures = {
        str(figure["label"]): (figure["number"], figure["before"]) for figure in weekly.week(NOW + DAY)["figures"]
    }
    assert list(figures.values()) == [(1, 0), (1, 0), (0, 0)]


# --- the page --------------------------------------------------------------------------------------------------------


def test_page_reads_the_summary_and_a_bdm_sees_their_countries(as_bdm: Client, bdm: User) -> None:
    make_submitted()
    make_submitted(country="DE")
    reports.refresh(NOW)
    period = {"first": "2026-11", "last": "2026-11"}

    with CaptureQueriesContext(
        connection,
    ) as seen:
        page = as_bdm.get("/desk/reports/", period)
    lead = as_user(make_bdm(lead=True).user).get("/desk/reports/", period)

    assert page.context["report"].funnel["started"] == 1
    assert lead.context["report"].funnel["started"] == 2
    codes = [[section.code for section in answer.context["sections"]] for answer in (page, lead)]
    assert ("people" in codes[0], "people" in codes[1]) == (False, True)
    scans = [q["sql"] for q in seen if "onboarding_check" in q["sql"] or 'FROM "onboarding_enrollment"' in q["sql"]]
    assert scans == []


@pytest.mark.parametrize(
    "typed",
    [{"first": "2026-13"}, {"first": "hier"}, {"last": "1999-01"}, {"country": "DE"}, {"country": "XX"},
     {"first": "2026-05", "last": "2026-04"}],
)  # fmt: skip
def test_bad_value_is_a_sentence(as_bdm: Client, typed: dict[str, str]) -> None:
    answer = as_bdm.get("/desk/reports/", typed)

    assert answer.status_code == 422
    assert next(iter(typed.values())) in answer.content.decode()
    assert Page(answer.content.decode()).broken_references() == set()


def test_each_section_is_a_file(as_bdm: Client) -> None:
    make_submitted()
    reports.refresh(timezone.now())
    page: Any = as_bdm.get("/desk/reports/")

    for section in page.context["sections"]:
        file = as_bdm.get("/desk/reports/", {"csv": section.code})
        lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
        assert len(lines) == 1 + len(section.rows)
    assert as_bdm.get("/desk/reports/", {"csv": "people"}).status_code == 404
    assert as_bdm.get("/desk/reports/", {"csv": "../x"}).status_code == 404
