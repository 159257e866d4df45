"""Giving an enrollment up, and taking that back: the deeds and the pages."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from onboarding.domain.checks import transitions
from onboarding.domain.checks.routing import checks_of
from onboarding.domain.clocks import escalation, forecast
from onboarding.domain.desk import decisions
from onboarding.domain.enrollment import lifecycle, withdrawal
from onboarding.enums import Authority, CheckState, EnrollmentState, Kind, Source
from onboarding.models import Check, Draft, Enrollment, PipelineEntry
from onboarding.views.presenters import check_cards, journey
from onboarding.views.presenters.labels import NO_LONGER_FOLLOWED
from portal.notices.models import Mail
from portal.partners.models import Membership, Role
from portal.privacy import retention
from tests.builders import (
    NOW,
    check_of,
    fill,
    fill_steps_1_to_3,
    make_bdm,
    make_enrollment,
    make_submitted,
    make_user,
)
from tests.portal.people import page

pytestmark = pytest.mark.django_db
MICROSOFT = (Kind.LEGAL_ENTITY, Authority.MICROSOFT)


def kinds(enrollment: Enrollment) -> list[str]:
    return list(enrollment.events.order_by("id").values_list("kind", flat=True))


def states(enrollment: Enrollment) -> list[tuple[str, str, str]]:
    return list(Check.objects.filter(enrollment=enrollment).order_by("id").values_list("state", "phase", "turn"))


def due_of(enrollment: Enrollment) -> set[int]:
    return set(Check.objects.filter(enrollment=enrollment, next_check_at__isnull=False).values_list("pk", flat=True))


def give_up(enrollment: Enrollment, *, now: dt.datetime = NOW) -> Enrollment:
    return withdrawal.withdraw(enrollment=enrollment, by=enrollment.created_by, now=now)


def take_back(enrollment: Enrollment, *, now: dt.datetime = NOW) -> Enrollment:
    return withdrawal.take_back(enrollment=enrollment, by=enrollment.created_by, now=now)


# --- deeds


def test_withdraw_stops_workers_and_take_back_lets_them_continue_where_they_were() -> None:
    enrollment = make_submitted()
    before = states(enrollment)
    due = due_of(enrollment)

    give_up(enrollment)
    stopped = len(due_of(enrollment))
    again = take_back(enrollment, now=NOW + dt.timedelta(days=3))

    restarted = due_of(enrollment)
    assert due and stopped == 0
    assert (again.state, again.withdrawn_at, restarted) == (EnrollmentState.SUBMITTED, None, due)
    assert states(enrollment) == before
    assert [kind for kind in kinds(enrollment) if kind in ("withdrawn", "taken_back")] == ["withdrawn", "taken_back"]


def test_each_deed_twice_is_one_line_of_history_and_one_mail_a_person() -> None:
    enrollment = make_submitted()
    make_bdm("FR")

    for _time in range(2):
        give_up(enrollment)
    mails = Mail.objects.filter(key__startswith="withdrawn-").count()
    for _time in range(2):
        take_back(enrollment)

    assert mails == 2  # the owner, and the BDM of the country
    assert kinds(enrollment).count("withdrawn") == kinds(enrollment).count("taken_back") == 1


def test_a_deleted_draft_mails_nobody_and_is_in_no_view_of_the_desk() -> None:
    enrollment = fill_steps_1_to_3(make_enrollment())
    mails = Mail.objects.count()

    give_up(enrollment)

    assert (Mail.objects.count(), kinds(enrollment)[-1]) == (mails, "deleted")
    assert PipelineEntry.objects.get(pk=enrollment.pk).views == []


def test_a_withdrawn_enrollment_waits_for_nobody_at_the_desk() -> None:
    enrollment = make_submitted()
    give_up(enrollment)

    entry = PipelineEntry.objects.get(pk=enrollment.pk)

    assert (entry.turn, entry.views) == ("nobody", ["withdrawn", "all"])


@pytest.mark.parametrize("days", [29, 30, 45])
def test_take_back_works_for_thirty_days_and_then_a_new_one_may_start(days: int) -> None:
    enrollment = make_submitted()
    give_up(enrollment)
    later = NOW + dt.timedelta(days=days)

    def start() -> Enrollment:
        return lifecycle.start(
            partner=enrollment.partner, country=enrollment.country_id, by=enrollment.created_by, now=later
        )

    if days < 30:
        with pytest.raises(lifecycle.AlreadyEnrolledError) as there:
            start()
        assert there.value.enrollment == enrollment
        assert take_back(enrollment, now=later).state == EnrollmentState.SUBMITTED
    else:
        with pytest.raises(withdrawal.TooLateToTakeBackError):
            take_back(enrollment, now=later)
        assert start() != enrollment


def test_microsofts_decision_on_a_withdrawn_enrollment_is_kept_and_asks_nobody() -> None:
    enrollment = make_submitted()
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    enrollment = give_up(enrollment)
    mails = Mail.objects.count()

    transitions.take_report(
        check_of(enrollment, *MICROSOFT), state=CheckState.ACTION_NEEDED, reason="microsoft_refused_legal_entity",
        source=Source.IMPORT, seen_at=NOW + dt.timedelta(days=1), now=NOW + dt.timedelta(days=1),
    )  # fmt: skip

    assert Mail.objects.count() == mails
    assert check_of(enrollment, *MICROSOFT).state == CheckState.ACTION_NEEDED
    assert take_back(enrollment, now=NOW + dt.timedelta(days=2)).state == EnrollmentState.SUBMITTED


def test_no_clock_runs_on_a_withdrawn_enrollment() -> None:
    enrollment = fill_steps_1_to_3(make_enrollment())
    give_up(enrollment)
    escalation.read_soon(enrollment, now=NOW)

    enrollment.refresh_from_db()
    found = escalation._clocks(enrollment, [])

    assert found == {}


def test_company_data_changed_meanwhile_are_followed_when_it_is_taken_back() -> None:
    french = make_submitted()
    belgian = fill_steps_1_to_3(make_enrollment(owner=french.created_by, partner=french.partner, country="BE"))
    lifecycle.submit(enrollment=belgian, by=belgian.created_by, now=NOW)
    belgian.refresh_from_db()
    give_up(belgian)
    subject = check_of(belgian, Kind.DOMAIN, Authority.PORTAL).subject_key
    fill(Enrollment.objects.get(pk=french.pk), "company", {**company_of(french), "mail_domain": "autre.example"})

    while_away = check_of(belgian, Kind.DOMAIN, Authority.PORTAL).subject_key
    take_back(belgian)

    assert while_away == subject
    assert check_of(belgian, Kind.DOMAIN, Authority.PORTAL).subject_key != subject


def company_of(enrollment: Enrollment) -> dict[str, str]:
    names = ("legal_name", "registration_number", "duns", "street", "postal_code", "city", "website", "mail_domain")
    partner = Enrollment.objects.select_related("partner").get(pk=enrollment.pk).partner
    return {name: getattr(partner, name) for name in names}


def test_what_was_typed_into_a_deleted_draft_is_forgotten_after_the_grace() -> None:
    enrollment = fill_steps_1_to_3(make_enrollment())
    Draft.objects.create(enrollment=enrollment, page="marketplace", data={"customer_number": "1"}, saved_at=NOW)
    give_up(enrollment)

    early = retention.apply("deleted-drafts", now=NOW + dt.timedelta(days=29))
    late = [retention.apply("deleted-drafts", now=NOW + dt.timedelta(days=31)) for _night in range(2)]

    enrollment.refresh_from_db()
    assert (early, late) == (0, [1, 0])
    assert (enrollment.contact_email, enrollment.tenant, enrollment.drafts.count()) == ("", "", 0)
    for history in (enrollment.answer_history, enrollment.history):
        assert set(history.values_list("contact_email", "contact_last_name", "marketplace_email")) == {("", "", "")}


# --- pages


def test_the_page_says_what_follows_before_and_the_home_page_offers_the_way_back(
    as_reseller: Client, enrollment: Enrollment
) -> None:
    asked = as_reseller.get(f"/enrollments/{enrollment.pk}/withdraw/").content.decode()
    gone = as_reseller.post(f"/enrollments/{enrollment.pk}/withdraw/", follow=True).content.decode()
    again = as_reseller.post(f"/enrollments/{enrollment.pk}/withdraw/", follow=True)
    back = as_reseller.post(f"/enrollments/{enrollment.pk}/restore/", follow=True)

    enrollment.refresh_from_db()
    assert "disparaît de vos pages" in asked and "30 jours" in asked
    assert "Ce brouillon est supprimé" in gone
    assert (again.status_code, back.status_code, enrollment.state) == (200, 200, EnrollmentState.DRAFT)


def test_what_microsoft_has_is_said_before_it_is_withdrawn(as_reseller: Client, reseller) -> None:
    enrollment = make_submitted(owner=reseller, partner=reseller.partners.get())
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})

    asked = as_reseller.get(f"/enrollments/{enrollment.pk}/withdraw/").content.decode()

    assert "Microsoft conserve ce que vous avez déposé" in asked


def test_of_a_ready_partner_microsoft_decides_nothing_any_more(as_reseller: Client, reseller) -> None:
    enrollment = make_submitted(owner=reseller, partner=reseller.partners.get())
    fill(enrollment, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    Enrollment.objects.filter(pk=enrollment.pk).update(state=EnrollmentState.READY, ready_at=NOW)

    asked = as_reseller.get(f"/enrollments/{enrollment.pk}/withdraw/").content.decode()

    assert "Vous n’apparaissez plus ici comme prêt à vendre" in asked
    assert "Microsoft conserve ce que vous avez déposé" not in asked


def test_the_button_that_takes_an_enrollment_up_again_does_not_say_withdraw(as_reseller: Client, reseller) -> None:
    enrollment = make_submitted(owner=reseller, partner=reseller.partners.get())

    gone = as_reseller.post(f"/enrollments/{enrollment.pk}/withdraw/", follow=True)

    [button] = page(gone).all("button", id="restore")
    assert button.text == "Le reprendre"


@pytest.mark.parametrize("for_staff", [False, True])
def test_nothing_of_a_withdrawn_enrollment_is_anybodys_turn(*, for_staff: bool) -> None:
    enrollment = fill(make_submitted(), "partner-center", {"sent_to_microsoft_on": NOW.date()})
    check = check_of(enrollment, Kind.DOMAIN, Authority.PORTAL)
    decisions.ask(check=check, note="Which invoice?", by=make_bdm("FR").user, now=NOW)

    found = give_up(enrollment)

    checks = checks_of(found)
    cards = check_cards.validation_cards(
        found, checks, estimates=forecast.estimates(found.country), for_staff=for_staff
    )
    sides = [side for card in cards for side in (card.ours, card.theirs) if side]
    steps = journey.rail(found, checks, for_staff=for_staff)
    assert {(side.turn, side.turn_label) for side in sides} == {("nobody", "")}
    assert NO_LONGER_FOLLOWED in [side.state_label for side in sides]
    assert not any(side.what_to_do or side.action_url or side.can_decide or side.can_report for side in sides)
    assert not any(card.needs_reader for card in cards)
    assert {step.status for step in steps} <= {"locked", "done"}
    assert {(step.status_label, step.minutes) for step in steps if step.status == "locked"} == {(NO_LONGER_FOLLOWED, 0)}


def test_saving_a_page_of_a_withdrawn_enrollment_saves_nothing_and_says_so(
    as_reseller: Client, enrollment: Enrollment
) -> None:
    give_up(enrollment, now=timezone.now())

    answer = as_reseller.post(
        f"/enrollments/{enrollment.pk}/steps/mpn-id/", {"has_mpn_account": "yes", "mpn_id": "4391700"}, follow=True
    )

    enrollment.refresh_from_db()
    assert "Rien n’a été enregistré" in answer.content.decode()
    assert enrollment.mpn_id == ""


@pytest.mark.parametrize(
    ("role", "is_draft", "status"),
    [(Role.VIEWER, True, 404), (Role.CONTRIBUTOR, True, 200), (Role.CONTRIBUTOR, False, 404), (Role.OWNER, False, 200)],
)
def test_contributors_delete_drafts_and_owners_withdraw(role: str, is_draft: bool, status: int) -> None:
    enrollment = make_enrollment() if is_draft else make_submitted()
    colleague = make_user()
    Membership.objects.create(partner=enrollment.partner, user=colleague, role=role)
    client = Client()
    client.force_login(colleague, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert client.get(f"/enrollments/{enrollment.pk}/withdraw/").status_code == status


def test_after_the_grace_the_page_leads_to_a_new_enrollment(as_reseller: Client, enrollment: Enrollment) -> None:
    give_up(enrollment, now=timezone.now() - dt.timedelta(days=40))

    page = as_reseller.get(f"/enrollments/{enrollment.pk}/").content.decode()
    late = as_reseller.post(f"/enrollments/{enrollment.pk}/restore/")
    home = as_reseller.get("/home/").content.decode()

    assert 'id="restore"' not in page and "/enroll/" in page
    assert late.url == f"/partners/{enrollment.partner_id}/enroll/"
    assert str(enrollment.pk) not in home
