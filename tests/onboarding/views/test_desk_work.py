"""Work on an enrollment: owner, handing back, follow-up, tags and stars, pressed twice and by two people at once."""

import datetime as dt
import threading
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from onboarding.domain.clocks import escalation
from onboarding.domain.desk import decisions, work
from onboarding.enums import Authority, Kind
from onboarding.models import Clock, ClockRule, Enrollment, Event, FileWork, Message, Star
from onboarding.phases import Phase
from portal.accounts.models import User
from portal.notices.models import Mail
from portal.partners.models import Partner
from portal.work import claims
from tests.builders import NOW, check_of, make_bdm, make_submitted, make_user
from tests.onboarding.domain.test_pipeline import put

pytestmark = pytest.mark.django_db


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def do(client: Client, file: Enrollment, deed: str, **typed: Any) -> Any:
    return client.post(f"/desk/{file.pk}/work/", {"do": deed, **typed})


def kinds(file: Enrollment) -> list[str]:
    return list(file.events.filter(kind__in=["assigned", "handed_back"]).order_by("pk").values_list("kind", flat=True))


def owner_of(file: Enrollment) -> User | None:
    row = FileWork.objects.select_related("owner").filter(pk=file.pk).first()
    return row.owner if row else None


def test_take_twice_is_one_line_of_history_that_only_staff_see(as_bdm: Client, bdm: User) -> None:
    file = make_submitted()

    answers = [do(as_bdm, file, "take", seen="").status_code for _twice in range(2)]

    assert (answers, owner_of(file), kinds(file)) == ([302, 302], bdm, ["assigned"])
    title = "Responsable chez Ingram Micro"
    assert title in as_bdm.get(f"/desk/{file.pk}/").content.decode()
    assert title not in as_user(file.created_by).get(f"/enrollments/{file.pk}/").content.decode()


@pytest.mark.parametrize("deed", ["take", "assign", "hand_back", "follow_up", "tags", "star", "unstar", "nonsense", ""])
def test_file_of_another_country_and_unknown_file_are_404(deed: str, as_bdm: Client) -> None:
    file = make_submitted(country="BE")

    assert do(as_bdm, file, deed, seen="").status_code == 404
    assert as_bdm.post(f"/desk/{uuid.uuid4()}/work/", {"do": deed}).status_code == 404
    assert do(as_user(file.created_by), file, deed).status_code == 404
    assert not FileWork.objects.exists()


def test_a_get_and_an_unknown_deed_change_nothing(as_bdm: Client) -> None:
    file = make_submitted()

    assert as_bdm.get(f"/desk/{file.pk}/work/?do=take").status_code == 302
    assert do(as_bdm, file, "delete").status_code == 302
    assert not FileWork.objects.exists()


def test_assign_to_a_colleague_who_sees_the_country_only(as_bdm: Client) -> None:
    file = make_submitted()
    colleague, lead, elsewhere = make_bdm("FR").user, make_bdm(lead=True).user, make_bdm("DE").user
    gone, partner = make_bdm("FR").user, make_user()
    User.objects.filter(pk=gone.pk).update(is_active=False)

    for wrong in (elsewhere.pk, gone.pk, partner.pk, 999999999, "abc", "", "1\0"):
        page = do(as_bdm, file, "assign", owner=wrong, seen="")
        assert (page.status_code, owner_of(file)) == (422, None), wrong
        assert page.context["panel"].owner.errors
    do(as_bdm, file, "assign", owner=colleague.pk, seen="")
    assert owner_of(file) == colleague
    do(as_bdm, file, "assign", owner=lead.pk, seen=colleague.pk)
    assert owner_of(file) == lead


def test_second_of_two_is_told_and_takes_nothing(as_bdm: Client) -> None:
    file, other = make_submitted(), make_bdm("FR").user
    User.objects.filter(pk=other.pk).update(name="Camille Dupont")
    do(as_user(other), file, "take", seen="")

    page = as_bdm.post(f"/desk/{file.pk}/work/", {"do": "take", "seen": ""}, follow=True)

    assert owner_of(file) == other
    assert "Camille Dupont a pris le dossier entre-temps" in page.content.decode()


def test_handing_back_needs_a_reason_and_is_done_once(as_bdm: Client, bdm: User) -> None:
    file = make_submitted()
    do(as_bdm, file, "take", seen="")

    refused = do(as_bdm, file, "hand_back", seen=bdm.pk, why="  ")
    stale = do(as_bdm, file, "hand_back", seen="", why="Congé")
    done = [do(as_bdm, file, "hand_back", seen=bdm.pk, why="Je change de pays").status_code for _twice in range(2)]

    assert (refused.status_code, stale.status_code, done) == (422, 302, [302, 302])
    assert (owner_of(file), kinds(file)) == (None, ["assigned", "handed_back"])
    note = Message.objects.get()
    assert (note.body, note.internal) == ("Je change de pays", True)
    assert Event.objects.get(kind="handed_back").data == {"note": note.pk}
    assert "Je change de pays" in as_bdm.get(f"/desk/{file.pk}/").content.decode()
    assert "Je change de pays" not in as_user(file.created_by).get(f"/enrollments/{file.pk}/").content.decode()


def test_first_decision_takes_a_file_that_nobody_owns(bdm: User) -> None:
    file, other = make_submitted(), make_bdm("FR").user
    for kind, by in ((Kind.MPN_ID, other), (Kind.LOCATION, bdm)):
        put(file, kind, Phase.BDM_LOOKS)
        decisions.confirm(check=check_of(file, kind, Authority.MICROSOFT), by=by, now=NOW)

    assert (owner_of(file), kinds(file)) == (other, ["assigned"])


def test_first_of_two_confirmations_takes_the_file_too(bdm: User) -> None:
    file = make_submitted()
    put(file, Kind.RELATIONSHIP, Phase.BDM_LOOKS)

    decisions.confirm(check=check_of(file, Kind.RELATIONSHIP, Authority.MICROSOFT), by=bdm, now=NOW)

    assert owner_of(file) == bdm


@pytest.mark.parametrize(("days", "words"), [(-1, "passé"), (-400, "passé"), (800, "plus de deux ans")])
def test_follow_up_that_makes_no_sense_is_a_sentence(days: int, words: str, as_bdm: Client) -> None:
    file, day = make_submitted(), timezone.localdate() + dt.timedelta(days=days)

    page = do(as_bdm, file, "follow_up", on=day.isoformat())

    assert page.status_code == 422
    assert words in page.content.decode()
    assert day.isoformat() in page.content.decode()  # what was typed stays


@pytest.mark.parametrize("typed", ["31/02/2026", "demain", "0000-00-00", "99999-01-01"])
def test_follow_up_that_is_no_date_is_a_sentence(typed: str, as_bdm: Client) -> None:
    page = do(as_bdm, make_submitted(), "follow_up", on=typed)

    assert page.status_code == 422
    assert "Saisissez une date, par exemple" in page.content.decode()


def test_follow_up_is_kept_shown_when_due_and_removed(as_bdm: Client) -> None:
    file, today = make_submitted(), timezone.localdate()

    for _twice in range(2):
        assert do(as_bdm, file, "follow_up", on=today.isoformat()).status_code == 302
    assert FileWork.objects.get(pk=file.pk).follow_up_on == today
    assert str(file.pk) in as_bdm.get("/desk/?view=due").content.decode()
    do(as_bdm, file, "follow_up", on="")
    assert FileWork.objects.get(pk=file.pk).follow_up_on is None
    assert str(file.pk) not in as_bdm.get("/desk/?view=due").content.decode()


def test_a_follow_up_that_passed_may_stay_while_other_things_change() -> None:
    file, today = make_submitted(), NOW.date()
    FileWork.objects.create(enrollment=file, follow_up_on=today - dt.timedelta(days=3))

    assert not work.follow_up(enrollment=file, on=today - dt.timedelta(days=3), today=today)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Salon Lyon, VIP;à rappeler", ["salon lyon", "vip", "à rappeler"]),
        ("vip, VIP , Vip", ["vip"]),
        (" , ;", []),
        ("<b>gras</b>", ["<b>gras</b>"]),
        ("=1+1", ["=1+1"]),
        ("a,b,c,d,e,f,g,h", list("abcdefgh")),
    ],
)
def test_tags_are_ones_own_words(typed: str, kept: list[str], as_bdm: Client) -> None:
    file = make_submitted()

    assert do(as_bdm, file, "tags", tags=typed).status_code == 302

    assert FileWork.objects.get(pk=file.pk).tags == kept
    assert as_bdm.get(f"/desk/{file.pk}/").status_code == 200
    if kept:
        found = as_bdm.get("/desk/", {"view": "all", "tag": kept[-1].upper()})
        assert str(file.pk) in found.content.decode()


@pytest.mark.parametrize(("typed", "words"), [("a,b,c,d,e,f,g,h,i", "au plus 8"), ("x" * 41, "au plus 40")])
def test_too_many_or_too_long_tags_are_refused_and_stay_typed(typed: str, words: str, as_bdm: Client) -> None:
    page = do(as_bdm, make_submitted(), "tags", tags=typed)

    assert page.status_code == 422
    assert words in page.content.decode()
    assert typed in page.content.decode()


def test_a_star_is_ones_own(as_bdm: Client, bdm: User) -> None:
    file, colleague = make_submitted(), make_bdm("FR").user

    for _twice in range(2):
        do(as_bdm, file, "star")

    assert Star.objects.get().user == bdm
    page = as_bdm.get("/desk/?view=starred")
    assert str(file.pk) in page.content.decode()
    assert {view["url"]: view["number"] for view in page.context["views"]}["?view=starred"] == 1
    assert str(file.pk) not in as_user(colleague).get("/desk/?view=starred").content.decode()
    for _twice in range(2):
        do(as_bdm, file, "unstar")
    assert not Star.objects.exists()


def test_the_way_back_to_the_view_is_kept(as_bdm: Client) -> None:
    file = make_submitted()

    answer = as_bdm.post(f"/desk/{file.pk}/work/?from=view%3Dopen%26age%3D5", {"do": "star"})

    assert answer["Location"] == f"/desk/{file.pk}/?from=view%3Dopen%26age%3D5"
    page = as_bdm.get(answer["Location"]).content.decode()
    assert f'action="/desk/{file.pk}/work/?from=view%3Dopen%26age%3D5"' in page


@pytest.mark.parametrize("owned", [True, False])
def test_alert_of_84_days_names_the_owner_or_says_that_nobody_owns_it(owned: bool) -> None:
    file, lead = make_submitted(), make_bdm(lead=True).user
    owner = make_bdm("FR").user
    User.objects.filter(pk=owner.pk).update(name="Camille Dupont")
    if owned:
        work.assign(enrollment=file, to=owner, by=owner, now=NOW, owner_seen=None)
    put(file, Kind.DOMAIN, Phase.WITH_MICROSOFT)
    late = timezone.now() + dt.timedelta(days=200)
    escalation.read_soon(file, now=NOW)
    ClockRule.objects.exclude(code="microsoft-84-days").update(active=False)
    [claim] = claims.claim_due(Clock, queue=escalation.QUEUE, limit=5, now=late)

    escalation.read(claim=claim, now=late)

    mail = Mail.objects.get(to=lead.email, code="alert")
    assert ("Camille Dupont" in mail.text) == owned
    assert (f"/desk/{file.pk}/#work" in mail.text) != owned


@pytest.mark.django_db(transaction=True)
def test_two_at_one_moment_make_one_owner() -> None:
    file = make_submitted()
    people = [make_bdm("FR").user for _each in range(2)]
    start, told = threading.Barrier(2), []

    def take(user: User) -> None:
        try:
            start.wait(10)
            work.assign(enrollment=file, to=user, by=user, now=NOW, owner_seen=None)
        except work.TakenMeanwhileError as error:
            told.append(error.owner)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(user,)) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert told == [owner_of(file)]
    assert kinds(file) == ["assigned"]
    assert Partner.objects.exists()
