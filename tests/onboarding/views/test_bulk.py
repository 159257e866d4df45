"""One deed for many files: each once, what does not fit is left and said, and pressing twice makes one."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from onboarding.domain.checks import reporting
from onboarding.domain.desk import bulk, work
from onboarding.enums import Authority, BulkOutcome, EnrollmentState, Kind
from onboarding.models import BulkDeed, BulkRow, Enrollment, Event, FileWork
from onboarding.work import bulk as bulk_work
from portal.accounts.models import User
from portal.notices.models import Mail
from portal.work import claims, registry
from tests.builders import NOW, check_of, fill, make_bdm, make_enrollment, make_submitted
from tests.onboarding.views.test_desk_work import as_user

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)


def ask(client: Client, do: str, files: list[Enrollment] | None = None, **typed: Any) -> Any:
    chosen = {"file": [str(file.pk) for file in files]} if files is not None else {}
    data = {"do": do, "key": str(uuid.uuid4()), "from": "view=all", **chosen, **typed}
    return client.post("/desk/bulk/", data)


def take() -> list[claims.Claim]:
    return claims.claim_due(BulkDeed, queue="bulk", limit=1, now=timezone.now() + DAY)


def work_through() -> None:
    for _ in range(50):
        found = take()
        if not found:
            return
        bulk_work.do(found[0], BulkDeed.objects.select_related("by").get(pk=found[0].pk))


def outcomes() -> dict[str, int]:
    return bulk.numbers(BulkDeed.objects.get())


def test_assigned_to_a_colleague_who_may_see_them(as_bdm: Client, bdm: User) -> None:
    files = [make_submitted() for _ in range(3)]
    owned = make_submitted()
    other, of_belgium = make_bdm("FR").user, make_bdm("BE").user
    work.assign(enrollment=owned, to=other, by=other, now=NOW, owner_seen=None)
    work.assign(enrollment=files[0], to=bdm, by=bdm, now=NOW, owner_seen=None)

    answer = ask(as_bdm, "assign", [*files, owned], to=bdm.pk)
    work_through()

    assert outcomes() == {"done": 2, "same": 1, "owned": 1}
    assert FileWork.objects.get(pk=owned.pk).owner == other
    shown = as_bdm.get(answer["Location"]).content.decode()
    assert str(owned.partner) in shown and str(BulkOutcome.OWNED.label) in shown
    BulkDeed.objects.all().delete()
    ask(as_bdm, "assign", [*files, owned], to=of_belgium.pk, replace="on")
    work_through()
    assert outcomes() == {"cannot_own": 4}


def test_chosen_files_without_any_ticked_are_not_all_of_the_view(as_bdm: Client) -> None:
    make_submitted()
    address = re.search(r'<form id="bulk-form".*?</form>', as_bdm.get("/desk/?view=all").content.decode(), re.S)
    assert address
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', address[0]))

    shown = as_bdm.get("/desk/bulk/", sent)

    assert shown.context["meant"].number == 0


def test_what_is_wrong_stands_in_the_summary_and_the_title(as_bdm: Client) -> None:
    for page in (
        ask(as_bdm, "tag", [make_submitted()], tags=""),
        as_bdm.post(f"/desk/{make_submitted().pk}/work/", {"do": "tags", "tags": "x" * 60}),
    ):
        shown = page.content.decode()
        assert (page.status_code, shown.count("data-error-summary")) == (422, 1)
        assert "<title>Erreur" in shown and 'href="#id_tags"' in shown


@pytest.mark.parametrize("way", ["chosen", "view"])
def test_pressed_twice_is_done_once(as_bdm: Client, way: str) -> None:
    files = [make_submitted(), make_submitted()]
    key = str(uuid.uuid4())

    for _ in range(2):
        ask(as_bdm, "tag", files if way == "chosen" else None, tags="salon 2026", key=key)
        work_through()

    assert BulkDeed.objects.count() == 1
    assert outcomes() == {"done": 2}
    assert [row.tags for row in FileWork.objects.all()] == [["salon 2026"]] * 2


def test_key_of_another_person_is_404(as_bdm: Client) -> None:
    key = str(uuid.uuid4())
    ask(as_user(make_bdm("FR").user), "tag", [make_submitted()], tags="x", key=key)

    assert ask(as_bdm, "tag", [make_submitted()], tags="y", key=key).status_code == 404
    assert as_bdm.get(f"/desk/bulk/{key}/").status_code == 404


def test_files_of_other_countries_are_not_chosen_and_lost_ones_are_left(as_bdm: Client, bdm: User) -> None:
    bdm.bdm.countries.add("BE")
    own, lost, foreign = make_submitted(), make_submitted(country="BE"), make_submitted(country="DE")

    ask(as_bdm, "follow_up", [own, lost, foreign], on=(TODAY + DAY).isoformat())
    bdm.bdm.countries.remove("BE")
    work_through()

    assert outcomes() == {"done": 1, "not_yours": 1}
    assert not BulkRow.objects.filter(enrollment=foreign).exists()


@pytest.mark.parametrize(
    ("do", "typed"),
    [
        ("follow_up", {"on": (TODAY - DAY).isoformat()}),
        ("follow_up", {"on": (TODAY + 900 * DAY).isoformat()}),
        ("follow_up", {"on": "demain"}),
        ("tag", {"tags": " , ;"}),
        ("tag", {"tags": "x" * 41}),
        ("tag", {"tags": "a,b,c,d,e,f,g,h,i"}),
        ("assign", {"to": ""}),
        ("assign", {"to": "999999"}),
        ("destroy", {}),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_is_asked(as_bdm: Client, do: str, typed: dict[str, str]) -> None:
    answer = ask(as_bdm, do, [make_submitted()], **typed)

    assert answer.status_code == 422
    assert not BulkDeed.objects.exists()
    kept = next(iter(typed.values()), "")
    assert do == "assign" or kept in answer.content.decode()


@pytest.mark.parametrize("files", [["nonsense"], [str(uuid.uuid4())], ["../../etc"]])
def test_files_that_are_none_are_an_empty_page(as_bdm: Client, files: list[str]) -> None:
    answer = as_bdm.get("/desk/bulk/", {"file": files, "from": "view=all"})

    assert answer.status_code == 200
    assert answer.context["meant"].number == 0
    assert as_bdm.get("/desk/bulk/", {"from": "view=nowhere"}).status_code == 404


def test_partners_are_reminded_once_in_their_language_and_not_again_within_days(as_bdm: Client, bdm: User) -> None:
    waiting, draft, done = make_submitted(), make_enrollment(), make_submitted()
    fill(waiting, "partner-center", {"sent_to_microsoft_on": NOW.date()})
    check = check_of(waiting, Kind.DOMAIN, Authority.MICROSOFT)
    reporting.report(check=check, says="rejected", on=NOW.date(), by=waiting.created_by, now=NOW)
    User.objects.filter(pk=draft.created_by_id).update(language="en-gb")
    Enrollment.objects.filter(pk=done.pk).update(state=EnrollmentState.READY, ready_at=NOW)
    done.checks.update(turn="nobody")
    Mail.objects.all().delete()

    page = as_bdm.get("/desk/bulk/", {"file": [str(waiting.pk)], "from": "view=all"})
    ask(as_bdm, "remind", [waiting, draft, done])
    work_through()
    first = outcomes()
    BulkDeed.objects.all().delete()
    ask(as_bdm, "remind", [waiting, draft, done])
    work_through()

    assert (first, outcomes()) == ({"done": 2, "not_now": 1}, {"lately": 2, "not_now": 1})
    mails = {mail.to: mail for mail in Mail.objects.all()}
    assert set(mails) == {waiting.created_by.email, draft.created_by.email}
    assert "Bonjour" in mails[waiting.created_by.email].text and "Hello" in mails[draft.created_by.email].text
    shown = page.context["example"]["letters"][0]
    assert shown["subject"] in {mail.subject for mail in mails.values()}
    events = Event.objects.filter(kind="reminded")
    assert [event.actor for event in events] == [bdm, bdm]


def test_view_is_collected_when_the_work_begins_and_goes_on_after_a_death(
    as_bdm: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PORTION", 2)
    for _ in range(5):
        make_submitted()
    answer = ask(as_bdm, "tag", tags="salon")

    [claim] = take()
    bulk_work.do(claim, BulkDeed.objects.select_related("by").get())
    live = as_bdm.get(answer["Location"]).content.decode()
    # The worker that took the next portion died in the middle of it.
    take()
    bulk._do_one(BulkRow.objects.filter(outcome="").first().pk, BulkDeed.objects.get(), bulk.Scope(None, ()), NOW)
    BulkDeed.objects.update(next_check_at=NOW, lease_until=NOW)
    work_through()

    assert re.search(r"2\D+5", live)
    assert outcomes() == {"done": 5}
    assert BulkDeed.objects.get().done_at is not None
    assert "data-live" not in as_bdm.get(answer["Location"]).content.decode()


def test_view_that_cannot_be_read_any_more_ends_with_nothing(as_bdm: Client) -> None:
    make_submitted()
    ask(as_bdm, "tag", tags="salon")
    BulkDeed.objects.update(query="view=retired")
    work_through()

    deed = BulkDeed.objects.get()
    assert (deed.total, deed.done_at is not None) == (0, True)


def test_only_a_bdm_does_bulk(client: Client) -> None:
    file = make_submitted()
    client.force_login(file.created_by, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert client.get("/desk/bulk/", {"file": str(file.pk)}).status_code == 404
    assert ask(client, "tag", [file], tags="x").status_code == 404
    assert "bulk" in {kind.name for kind in registry.kinds.KINDS.values()}
