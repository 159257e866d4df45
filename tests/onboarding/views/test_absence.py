"""An absence: who stands in sees the files, gets the mails, and only for those days."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.domain.desk import digests, listing, work
from onboarding.domain.desk.listing import Filters
from onboarding.domain.mail import messages
from onboarding.models import Enrollment
from portal.accounts.models import User
from portal.coverage import absences
from portal.coverage.models import Absence, Bdm
from portal.notices.models import DigestLine, Mail
from tests.builders import NOW, make_bdm, make_submitted
from tests.onboarding.domain.test_digests import MORNING
from tests.onboarding.views.test_desk_work import as_user

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
TODAY = NOW.date()


def away(bdm: Bdm, stand_in: Bdm | None, *, first: dt.date = TODAY, last: dt.date = TODAY + 9 * DAY) -> Absence:
    return Absence.objects.create(bdm=bdm, first_on=first, last_on=last, stand_in=stand_in)


def plan(client: Client, first: int, last: int, stand_in: Any = "") -> Any:
    today = timezone.localdate()
    typed = {"first_on": (today + first * DAY).isoformat(), "last_on": (today + last * DAY).isoformat()}
    return client.post("/desk/absence/", {**typed, "stand_in": stand_in})


def test_planned_twice_is_one_and_ended_twice_is_none(as_bdm: Client, bdm: User) -> None:
    colleague = make_bdm("BE")

    assert [plan(as_bdm, 1, 5, colleague.pk).status_code for _twice in range(2)] == [302, 302]

    [absence] = Absence.objects.all()
    assert (absence.bdm, absence.stand_in) == (bdm.bdm, colleague)
    assert as_user(colleague.user).post(f"/desk/absence/{absence.pk}/end/").status_code == 302
    assert Absence.objects.exists()  # another's absence stays
    for _twice in range(2):
        as_bdm.post(f"/desk/absence/{absence.pk}/end/")
    assert not Absence.objects.exists()


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [(-9, -2, "passés"), (5, 4, "avant le premier"), (0, 400, "plus d’un an"), (2, 3, "déjà une absence")],
)
def test_days_that_make_no_sense_are_a_sentence(first: int, last: int, words: str, as_bdm: Client, bdm: User) -> None:
    today = timezone.localdate()
    away(bdm.bdm, make_bdm("BE"), first=today + 3 * DAY, last=today + 3 * DAY)

    page = plan(as_bdm, first, last, make_bdm("BE").pk)

    assert (page.status_code, Absence.objects.count()) == (422, 1)
    assert words in page.content.decode()


def test_without_stand_in_a_lead_must_be_there(as_bdm: Client) -> None:
    page = plan(as_bdm, 0, 5)
    assert page.status_code == 422
    assert "Aucun responsable des BDM" in page.content.decode()

    lead = make_bdm(lead=True)
    absence = away(lead, None, first=timezone.localdate() + 4 * DAY, last=timezone.localdate() + 4 * DAY)
    assert plan(as_bdm, 0, 5).status_code == 422
    absence.delete()
    assert plan(as_bdm, 0, 5).status_code == 302


def test_stand_in_who_is_away_and_a_leads_who_is_none_are_refused(as_bdm: Client) -> None:
    colleague, lead = make_bdm("BE"), make_bdm(lead=True)
    away(colleague, None, first=timezone.localdate(), last=timezone.localdate())

    assert plan(as_bdm, 0, 5, colleague.pk).status_code == 422
    assert plan(as_user(lead.user), 0, 5, make_bdm("FR").pk).status_code == 422
    for wrong in ("999999", "abc", make_bdm("FR").user_id + 10_000):
        assert plan(as_bdm, 0, 5, wrong).status_code == 422


@pytest.mark.parametrize(("days", "sees"), [(-1, False), (0, True), (9, True), (10, False)])
def test_stand_in_sees_the_countries_and_mine_on_those_days_only(days: int, sees: bool) -> None:
    absent, stand_in = make_bdm("FR"), make_bdm("BE")
    file = make_submitted()
    work.assign(enrollment=file, to=absent.user, by=absent.user, now=NOW, owner_seen=None)
    away(absent, stand_in)

    scope = listing.scope_of(stand_in, today=TODAY + days * DAY)

    mine = listing.entries(stand_in, Filters(view="mine"), scope=scope, now=NOW)
    assert [row.pk for row in mine] == ([file.pk] if sees else [])
    assert scope.countries == (["BE", "FR"] if sees else ["BE"])
    assert [row.pk for row in listing.entries(absent, Filters(view="mine"),
            scope=listing.scope_of(absent, today=TODAY + days * DAY), now=NOW)] == [file.pk]  # fmt: skip


def test_pages_say_whose_the_files_are() -> None:
    absent, stand_in, today = make_bdm("FR"), make_bdm("BE"), timezone.localdate()
    User.objects.filter(pk=absent.user_id).update(name="Camille Dupont")
    file = make_submitted()
    work.assign(enrollment=file, to=absent.user, by=absent.user, now=NOW, owner_seen=None)
    client = as_user(stand_in.user)
    assert client.get(f"/desk/{file.pk}/").status_code == 404
    away(absent, stand_in, first=today, last=today)

    desk, page = client.get("/desk/?view=mine").content.decode(), client.get(f"/desk/{file.pk}/").content.decode()

    assert "Vous remplacez Camille Dupont" in desk
    assert str(file.pk) in desk
    assert "vous assurez le remplacement" in page
    assert 'value="take"' not in page


def test_messages_alerts_and_summaries_reach_both() -> None:
    absent, stand_in, other = make_bdm("FR"), make_bdm("BE"), make_bdm("DE")
    file = make_submitted()
    away(absent, stand_in)

    messages.write(enrollment=file, author=file.created_by, body="Bonjour", key="k", now=NOW)

    assert set(DigestLine.objects.values_list("user", flat=True)) == {absent.user_id, stand_in.user_id}
    digests.send(MORNING)
    assert set(Mail.objects.filter(code="digest").values_list("to", flat=True)) == {
        absent.user.email,
        stand_in.user.email,
    }
    assert other.user.email not in Mail.objects.values_list("to", flat=True)


def chain(*pairs: tuple[Bdm, Bdm | None]) -> dict[int, int]:
    for absent, stand_in in pairs:
        away(absent, stand_in)
    return {absent: bdm.pk for absent, bdm in absences.stand_ins(absences.current(TODAY)).items()}


def test_a_stand_in_who_is_away_passes_on_and_a_circle_leads_nowhere() -> None:
    one, two, three = (make_bdm("FR") for _each in range(3))

    assert chain((one, two), (two, three)) == {one.pk: three.pk, two.pk: three.pk}
    Absence.objects.all().delete()
    assert chain((one, two), (two, one)) == {}
    Absence.objects.all().delete()
    assert chain((one, two), (two, None)) == {}
    Absence.objects.all().delete()
    User.objects.filter(pk=two.user_id).update(is_active=False)
    assert chain((one, two)) == {}


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [(1, 0)],
        [(1, 2), (2, 0)],
        [(1, 2), (2, 3), (3, 0), (4, 0)],
        [(1, 0), (0, 2)],
        [(1, 2), (2, 1)],
        [(0, 1)],
        [(1, None), (2, 3)],
    ],
)
def test_whom_no_absence_names_covers_nothing_and_reads_none(pairs: list[tuple[int, int | None]]) -> None:
    bdms = [make_bdm("FR") for _each in range(5)]
    for absent, stand_in in pairs:
        away(bdms[absent], None if stand_in is None else bdms[stand_in])
    away(bdms[1], bdms[0], first=TODAY + 20 * DAY, last=TODAY + 21 * DAY)  # another day's

    for row in Bdm.objects.annotate(is_named=absences.is_named(TODAY)):
        covered = absences.covered_by(row, absences.current(TODAY))
        with CaptureQueriesContext(connection) as captured:
            assert absences.covered_on(row, today=TODAY) == covered
        assert len(captured) == int(row.is_named)  # type: ignore[attr-defined]


def test_an_absence_counts_from_the_next_page_on(as_bdm: Client, bdm: User) -> None:
    colleague, file = make_bdm("BE"), make_submitted(country="BE")
    path = f"/desk/{file.pk}/"
    codes = [as_bdm.get(path).status_code]
    absence = away(colleague, bdm.bdm, first=timezone.localdate(), last=timezone.localdate())
    codes.append(as_bdm.get(path).status_code)
    absence.delete()
    codes.append(as_bdm.get(path).status_code)
    bdm.bdm.countries.add("BE")
    codes.append(as_bdm.get(path).status_code)

    assert codes == [404, 200, 404, 200]


def test_someone_else_has_no_absence_page(as_reseller: Client, enrollment: Enrollment) -> None:
    assert as_reseller.get("/desk/absence/").status_code == 404
    assert as_reseller.post("/desk/absence/1/end/").status_code == 404
