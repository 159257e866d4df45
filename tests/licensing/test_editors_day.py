"""An editor's day: what a change reaches, publishing on a date, and which sources are to be read again."""

import datetime as dt
import html

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone, translation

from licensing.domain import edition_places, editions, plans, reviews
from licensing.domain.edition_faults import unanswered
from licensing.domain.facts import Facts
from licensing.enums import EditionState, Kind
from licensing.models import Customer, Edition, Fact, Line, Source
from portal.notices.models import Mail
from portal.partners.models import Partner
from tests.builders import make_user

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TODAY = dt.date(2026, 11, 29)
NOW = dt.datetime(2026, 11, 29, 9, tzinfo=dt.UTC)


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True, language="en-gb"), backend=BACKEND)
    return client


def found_places(draft: Edition) -> dict[str, int]:
    with translation.override("en"):
        return {place.title: place.number for place in edition_places.places(draft, today=TODAY)}


@pytest.mark.parametrize(
    ("kind", "key", "programme", "change", "places"),
    [
        (Kind.SENTENCE, "R05", "", {"text_en": "Buy it in CSP."}, {"What should my customer buy?"}),
        (Kind.CELL, "term", "open_value", {"text_en": "4 years"}, {"Compare the programmes"}),
        (Kind.EVENT, "open_end", "", {"text_en": "It closes."}, {"Calendar of changes", "The visitor's home"}),
        (Kind.EVENT, "sql_virtual", "", {"text_en": "SQL."}, {"Calendar of changes"}),
        (Kind.TRANSFER, "wait", "", {"text_en": "Wait."}, {"Transfer guide"}),
        (Kind.ADVICE, "no_sa", "csp_perpetual", {"text_en": "Buy."}, {"Transfer guide", "The visitor's home"}),
    ],
)
def test_each_place_that_a_change_reaches_is_named(
    kind: str, key: str, programme: str, change: dict[str, str], places: set[str]
) -> None:
    draft = editions.draft(note="change")
    draft.facts.filter(kind=kind, key=key, programme=programme).update(**change)

    assert set(found_places(draft)) == places


def test_plans_that_would_change_are_counted_by_line(partner: Partner) -> None:
    customer = Customer.objects.create(partner=partner, name="Nord", key="nord", sector="commercial")
    for number in range(3):
        Line.objects.create(
            customer=customer, identity=str(number), product="Office 365", family="office_365", online=True,
            quantity=5, row_no=2, end_on=dt.date(2027, 3, 1 + number),
        )  # fmt: skip
    plans.make(partner=partner, customers=[customer.pk], today=TODAY, now=NOW)
    draft = editions.draft(note="no more online")
    draft.facts.filter(kind=Kind.SECTOR, key="commercial", programme="csp_online").update(
        value={"effect": "not_available"}
    )

    assert found_places(draft)["Customers' plans"] == 3
    assert found_places(editions.draft(note="nothing")) == {}


def test_the_admin_shows_the_places_before_publishing(administrator: Client) -> None:
    draft = editions.draft(note="wait")
    fact = draft.facts.get(kind=Kind.TRANSFER, key="wait")
    fact.text_en = fact.text_fr = "Wait for <it>."
    fact.save()

    page = administrator.get(f"/admin/licensing/edition/{draft.pk}/preview/").content.decode()

    assert "Wait for <it>." not in page
    assert "Wait for <it>." in html.unescape(page)


# --- on a date
@pytest.mark.parametrize(("days", "published"), [(-3, True), (0, True), (1, False), (30, False)])
def test_a_draft_is_published_on_its_day(days: int, published: bool) -> None:
    draft = editions.draft(note="later", publish_on=TODAY + dt.timedelta(days=days))

    done = [editions.publish_due(NOW) for _ in range(2)]

    draft.refresh_from_db()
    assert (done, draft.state) == ([int(published), 0], EditionState.PUBLISHED if published else EditionState.DRAFT)


def test_a_draft_of_a_replaced_edition_is_held_and_its_editors_are_told_once() -> None:
    editor = make_user(is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename="change_source"))
    make_user(is_staff=True)
    late = editions.draft(note="late", publish_on=TODAY)
    editions.publish(edition=editions.draft(note="first"), by=None, now=NOW)

    done = [editions.publish_due(NOW) for _ in range(2)]

    late.refresh_from_db()
    assert (done, late.state, bool(late.held_why)) == ([0, 0], EditionState.DRAFT, True)
    assert list(Mail.objects.filter(code="edition_held").values_list("to", flat=True)) == [editor.email]


def test_an_edition_that_leaves_a_question_without_an_answer_is_not_published() -> None:
    draft = editions.draft(note="hole", publish_on=TODAY)
    draft.facts.filter(kind=Kind.SECTOR, key="education").delete()
    draft.facts.filter(kind=Kind.SENTENCE, key="R05").delete()

    with translation.override("en"):
        faults = unanswered(editions.of(draft), on=TODAY)
        shown = editions.preview(draft, today=TODAY).faults
    editions.publish_due(NOW)

    assert "the sentence R05 is missing" in faults
    assert [fault for fault in faults if "Education" in fault]
    assert shown == faults
    draft.refresh_from_db()
    assert draft.state == EditionState.DRAFT
    assert draft.held_why
    with pytest.raises(editions.BrokenFactsError):
        editions.publish(edition=draft, by=None, now=NOW)


def test_the_reviewed_files_answer_every_question(facts: Facts) -> None:
    assert unanswered(facts, on=TODAY) == []


# --- sources
@pytest.mark.parametrize(("read_on", "days", "due"), [(180, 180, True), (179, 180, False), (31, 30, True)])
def test_a_source_is_listed_from_the_day_it_should_be_read_again(
    administrator: Client, read_on: int, days: int, due: bool
) -> None:
    today = timezone.localdate()
    Source.objects.update(read_on=today)
    Source.objects.filter(pk="NCEC").update(read_on=today - dt.timedelta(days=read_on), review_days=days)

    page = administrator.get("/admin/licensing/source/?due=1").content.decode()

    assert ("/admin/licensing/source/NCEC/" in page) == due
    assert "/admin/licensing/source/guide/" not in page


def test_reading_it_again_takes_a_source_off_the_list(administrator: Client) -> None:
    today = timezone.localdate()
    Source.objects.update(read_on=today)
    Source.objects.filter(pk__in=["NCEC", "TCEX"]).update(read_on=today - dt.timedelta(days=400))
    asked = {"action": "mark_read", "_selected_action": ["NCEC"]}

    for _ in range(2):
        administrator.post("/admin/licensing/source/", asked)

    assert [one.code for one in reviews.due(today=today)] == ["TCEX"]


def test_editors_without_all_rights_are_told_of_sources_too() -> None:
    editor, administrator = make_user(is_staff=True), make_user(is_staff=True, is_superuser=True)
    editor.user_permissions.add(Permission.objects.get(codename="change_source"))
    make_user(is_staff=True)
    Source.objects.update(read_on=TODAY - dt.timedelta(days=500))

    reviews.remind(NOW)

    told = set(Mail.objects.filter(code="sources_due").values_list("to", flat=True))
    assert told == {editor.email, administrator.email}


def test_a_source_in_use_is_not_removed(administrator: Client) -> None:
    administrator.post("/admin/licensing/source/NCEC/delete/", {"post": "yes"})

    assert Source.objects.filter(pk="NCEC").exists()
    assert Fact.objects.filter(source="NCEC").exists()
