"""The file's page: what stands around a file, and for whom."""

import datetime as dt
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from onboarding.domain.desk import around, presence
from onboarding.domain.history import TITLES
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment, Event, FileLook
from onboarding.phases import Phase
from onboarding.views.presenters import check_cards
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.notices import outbox
from portal.partners.models import Membership, Partner, Role
from tests.builders import NOW, check_of, make_bdm, make_enrollment, make_partner, make_submitted, make_user
from tests.onboarding.domain.test_pipeline import SITUATIONS, put

pytestmark = pytest.mark.django_db

VALUES = {
    "mpn_id": "4391999", "location_mpn_id": "43919991", "tenant": "commun.onmicrosoft.com", "duns": "150483799",
    "registration_number": "999000099", "mail_domain": "commun.example",
}  # fmt: skip


def give(file: Enrollment, name: str, value: str) -> None:
    if name in {"duns", "registration_number", "mail_domain"}:
        Partner.objects.filter(pk=file.partner_id).update(**{name: value})
    else:
        Enrollment.objects.filter(pk=file.pk).update(**{name: value})


@pytest.mark.parametrize("name", list(around.SHARED))
def test_what_stands_in_another_companys_file_is_said_linked_or_counted(name: str, as_bdm: Client) -> None:
    file, seen, hidden = make_enrollment(), make_enrollment(), make_enrollment(country="DE")
    assert as_bdm.get(f"/desk/{file.pk}/").context["shared"] == []
    for each in (file, seen, hidden):
        give(each, name, VALUES[name])

    page = as_bdm.get(f"/desk/{file.pk}/")

    [other] = page.context["shared"]
    assert (other.what, [each.pk for each in other.files], other.hidden) == (name, [seen.pk], 1)
    text = page.content.decode()
    assert f'href="/desk/{seen.pk}/"' in text
    assert f"{seen.partner}, France</a>" in text
    assert str(hidden.pk) not in text
    assert str(hidden.partner) not in text


def test_the_companys_own_other_file_is_no_duplicate(as_bdm: Client) -> None:
    owner = make_user()
    partner = make_partner(owner=owner, duns="150483799")
    files = [make_enrollment(owner=owner, partner=partner, country=country) for country in ("FR", "DE", "BE")]

    page = as_bdm.get(f"/desk/{files[0].pk}/")

    assert page.context["shared"] == []
    assert (page.context["company"].files, page.context["company"].hidden) == ([], 2)
    as_lead = Client()
    as_lead.force_login(make_bdm(lead=True).user)
    assert len(as_lead.get(f"/desk/{files[0].pk}/").context["company"].files) == 2


def test_empty_answers_are_not_shared(as_bdm: Client) -> None:
    one, _other = make_enrollment(), make_enrollment()

    assert as_bdm.get(f"/desk/{one.pk}/").context["shared"] == []


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [("+33 1 99 00 12 34", "+33199001234"), ("01.99.00.12.34", "0199001234"), ("+44 (0)20 7946 0000", "+442079460000")],
)
def test_people_have_telephone_links(typed: str, dialled: str, as_bdm: Client, bdm: User) -> None:
    file = make_submitted()
    Enrollment.objects.filter(pk=file.pk).update(contact_phone=typed)
    Bdm.objects.filter(user=bdm).update(phone="+33 1 99 00 55 55")
    viewer = make_user("lecteur@company.example", name="Jean Lecteur")
    Membership.objects.create(partner=file.partner, user=viewer, role=Role.VIEWER)

    page = as_bdm.get(f"/desk/{file.pk}/").content.decode()

    for part in (f'href="tel:{dialled}"', 'href="tel:+33199005555"', "Jean Lecteur", "mailto:lecteur@company.example"):
        assert part in page


def test_alarm_and_reasons_stand_on_top(as_bdm: Client) -> None:
    file = make_submitted()
    SITUATIONS["long_tail"](file)
    SITUATIONS["unread"](file)

    page = as_bdm.get(f"/desk/{file.pk}/").content.decode()

    top = page[: page.index('class="desk-decision"')]
    assert "Plus de douze semaines" in top
    assert "Un message que personne n’a lu" in top


def test_page_costs_the_same_with_much_around_it(as_bdm: Client) -> None:
    file = make_submitted()
    put(file, Kind.MPN_ID, Phase.BDM_LOOKS)
    path = f"/desk/{file.pk}/checks/{check_of(file, Kind.MPN_ID, Authority.MICROSOFT).pk}/"

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert re.search("<h1", as_bdm.get(path).content.decode())
        return len(captured)

    cost()
    one = cost()
    for _each in range(5):
        give(make_enrollment(), "duns", file.partner.duns or "150483782")
        Membership.objects.create(partner=file.partner, user=make_user(), role=Role.VIEWER)
        make_bdm("FR")

    assert cost() == one


def history(client: Client, file: Enrollment, query: str = "") -> Any:
    return client.get(f"/desk/{file.pk}/history/{query}")


def test_history_goes_on_to_the_first_event_without_loss(as_bdm: Client) -> None:
    file = make_submitted()
    moments = [NOW + dt.timedelta(minutes=n // 3) for n in range(120)]  # three at one moment
    Event.objects.bulk_create(Event(enrollment=file, at=at, kind="reminded", source="api") for at in moments)
    whole = file.events.count()
    seen, query = 0, ""

    while True:
        page = history(as_bdm, file, query)
        seen += len(page.context["events"])
        if not page.context["older"]:
            break
        query = f"?show=all&before={quote(page.context['older'], safe='')}"

    assert seen == whole > 120


def test_history_is_filtered(as_bdm: Client, bdm: User) -> None:
    file = make_submitted()
    Event.objects.create(enrollment=file, at=NOW, kind="reminded", source="api")
    outbox.put(to="a@company.example", subject="Rappel", text="x", now=NOW, thread=f"enrollment-{file.pk}")
    outbox.put(to="b@company.example", subject="Autre", text="x", now=NOW, thread=f"enrollment-{make_enrollment().pk}")

    people = history(as_bdm, file, "?show=people").context["events"]
    systems = history(as_bdm, file, "?show=systems").context["events"]
    mails = history(as_bdm, file, "?show=mails").content.decode()

    assert all(line.who for line in people)
    assert systems
    assert not any(line.who for line in systems)
    assert "a@company.example" in mails
    assert "b@company.example" not in mails


@pytest.mark.parametrize(
    "query",
    ["show=nonsense", "before=x", "before=2026-01-01~1", "before=0001-01-01T00:00:00%2B23:59~1", "show=mails&before=-1",
     "show=mails&before=%00", f"show=mails&before={'9' * 40}", "before=2026-01-01T00:00:00%2B00:00~"],
)  # fmt: skip
def test_history_s_bad_address_is_a_sentence(query: str, as_bdm: Client) -> None:
    page = history(as_bdm, make_submitted(), f"?{query}")

    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()


def test_history_of_another_country_is_404(as_bdm: Client, as_reseller: Client) -> None:
    assert history(as_bdm, make_submitted(country="DE")).status_code == 404
    assert history(as_reseller, make_submitted()).status_code == 404


def test_what_is_new_since_my_last_look_is_shown_and_each_look_is_ones_own(as_bdm: Client, bdm: User) -> None:
    file, colleague = make_submitted(), make_bdm("FR").user
    path = f"/desk/{file.pk}/"
    first = as_bdm.get(path)
    assert first.context["fresh"] == []  # nothing to compare with yet
    for _twice in range(2):
        as_bdm.post(f"{path}seen/", {"upto": first.context["newest"]})
    Event.objects.create(enrollment=file, at=NOW, kind="reminded", source="api")
    Event.objects.create(enrollment=file, at=NOW, kind="taken_up", source="bdm", actor=bdm)  # one's own is not new

    page = as_bdm.get(path)

    assert [line.title for line in page.context["fresh"]] == [TITLES["reminded"]]
    assert "Depuis votre dernière visite" in page.content.decode()
    as_bdm.post(f"{path}seen/", {"upto": first.context["newest"]})  # an older page's mark takes nothing back
    as_bdm.post(f"{path}seen/", {"upto": page.context["newest"]})
    assert as_bdm.get(path).context["fresh"] == []
    assert list(FileLook.objects.values_list("user", flat=True)) == [bdm.pk]
    as_colleague = Client()
    as_colleague.force_login(colleague)
    assert as_colleague.get(path).context["fresh"] == []


@pytest.mark.parametrize("upto", ["", "abc", "-1", "9" * 30, "\0", "0"])
def test_a_mark_that_is_no_event_marks_nothing(upto: str, as_bdm: Client) -> None:
    file = make_submitted()

    assert as_bdm.post(f"/desk/{file.pk}/seen/", {"upto": upto}).status_code == 302
    assert not FileLook.objects.exists()


def test_who_has_the_file_open_is_named_for_a_minute() -> None:
    file, people = make_submitted(), [make_bdm("FR").user for _each in range(2)]
    User.objects.filter(pk=people[0].pk).update(name="Camille Dupont")
    people[0].refresh_from_db()

    def report(user: User, seconds: int) -> list[str]:
        return presence.report(enrollment=file, user=user, now=NOW + dt.timedelta(seconds=seconds))

    assert report(people[0], 0) == []
    assert report(people[1], 30) == ["Camille Dupont"]
    assert report(people[1], 61) == []
    assert presence.report(enrollment=make_submitted(), user=people[0], now=NOW) == []


def test_presence_is_a_post_for_those_who_may_open_the_file(as_bdm: Client, as_reseller: Client) -> None:
    file = make_submitted()

    assert as_bdm.post(f"/desk/{file.pk}/presence/").status_code == 200
    assert as_bdm.get(f"/desk/{file.pk}/presence/").status_code == 405
    assert as_reseller.post(f"/desk/{file.pk}/presence/").status_code == 404
    assert as_bdm.post(f"/desk/{make_submitted(country='DE').pk}/seen/").status_code == 404


@pytest.mark.parametrize(("seen", "is_unknown"), [(["migrating"], True), ([], False)])
def test_unknown_answer_of_a_system_is_not_called_no_answer(seen: list[str], *, is_unknown: bool) -> None:
    check = check_of(make_submitted(), Kind.MARKETPLACE, Authority.INGRAM)
    check.state, check.phase, check.reason, check.source = "in_progress", "bdm_looks", "desk_must_look", "api"
    check.evidence = {"status": "migrating", "seen": seen}

    with translation.override("en"):
        what_to_do = str(check_cards.side(check.enrollment, check, for_staff=True).what_to_do)

    assert what_to_do.startswith("The system's answer below") is is_unknown
    assert what_to_do.startswith("No system can check this") is not is_unknown
