"""A file lent to a colleague of another country: read whole, answered once, decided by nobody but its own country."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from onboarding.domain.desk import listing, loans
from onboarding.enums import LoanEnd
from onboarding.models import Enrollment, Event, Loan, Message
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.notices.models import Mail
from portal.partners.models import Partner
from tests.builders import make_bdm, make_submitted
from tests.onboarding.views.test_desk_work import as_user

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def lend(enrollment: Enrollment, to: Bdm, by: User, *, days: int = 3, now: dt.datetime | None = None) -> Loan:
    now = now or timezone.now()
    until = timezone.localdate(now) + days * DAY
    return loans.lend(enrollment=enrollment, to=to.user, question="Valable ?", until=until, by=by, now=now)


def kinds(enrollment: Enrollment) -> list[str]:
    lines = Event.objects.filter(enrollment=enrollment, kind__startswith="lent").order_by("pk")
    return list(lines.values_list("kind", flat=True))


@pytest.fixture
def colleague() -> Bdm:
    return make_bdm("DE")


def test_borrower_reads_it_and_answers_which_returns_it(bdm: User, colleague: Bdm) -> None:
    enrollment, other = make_submitted(), make_submitted()
    answer = as_user(bdm).post(
        f"/desk/{enrollment.pk}/lend/",
        {"to": colleague.user_id, "question": "Valable ?", "until": (timezone.localdate() + DAY).isoformat()},
    )
    assert answer.status_code == 302
    client = as_user(colleague.user)

    page = client.get(f"/desk/{enrollment.pk}/").content.decode()
    assert "Valable ?" in page and f"/desk/{enrollment.pk}/opinion/" in page
    assert "/checks/" not in page.replace("check-", "")  # nothing to decide
    assert client.get(f"/desk/{other.pk}/").status_code == 404
    assert client.post(f"/desk/{enrollment.pk}/opinion/", {"opinion": " "}).status_code == 422
    for _ in range(2):
        client.post(f"/desk/{enrollment.pk}/opinion/", {"opinion": "Oui, pour moi."})

    loan = Loan.objects.get()
    assert (loan.ended_by, loan.opinion) == (LoanEnd.ANSWERED, "Oui, pour moi.")
    assert client.get(f"/desk/{enrollment.pk}/").status_code == 404
    note = Message.objects.get()
    assert (note.internal, note.body, note.mentions) == (True, "Oui, pour moi.", [bdm.pk])
    assert kinds(enrollment) == ["lent", "lent_answered"]
    assert Mail.objects.filter(code="file_lent", to=colleague.user.email).count() == 1
    assert Mail.objects.filter(code="mentioned", to=bdm.email).count() == 1


def test_it_is_in_its_view_and_in_the_search_and_in_no_other_view(bdm: User, colleague: Bdm) -> None:
    enrollment, other = make_submitted(), make_submitted()
    Partner.objects.filter(pk=enrollment.partner_id).update(name="Zéphyr", legal_name="Zéphyr SAS")
    Partner.objects.filter(pk=other.partner_id).update(name="Zéphyr bis", legal_name="Zéphyr bis")
    lend(enrollment, colleague, bdm)
    client = as_user(colleague.user)

    def shown(query: str) -> list[Any]:
        return [row.pk for group in client.get(f"/desk/?{query}").context["groups"] for row in group["rows"]]

    assert shown("view=lent") == [enrollment.pk]
    assert shown("view=all&text=zephyr") == [enrollment.pk]
    assert shown(f"view=all&text={enrollment.mpn_id}") == [enrollment.pk]
    assert shown("view=all") == shown("view=needs_me") == []
    assert [view["number"] for view in client.get("/desk/").context["views"] if view["url"] == "?view=lent"] == [1]
    assert not [view for view in as_user(bdm).get("/desk/").context["views"] if view["url"] == "?view=lent"]


@pytest.mark.parametrize("how", ["over", "taken_back", "left"])
def test_loan_ends(bdm: User, colleague: Bdm, how: str) -> None:
    enrollment = make_submitted()
    now = timezone.now()
    loan = lend(enrollment, colleague, bdm, days=0, now=now)
    client = as_user(colleague.user)
    assert client.get(f"/desk/{enrollment.pk}/").status_code == 200
    if how == "taken_back":
        for _ in range(2):
            as_user(bdm).post(f"/desk/{enrollment.pk}/lend/{loan.pk}/end/")
    elif how == "left":
        User.objects.filter(pk=colleague.user_id).update(is_active=False)
    else:
        Loan.objects.update(until=timezone.localdate(now) - DAY)
        for _ in range(2):
            loans.end_old(now)

    assert client.get(f"/desk/{enrollment.pk}/").status_code in (302, 404)
    ends = {"over": ["lent_over"], "taken_back": ["lent_taken_back"], "left": []}
    assert kinds(enrollment) == ["lent", *ends[how]]


@pytest.mark.parametrize("days", [-1, -400, 61, 5000])
def test_day_that_is_past_or_far_is_told_and_what_was_typed_stays(bdm: User, colleague: Bdm, days: int) -> None:
    enrollment = make_submitted()
    until = (timezone.localdate() + days * DAY).isoformat()

    answer = as_user(bdm).post(
        f"/desk/{enrollment.pk}/lend/", {"to": colleague.user_id, "question": "Valable ?", "until": until}
    )

    assert answer.status_code == 422 and "Valable ?" in answer.content.decode()
    assert not Loan.objects.exists()


@pytest.mark.parametrize("who", ["left", "sees_it", "lead", "self", "partner", "nobody"])
def test_person_who_cannot_borrow_is_not_offered(bdm: User, colleague: Bdm, who: str) -> None:
    enrollment = make_submitted()
    if who == "left":
        User.objects.filter(pk=colleague.user_id).update(is_active=False)
    to = {
        "left": colleague.user_id,
        "sees_it": make_bdm("FR").user_id,
        "lead": make_bdm(lead=True).user_id,
        "self": bdm.pk,
        "partner": enrollment.created_by_id,
        "nobody": 999_999,
    }[who]
    make_bdm("BE")

    answer = as_user(bdm).post(
        f"/desk/{enrollment.pk}/lend/", {"to": to, "question": "?", "until": timezone.localdate().isoformat()}
    )

    assert answer.status_code == 422
    with pytest.raises(loans.NotAColleagueError):
        person = User.objects.filter(pk=to).first() or enrollment.created_by
        loans.lend(
            enrollment=enrollment, to=person, question="?", until=timezone.localdate(), by=bdm, now=timezone.now()
        )


def test_lent_twice_is_told_and_again_after_its_end(bdm: User, colleague: Bdm) -> None:
    enrollment = make_submitted()
    loan = lend(enrollment, colleague, bdm)

    with pytest.raises(loans.LentAlreadyError):
        lend(enrollment, colleague, bdm)
    Loan.objects.update(until=timezone.localdate() - DAY)
    lend(enrollment, colleague, bdm)

    loan.refresh_from_db()
    assert (loan.ended_by, Loan.objects.count()) == (LoanEnd.OVER, 2)


def test_borrower_does_not_lend_it_on(bdm: User, colleague: Bdm) -> None:
    enrollment = make_submitted()
    loan = lend(enrollment, colleague, bdm)
    client = as_user(colleague.user)

    assert client.get(f"/desk/{enrollment.pk}/lend/").status_code == 404
    assert client.post(f"/desk/{enrollment.pk}/lend/", {"to": make_bdm("BE").user_id}).status_code == 404
    assert client.post(f"/desk/{enrollment.pk}/lend/{loan.pk}/end/").status_code == 404


def test_partner_sees_nothing_of_it(bdm: User, colleague: Bdm) -> None:
    enrollment = make_submitted()
    lend(enrollment, colleague, bdm)

    page = as_user(enrollment.created_by).get(f"/enrollments/{enrollment.pk}/").content.decode()

    assert "Valable" not in page and "confié" not in page


def test_lead_has_everything_and_nothing_lent(bdm: User) -> None:
    lead = make_bdm(lead=True)

    assert listing.scope_of(lead, today=timezone.localdate()).lent == ()
