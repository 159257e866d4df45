"""Who has something missing: the way, the wait, the reminder, the return; and the pages where deeds are done."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from onboarding.domain.enrollment import lifecycle, preparations, withdrawal
from onboarding.domain.questions import official_pages
from onboarding.domain.questions.preparations import PREPARATIONS
from onboarding.domain.questions.steps import PAGES
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.models import Draft, Enrollment, OfficialPage, Preparation
from onboarding.work import links
from portal.notices.models import Mail
from tests.builders import COMPANY, NOW, fill, fill_steps_1_to_3, make_enrollment
from tests.portal.people import page

pytestmark = pytest.mark.django_db


def begin(enrollment: Enrollment, code: str, **more: Any) -> Preparation:
    return preparations.begin(enrollment=enrollment, code=code, by=enrollment.created_by, now=NOW, **more)


def kinds(enrollment: Enrollment) -> list[str]:
    return list(enrollment.events.order_by("id").values_list("kind", flat=True))


# --- the table


def test_every_preparation_has_its_page_its_links_and_its_words() -> None:
    for spec in PREPARATIONS.values():
        assert spec.page in PAGES
        assert {*spec.links} <= {*official_pages.PAGES}
        assert len(spec.steps) >= 2 and spec.remind_after > 0
    for codes in (*official_pages.OF_STEP.values(), *official_pages.OF_REASON.values()):
        assert {*codes} <= {*official_pages.PAGES}
    assert {*official_pages.OF_STEP} == {*PAGES}
    assert {*official_pages.OF_REASON} <= {*REASONS}


# --- saying it


@pytest.mark.parametrize(
    ("slug", "typed", "code"),
    [
        ("mpn-id", {"has_mpn_account": "False", "mpn_id": ""}, "mpn_account"),
        ("mpn-id", {"has_mpn_account": "False", "mpn_id": "439"}, "mpn_account"),
        ("mpn-id", {"missing": "mpn_account"}, "mpn_account"),
    ],
)
def test_the_answer_no_opens_a_road_and_keeps_what_was_typed(
    as_reseller: Client, enrollment: Enrollment, slug: str, typed: dict[str, str], code: str
) -> None:
    for _time in range(2):
        answer = as_reseller.post(f"/enrollments/{enrollment.pk}/steps/{slug}/", typed)

    row = Preparation.objects.get(enrollment=enrollment)
    assert answer.url == f"/enrollments/{enrollment.pk}/preparing/{code}/"
    assert (row.code, row.ended_at) == (code, None)
    assert Draft.objects.get(enrollment=enrollment, page=slug).data["mpn_id"] == typed.get("mpn_id", "")
    assert kinds(enrollment).count("preparing") == 1


def test_a_preparation_of_another_page_is_not_taken(as_reseller: Client, enrollment: Enrollment) -> None:
    for missing in ("duns", "imonline", "nonsense"):
        answer = as_reseller.post(f"/enrollments/{enrollment.pk}/steps/mpn-id/", {"missing": missing})
        assert answer.status_code == 422

    assert not Preparation.objects.exists()


@pytest.mark.parametrize("code", list(PREPARATIONS))
def test_each_page_says_what_to_do_how_long_and_where(as_reseller: Client, enrollment: Enrollment, code: str) -> None:
    shown = page(as_reseller.get(f"/enrollments/{enrollment.pk}/preparing/{code}/"))

    outside = [e for e in shown.all("a") if (e.attrs.get("href") or "").startswith("http")]
    assert len(outside) == len(PREPARATIONS[code].links)
    assert all(e.attrs.get("target") == "_blank" and "noopener" in (e.attrs.get("rel") or "") for e in outside)
    assert shown.by_id("got").text.strip()


@pytest.mark.parametrize(("days", "status"), [(0, 422), (-3, 422), (91, 422), (1, 302), (90, 302)])
def test_the_day_of_the_reminder_is_ahead_and_within_three_months(
    as_reseller: Client, enrollment: Enrollment, days: int, status: int
) -> None:
    day = timezone.localdate() + dt.timedelta(days=days)

    answer = as_reseller.post(f"/enrollments/{enrollment.pk}/preparing/location/", {"remind_on": day.isoformat()})

    assert answer.status_code == status
    assert Preparation.objects.filter(remind_on=day).exists() == (status == 302)


def test_home_and_enrollment_say_what_is_being_got(as_reseller: Client, enrollment: Enrollment) -> None:
    begin(enrollment, "mpn_account")

    home = as_reseller.get("/home/").content.decode()
    shown = page(as_reseller.get(f"/enrollments/{enrollment.pk}/"))

    assert "Obtenez un compte dans le programme partenaire" in home
    assert shown.by_id("now-button").attrs["href"] == f"/enrollments/{enrollment.pk}/preparing/mpn_account/"


def test_a_missing_duns_number_holds_nothing_up(as_reseller: Client, enrollment: Enrollment) -> None:
    begin(enrollment, "duns")

    shown = page(as_reseller.get(f"/enrollments/{enrollment.pk}/"))

    assert shown.by_id("now-button").attrs["href"].endswith("/steps/mpn-id/")


# --- going on


def test_saving_the_page_ends_it() -> None:
    enrollment = make_enrollment()
    begin(enrollment, "mpn_account")

    fill(enrollment, "mpn-id", {"has_mpn_account": True, "mpn_id": "4391999"})

    assert Preparation.objects.get().ended_at == NOW
    assert kinds(enrollment)[-2:] != ["preparing", "answered"] and "prepared" in kinds(enrollment)


@pytest.mark.parametrize(("duns", "is_open"), [("", True), ("150483782", False)])
def test_a_duns_number_is_got_when_it_is_typed(duns: str, is_open: bool) -> None:
    enrollment = fill_steps_1_to_3(make_enrollment())
    fill(enrollment, "company", {**COMPANY, "duns": ""})
    begin(enrollment, "duns")

    fill(enrollment, "company", {**COMPANY, "duns": duns, "city": "Paris 1er"})

    assert (Preparation.objects.get().ended_at is None) == is_open


def test_i_have_it_now_leads_to_the_page(as_reseller: Client, enrollment: Enrollment) -> None:
    begin(enrollment, "mpn_account")

    answers = [
        as_reseller.post(f"/enrollments/{enrollment.pk}/preparing/mpn_account/", {"got": ""}) for _time in range(2)
    ]

    assert {answer.url for answer in answers} == {f"/enrollments/{enrollment.pk}/steps/mpn-id/"}
    assert kinds(enrollment).count("prepared") == 1


# --- the reminder


def test_reminders_come_on_their_day_three_times_and_no_draft_reminder_beside_them() -> None:
    enrollment = make_enrollment()
    begin(enrollment, "location", remind_on=NOW.date() + dt.timedelta(days=4))

    sent = [preparations.remind(NOW + dt.timedelta(days=days)) for days in (3, 4, 4, 6, 8, 20)]

    assert sent == [0, 1, 0, 1, 1, 0]
    assert Mail.objects.filter(code="preparing").count() == 3


def test_one_that_cannot_be_reminded_keeps_no_other_from_theirs() -> None:
    broken, fine = make_enrollment(), make_enrollment()
    begin(broken, "location", remind_on=NOW.date())
    begin(fine, "location", remind_on=NOW.date())
    Preparation.objects.filter(enrollment=broken).update(code="retired")

    with pytest.raises(KeyError, match="retired"):
        preparations.remind(NOW + dt.timedelta(days=1))

    assert [mail.to for mail in Mail.objects.filter(code="preparing")] == [fine.created_by.email]


@pytest.mark.parametrize("what", ["withdrawn", "ended"])
def test_nobody_is_reminded_of_what_is_over(what: str) -> None:
    enrollment = make_enrollment()
    begin(enrollment, "mpn_account")
    if what == "withdrawn":
        withdrawal.withdraw(enrollment=enrollment, by=enrollment.created_by, now=NOW)
    else:
        preparations.end(enrollment=enrollment, code="mpn_account", by=enrollment.created_by, now=NOW)

    preparations.remind(NOW + dt.timedelta(days=30))

    assert not Mail.objects.filter(code="preparing").exists()


# --- links


@pytest.mark.parametrize("slug", ["mpn-id", "location", "company", "contact"])
def test_each_step_leads_to_the_page_where_it_is_done(as_reseller: Client, slug: str, enrollment: Enrollment) -> None:
    filled = fill_steps_1_to_3(enrollment)
    official_pages.forget()

    shown = page(as_reseller.get(f"/enrollments/{filled.pk}/steps/{slug}/"))

    hrefs = {e.attrs.get("href") for e in shown.all("a", target="_blank")}
    assert {official_pages.PAGES[code].url for code in official_pages.OF_STEP[slug]} <= hrefs


def test_step_4_leads_to_the_marketplace_of_the_country(as_reseller: Client, enrollment: Enrollment) -> None:
    filled = fill_steps_1_to_3(enrollment)
    lifecycle.submit(enrollment=filled, by=filled.created_by, now=NOW)

    shown = page(as_reseller.get(f"/enrollments/{filled.pk}/steps/marketplace/"))

    assert any("fr.cloud.im" in (e.attrs.get("href") or "") for e in shown.all("a", target="_blank"))


def test_a_page_that_no_longer_answers_is_shown_with_the_way_through_the_menus(settings: Any) -> None:
    settings.SANDBOX_URL = ""
    OfficialPage.objects.filter(pk="locations").update(url="https://192.0.2.1/gone")

    links.check(NOW)

    row = OfficialPage.objects.get(pk="locations")
    [link] = official_pages.links(["locations"])
    assert (row.broken_since, row.checked_at) == (NOW, NOW)
    assert link.is_dead and link.path


def test_a_dead_page_of_partner_center_opens_its_start_page_and_recovers() -> None:
    page_ = OfficialPage.objects.get(pk="legal_info")
    official_pages.checked(page_, is_alive=False, answer="404", now=NOW)
    official_pages.forget()
    dead = official_pages.links(["legal_info"])[0]

    official_pages.checked(page_, is_alive=True, answer="200", now=NOW)
    official_pages.forget()
    alive = official_pages.links(["legal_info"])[0]

    assert (dead.is_dead, dead.url) == (True, official_pages.PAGES["partner_center"].url)
    assert (alive.is_dead, alive.url) == (False, page_.url)
