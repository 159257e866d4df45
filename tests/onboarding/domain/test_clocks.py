"""A clock reminds, escalates, sets aside, once each; it never decides."""

import datetime as dt
import random
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.db.models import Min
from django.utils import timezone

from onboarding.domain.checks import partner_acts, recording, reporting, transitions
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.clocks import escalation
from onboarding.domain.desk import decisions
from onboarding.domain.enrollment import lifecycle
from onboarding.enums import VALIDATIONS, Authority, CheckState, Effect, EnrollmentState, Kind, Source
from onboarding.models import Check, Clock, ClockRule, Enrollment, Escalation, Vetting
from portal.geo.models import Country
from portal.notices.models import Mail
from portal.partners.models import Membership, Role
from portal.work import claims
from tests.builders import check_of, fill, fill_steps_1_to_3, make_bdm, make_enrollment, make_user

pytestmark = pytest.mark.django_db

MONDAY = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)  # summer time begins on 29 March, in France and Germany
DAY = dt.timedelta(days=1)


def read_until(until: dt.datetime, *, enrollment: Enrollment) -> list[Escalation]:
    """Read all clocks at each moment at which one falls due, as workers would; the file's new escalations."""
    before = list(Escalation.objects.values_list("pk", flat=True))
    while (due := Clock.objects.aggregate(next=Min("next_check_at"))["next"]) and due <= until:
        for claim in claims.claim_due(Clock, queue=escalation.QUEUE, limit=10, now=due):
            escalation.read(claim=claim, now=due)
    return list(Escalation.objects.filter(enrollment=enrollment).exclude(pk__in=before))


def with_microsoft(country: str = "FR", *, now: dt.datetime = MONDAY) -> Enrollment:
    """A file that was enrolled in Partner Center at ``now`` and waits for Microsoft."""
    enrollment = fill_steps_1_to_3(make_enrollment(country=country, now=now), now=now)
    enrollment = lifecycle.submit(enrollment=enrollment, by=enrollment.created_by, now=now)
    return fill(enrollment, "partner-center", {"sent_to_microsoft_on": timezone.localdate(now)}, now=now)


def goes_on(check: Check, *, now: dt.datetime) -> None:
    """Microsoft itself says that it is looking again."""
    word = {"source": Source.API, "state": CheckState.IN_PROGRESS, "reason": "with_microsoft"}
    transitions.take_report(check, seen_at=now, now=now, **word)  # type: ignore[arg-type]


def codes(escalated: list[Escalation]) -> list[str]:
    return [escalation.code for escalation in escalated]


def test_idle_draft_is_reminded_then_set_aside() -> None:
    enrollment = make_enrollment(now=MONDAY)

    escalated = read_until(MONDAY + 100 * DAY, enrollment=enrollment)

    enrollment.refresh_from_db()
    assert [(s.code, s.due_at.date()) for s in escalated] == [
        ("draft-3", dt.date(2026, 3, 5)),
        ("draft-10", dt.date(2026, 3, 12)),
        ("draft-30", dt.date(2026, 4, 1)),
        ("draft-60", dt.date(2026, 5, 1)),
    ]
    assert enrollment.set_aside_at == escalated[-1].due_at
    assert Mail.objects.count() == 4
    assert Clock.objects.get(enrollment=enrollment).next_check_at is None


def test_typing_starts_the_draft_s_clock_anew() -> None:
    enrollment = make_enrollment(now=MONDAY)
    read_until(MONDAY + 5 * DAY, enrollment=enrollment)

    lifecycle.keep_draft(enrollment=enrollment, slug="mpn-id", typed={"mpn_id": "1"}, now=MONDAY + 6 * DAY)
    escalated = read_until(MONDAY + 12 * DAY, enrollment=enrollment)

    assert [(s.code, s.due_at.date()) for s in escalated] == [("draft-3", dt.date(2026, 3, 11))]


def test_draft_that_was_set_aside_is_taken_up_by_the_next_page() -> None:
    enrollment = make_enrollment(now=MONDAY)
    Enrollment.objects.filter(pk=enrollment.pk).update(set_aside_at=MONDAY)

    filled = fill(enrollment, "mpn-id", {"has_mpn_account": True, "mpn_id": "4391600"}, now=MONDAY + DAY)

    assert filled.set_aside_at is None
    assert "taken_up" in enrollment.events.values_list("kind", flat=True)
    assert codes(read_until(MONDAY + 6 * DAY, enrollment=enrollment)) == ["draft-3"]


def test_only_drafts_are_set_aside() -> None:
    enrollment = with_microsoft()

    with pytest.raises(IntegrityError), transaction.atomic():
        Enrollment.objects.filter(pk=enrollment.pk).update(set_aside_at=MONDAY)


def test_reseller_s_turn_is_reminded_until_he_acts() -> None:
    enrollment = with_microsoft()
    bdm = make_bdm("FR").user
    read_until(MONDAY + DAY, enrollment=enrollment)
    check = check_of(enrollment, Kind.DOMAIN, Authority.PORTAL)
    decisions.ask(check=check, note="Which invoice?", by=bdm, now=MONDAY + DAY)

    escalated = read_until(MONDAY + 8 * DAY, enrollment=enrollment)
    partner_acts.look_again(check=check, by=enrollment.created_by, now=MONDAY + 8 * DAY)
    later = read_until(MONDAY + 22 * DAY, enrollment=enrollment)

    assert "reseller-5" in codes(escalated)
    assert not [code for code in codes(later) if code.startswith("reseller")]


def test_suspension_is_announced_only_after_a_refusal() -> None:
    asked, refused = with_microsoft(), with_microsoft()
    bdm = make_bdm("FR").user
    decisions.ask(check=check_of(asked, Kind.DOMAIN, Authority.PORTAL), note="Which invoice?", by=bdm, now=MONDAY)
    reporting.report(
        check=check_of(refused, Kind.DOMAIN, Authority.MICROSOFT),
        says="rejected", on=MONDAY.date(), by=refused.created_by, now=MONDAY,
    )  # fmt: skip

    read_until(MONDAY + 28 * DAY, enrollment=asked)

    found = Escalation.objects.filter(code__startswith="suspension").values_list("enrollment", "code")
    assert list(found) == [(refused.pk, "suspension-20"), (refused.pk, "suspension-25")]


def test_microsoft_s_clock_stands_still_in_the_reseller_s_turn() -> None:
    enrollment = with_microsoft()
    _everything_else_holds(enrollment)

    refused, again = MONDAY + 2 * DAY, MONDAY + 14 * DAY
    for kind in VALIDATIONS:
        check = check_of(enrollment, kind, Authority.MICROSOFT)
        reporting.report(check=check, says="rejected", on=refused.date(), by=enrollment.created_by, now=refused)
    meanwhile = read_until(again, enrollment=enrollment)
    for kind in VALIDATIONS:  # Monday, two weeks later: two of Microsoft's working days are spent
        goes_on(check_of(enrollment, kind, Authority.MICROSOFT), now=again)
    afterwards = read_until(MONDAY + 20 * DAY, enrollment=enrollment)

    assert codes(meanwhile) == ["reseller-5"]
    assert [(s.code, s.due_at.date()) for s in afterwards] == [("microsoft-5", dt.date(2026, 3, 19))]


@pytest.mark.parametrize(
    ("country", "subdivision", "fifth", "twentieth"),
    [
        # 2 March + 5 and + 20 working days; France: no holiday before Easter Monday, Bavaria neither, Arabia: the Eid.
        ("FR", "", dt.date(2026, 3, 9), dt.date(2026, 3, 30)),
        ("DE", "BY", dt.date(2026, 3, 9), dt.date(2026, 3, 30)),
        ("SA", "", dt.date(2026, 3, 9), None),
    ],
)
def test_twelve_weeks_with_microsoft_alert_exactly_once_each(
    country: str, subdivision: str, fifth: dt.date, twentieth: dt.date | None
) -> None:
    Country.objects.filter(pk=country).update(subdivision=subdivision)
    make_bdm(country)
    make_bdm(lead=True)
    enrollment = with_microsoft(country)
    _everything_else_holds(enrollment)

    escalated = read_until(MONDAY + 100 * DAY, enrollment=enrollment)

    calendar = Country.objects.get(pk=country).calendar
    days = {escalation.code: escalation.due_at.date() for escalation in escalated}
    assert sorted(codes(escalated)) == sorted(set(codes(escalated)))  # each once
    assert set(days) == {
        "microsoft-5", "microsoft-10", "microsoft-20", "microsoft-30-days", "microsoft-60-days", "microsoft-84-days",
    }  # fmt: skip
    assert days["microsoft-5"] == fifth
    assert days["microsoft-20"] == (twentieth or calendar.add(MONDAY.date(), 20))
    assert days["microsoft-84-days"] == dt.date(2026, 5, 25)
    assert all(
        escalation.due_at.astimezone(calendar.morning(MONDAY.date()).tzinfo).hour == 9 for escalation in escalated
    )
    assert {escalation.calendar for escalation in escalated} == {calendar.version}
    assert Clock.objects.get(enrollment=enrollment).alarm == Effect.LONG_TAIL
    # One BDM and one lead: six escalations, six mails, none twice.
    assert Mail.objects.filter(key__startswith="microsoft-").count() == 6


def _everything_else_holds(enrollment: Enrollment) -> None:
    """Leave only Microsoft with something to do: every other check is waived or waits for Microsoft."""
    bdm = make_bdm(lead=True)
    for check in Check.objects.filter(enrollment=enrollment, authority=Authority.PORTAL):
        decisions.waive(check=check, note="not part of this test", by=bdm.user, now=MONDAY)
    decisions.confirm(check=check_of(enrollment, Kind.MPN_ID, Authority.MICROSOFT), by=bdm.user, now=MONDAY)
    decisions.confirm(check=check_of(enrollment, Kind.LOCATION, Authority.MICROSOFT), by=bdm.user, now=MONDAY)
    bdm.delete()


def test_whole_life_of_a_twelve_week_file(settings: Any) -> None:
    """Looks and clocks together, moment by moment: the pace of looking, every reminder once, nothing decided."""
    settings.WAITING_PACE = 1
    make_bdm("FR")
    make_bdm(lead=True)
    enrollment = with_microsoft()
    _everything_else_holds(enrollment)
    agreement = check_of(enrollment, Kind.AGREEMENT, Authority.MICROSOFT)
    end, looks, rng = MONDAY + 84 * DAY, 0, random.Random(1)

    now = MONDAY
    while now <= end:
        for claim in claims.claim_due(Check, queue=agreement.queue, limit=10, now=now):
            look = Finding(Outcome.UNDECIDED, now, reason="not_enrolled_yet")
            assert recording.record(claim=claim, finding=look, now=now)
            looks += 1
        for claim in claims.claim_due(Clock, queue=escalation.QUEUE, limit=10, now=now):
            escalation.read(claim=claim, now=now)
        dues = [
            *Check.objects.filter(next_check_at__isnull=False).values_list("next_check_at", flat=True),
            *Clock.objects.filter(next_check_at__isnull=False).values_list("next_check_at", flat=True),
        ]
        now = max(min(dues), now + dt.timedelta(seconds=rng.uniform(0, 30)))

    # 96 looks on the first day (every 15 minutes), 48 in the two that follow, then four a day, then one.
    expected = 96 + 48 + 11 * 4 + 70
    assert expected * 0.85 < looks < expected * 1.15
    assert sorted(Escalation.objects.values_list("code", flat=True)) == [
        "microsoft-10", "microsoft-20", "microsoft-30-days", "microsoft-5", "microsoft-60-days", "microsoft-84-days",
    ]  # fmt: skip
    enrollment.refresh_from_db()
    assert enrollment.state == EnrollmentState.SUBMITTED
    assert {check_of(enrollment, kind, Authority.MICROSOFT).state for kind in VALIDATIONS} == {"in_progress"}


def test_long_silence_of_ours_says_only_the_last_word() -> None:
    make_bdm("FR")
    enrollment = with_microsoft()
    _everything_else_holds(enrollment)
    Mail.objects.all().delete()

    [claim] = claims.claim_due(Clock, queue=escalation.QUEUE, limit=1, now=MONDAY + 29 * DAY)
    escalated = escalation.read(claim=claim, now=MONDAY + 29 * DAY)

    assert codes(escalated) == ["microsoft-5", "microsoft-10", "microsoft-20"]
    assert [escalation.told for escalation in escalated] == [0, 0, 1]
    assert Mail.objects.count() == 1


def test_country_s_own_rule_replaces_the_general_one() -> None:
    enrollment = with_microsoft("FR")
    _everything_else_holds(enrollment)
    general = ClockRule.objects.get(code="microsoft-5", country=None)
    ClockRule.objects.create(
        code="microsoft-5", country_id="FR", clock=general.clock, after=7, unit=general.unit, audience=general.audience
    )

    [first] = read_until(MONDAY + 9 * DAY, enrollment=enrollment)

    assert (first.code, first.after, first.due_at.date()) == ("microsoft-5", 7, dt.date(2026, 3, 11))


def test_rule_switched_off_strikes_nobody() -> None:
    ClockRule.objects.update(active=False)
    enrollment = with_microsoft()

    assert read_until(MONDAY + 100 * DAY, enrollment=enrollment) == []


def test_default_rules_leave_an_administrator_s_numbers_alone() -> None:
    ClockRule.objects.filter(code="draft-3").update(after=4)

    escalation.make_default_rules()

    assert ClockRule.objects.get(code="draft-3").after == 4
    assert ClockRule.objects.count() == len(escalation.DEFAULT_RULES)


def test_turn_change_makes_the_clock_due_whoever_writes_it() -> None:
    enrollment = with_microsoft()
    read_until(MONDAY, enrollment=enrollment)
    check = check_of(enrollment, Kind.LOCATION, Authority.MICROSOFT)

    Check.objects.filter(pk=check.pk).update(
        state="action_needed", turn="reseller", reason="location_unknown", turn_since=MONDAY + DAY
    )

    assert Clock.objects.get(enrollment=enrollment).next_check_at == MONDAY + DAY


def test_ended_review_is_kept_with_microsoft_s_own_days() -> None:
    enrollment = with_microsoft()
    domain = check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT)
    who = enrollment.created_by
    reporting.report(check=domain, says="rejected", on=MONDAY.date(), by=who, now=MONDAY + 2 * DAY)
    goes_on(check_of(enrollment, Kind.DOMAIN, Authority.MICROSOFT), now=MONDAY + 10 * DAY)
    then = MONDAY + 11 * DAY
    reporting.report(check=domain, says="authorized", on=then.date(), by=who, now=then)

    read_until(MONDAY + 11 * DAY, enrollment=enrollment)
    read_until(MONDAY + 30 * DAY, enrollment=enrollment)

    assert list(Vetting.objects.values_list("kind", "country", "workdays")) == [("domain", "FR", 3)]


def test_new_holidays_count_open_dates_anew_and_strike_nothing_by_it() -> None:
    enrollment = with_microsoft()
    _everything_else_holds(enrollment)
    read_until(MONDAY + 6 * DAY, enrollment=enrollment)
    before = Clock.objects.get(enrollment=enrollment).next_check_at
    Clock.objects.update(calendar="holidays 0.1 FR")

    escalation.read_again_if_calendar_changed(MONDAY + 6 * DAY)
    escalated = read_until(MONDAY + 6 * DAY, enrollment=enrollment)

    clock = Clock.objects.get(enrollment=enrollment)
    assert (escalated, clock.next_check_at) == ([], before)
    assert clock.calendar == Country.objects.get(pk="FR").calendar.version


def test_strikes_cannot_be_changed_or_doubled() -> None:
    enrollment = make_enrollment(now=MONDAY)
    [escalation] = read_until(MONDAY + 4 * DAY, enrollment=enrollment)

    with pytest.raises(InternalError), transaction.atomic():
        Escalation.objects.filter(pk=escalation.pk).update(told=9)
    escalation.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        escalation.save(force_insert=True)


def test_viewers_are_not_reminded() -> None:
    enrollment = make_enrollment(now=MONDAY)
    Membership.objects.create(partner=enrollment.partner, user=make_user(), role=Role.VIEWER)

    read_until(MONDAY + 4 * DAY, enrollment=enrollment)

    assert [mail.to for mail in Mail.objects.all()] == [enrollment.created_by.email]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en-gb", ["5 working days", "Domain name (Microsoft's decision)"]), ("fr", ["5 jours ouvrés", "Nom de domaine"])],
)
def test_alert_says_what_waits_and_how_long(language: str, words: list[str]) -> None:
    bdm = make_bdm("FR")
    bdm.user.language = language
    bdm.user.save()
    enrollment = with_microsoft()
    _everything_else_holds(enrollment)

    read_until(MONDAY + 8 * DAY, enrollment=enrollment)

    mail = Mail.objects.get(key__startswith="microsoft-5-")
    assert f"/desk/{enrollment.pk}/" in mail.text
    assert [word for word in words if word not in mail.subject + mail.text] == []
    assert mail.html


def test_reminder_repeats_what_is_to_be_done() -> None:
    enrollment = with_microsoft()
    bdm = make_bdm("FR").user
    check = check_of(enrollment, Kind.DOMAIN, Authority.PORTAL)
    decisions.ask(check=check, note="Which <invoice>?", by=bdm, now=MONDAY)

    read_until(MONDAY + 6 * DAY, enrollment=enrollment)

    mail = Mail.objects.get(key__startswith="reseller-5-")
    assert "Which <invoice>?" in mail.text
    assert "Which &lt;invoice&gt;?" in mail.html
