"""Editions: the files come in once, a draft is compared before it is published, the published never changes."""

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.utils import timezone

from licensing.domain import editions, reviews
from licensing.domain.decision import decide
from licensing.enums import EditionState, Kind, Outcome
from licensing.models import Edition, Example, Fact, Source
from portal.notices.models import Mail
from tests.builders import make_user

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 22)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(make_user(is_staff=True, is_superuser=True, language="en-gb"), backend=BACKEND)
    return client


def test_loading_again_changes_nothing() -> None:
    before = (Edition.objects.count(), Fact.objects.count(), Example.objects.count())

    again = editions.load(now=timezone.now())

    assert again is None
    assert (Edition.objects.count(), Fact.objects.count(), Example.objects.count()) == before


def test_what_the_database_holds_is_what_the_files_say() -> None:
    assert editions.digest_of(editions.current().every) == editions.digest_of(editions.read_files())


@pytest.mark.parametrize("how", ["update", "delete", "insert"])
def test_a_published_fact_cannot_be_changed_even_by_hand(how: str) -> None:
    fact = Fact.objects.filter(edition__state=EditionState.PUBLISHED).first()
    assert fact is not None

    with pytest.raises(DatabaseError, match="do not change"), transaction.atomic():
        if how == "update":
            Fact.objects.filter(pk=fact.pk).update(text_fr="autre chose")
        elif how == "delete":
            fact.delete()
        else:
            fact.pk, fact.key = None, "another"
            fact.save(force_insert=True)


def test_two_facts_about_one_thing_cannot_hold_on_one_day() -> None:
    draft = editions.draft(note="overlap")
    fact = draft.facts.filter(kind=Kind.CELL, key="sa", programme="open_value").get()
    fact.pk = None

    with pytest.raises(IntegrityError, match="fact_one_at_a_time"), transaction.atomic():
        fact.save(force_insert=True)


def test_another_reading_may_hold_on_the_same_day_if_it_names_its_conflict() -> None:
    draft = editions.draft(note="conflict")
    fact = draft.facts.filter(kind=Kind.CELL, key="sa", programme="open_value").get()
    fact.pk, fact.rank = None, 1
    with pytest.raises(IntegrityError, match="names_conflict"), transaction.atomic():
        fact.save(force_insert=True)
    fact.conflict = "C99"

    fact.save(force_insert=True)

    assert draft.facts.filter(kind=Kind.CELL, key="sa", programme="open_value").count() == 2


def close_the_government_question(draft: Edition) -> None:
    """An administrator learns that government may buy perpetual software in CSP."""
    facts = draft.facts.filter(kind=Kind.SECTOR, key="government", programme="csp_perpetual", conflict="C02")
    facts.filter(rank=1).delete()
    facts.filter(rank=0).update(value={"effect": "available"}, conflict="", confidence="explicit")


def test_preview_shows_which_answers_change_and_publishing_changes_them() -> None:
    draft = editions.draft(note="government may")
    close_the_government_question(draft)

    preview = editions.preview(draft, today=DAY)
    old = editions.current()
    editions.publish(edition=draft, by=None, now=timezone.now())

    [changed] = preview.changed
    assert (changed.before.outcome, changed.after.outcome) == (Outcome.ASK_BDM, Outcome.CSP_PERPETUAL)
    assert (len(preview.added), len(preview.gone), preview.examples) == (1, 2, 14)
    case = editions.case_from(Example.objects.get(title=changed.title).case)
    assert decide(case, editions.current()).outcome == Outcome.CSP_PERPETUAL
    # Who was told by the old edition can still read why.
    assert decide(case, old).outcome == Outcome.ASK_BDM
    assert decide(case, editions.of(Edition.objects.get(number=old.edition))).outcome == Outcome.ASK_BDM


# Each kind of fact that pages show in words, and the page on which it stands. A cell that holds at another time, and an
# event to come, are shown with their days.
SHOWN = [
    (Kind.SENTENCE, "", "/licensing/advice/?need=online_service&sector=government&country=FR"),
    (Kind.ROW, "sa", "/licensing/compare/?x="),
    (Kind.FOOTNOTE, "", "/licensing/compare/?x="),
    (Kind.ADVICE, "no_sa", "/?x="),
    (Kind.TRANSFER, "today_mca", "/licensing/transfer/?country=FR"),
]


@pytest.mark.parametrize(("kind", "key", "page"), SHOWN, ids=[kind for kind, _key, _page in SHOWN])
def test_a_fact_of_a_day_to_come_is_shown_from_that_day_on(
    client: Client, monkeypatch: pytest.MonkeyPatch, kind: Kind, key: str, page: str
) -> None:
    day = timezone.localdate() + dt.timedelta(days=40)
    draft = editions.draft(note="from a day on")
    facts = draft.facts.filter(kind=kind, **({"key": key} if key else {}))
    shown = client.get(page).content.decode()
    one = next(fact for fact in facts if html.escape(fact.text_fr) in shown)
    start = one.valid.lower if one.valid else None
    draft.facts.filter(pk=one.pk).update(valid=DateRange(start, day))
    one.pk, one.valid, one.text_fr = None, DateRange(day, None), "La règle de demain."
    one.save(force_insert=True)
    editions.publish(edition=draft, by=None, now=timezone.now())

    today = client.get(page).content.decode()
    monkeypatch.setattr(timezone, "localdate", lambda value=None, tz=None: day)
    then = client.get(page).content.decode()

    assert ("La règle de demain." in today, "La règle de demain." in then) == (False, True)


def test_an_edition_is_published_once() -> None:
    draft = editions.draft(note="once")
    editions.publish(edition=draft, by=None, now=timezone.now())

    with pytest.raises(editions.NotADraftError):
        editions.publish(edition=draft, by=None, now=timezone.now())


def test_new_files_wait_as_a_draft_where_an_administrator_published() -> None:
    own = editions.draft(note="own")
    own.facts.filter(kind=Kind.SENTENCE, key="R99").update(text_en="Call us.")
    editions.publish(edition=own, by=None, now=timezone.now())
    # As if the files had changed since.
    Edition.objects.filter(from_files=True).update(digest="before")

    loaded = editions.load(now=timezone.now())

    assert loaded is not None
    assert Edition.objects.get(pk=loaded.pk).state == EditionState.DRAFT
    assert editions.current().sentence("R99", "en", on=DAY) == "Call us."


def test_preview_shows_the_words_that_an_answer_loses_and_gets(administrator: Client) -> None:
    draft = editions.draft(note="words")
    draft.facts.filter(kind=Kind.SENTENCE, key="R15").update(text_en="Buy it in CSP.", text_fr="Achetez-le dans CSP.")
    draft.facts.filter(kind=Kind.NUMBER, key="perpetual.return").update(value={"amount": 20})

    html = administrator.get(f"/admin/licensing/edition/{draft.pk}/preview/").content.decode()

    assert "Buy it in CSP." in re.findall("<ins>(.*?)</ins>", html)
    assert any("within 20 days" in text for text in re.findall("<ins>(.*?)</ins>", html))
    assert any("within 30 days" in text for text in re.findall("<del>(.*?)</del>", html))


def test_administrator_makes_a_draft_edits_it_looks_and_publishes(administrator: Client) -> None:
    administrator.post("/admin/licensing/edition/add/", {"note": "A better word"})
    draft = Edition.objects.get(state=EditionState.DRAFT)
    fact = draft.facts.get(kind=Kind.SENTENCE, key="R99")
    form = administrator.get(f"/admin/licensing/fact/{fact.pk}/change/").context["adminform"].form
    values = {name: form.initial.get(name) for name in form.fields if form.initial.get(name) is not None}
    values |= {"text_en": "Call us.", "valid_0": "", "valid_1": "", "value": "{}", "edition": draft.pk}
    values.pop("valid")
    saved = administrator.post(f"/admin/licensing/fact/{fact.pk}/change/", values)

    preview = administrator.get(f"/admin/licensing/edition/{draft.pk}/preview/")
    still = editions.current().sentence("R99", "en", on=DAY)
    published = administrator.post(f"/admin/licensing/edition/{draft.pk}/preview/")
    again = administrator.post(f"/admin/licensing/edition/{draft.pk}/preview/")

    # No watched example uses it: its words change no answer.
    assert b"<ins>" not in preview.content
    assert saved.status_code == 302, saved.context["adminform"].form.errors
    assert "Call us." in preview.content.decode()
    assert still != "Call us."
    assert (published.status_code, again.status_code) == (302, 403)
    assert editions.current().sentence("R99", "en", on=DAY) == "Call us."


def test_published_facts_are_read_only_in_the_administration(administrator: Client) -> None:
    fact = Fact.objects.filter(edition__state=EditionState.PUBLISHED).first()
    assert fact is not None

    answer = administrator.post(f"/admin/licensing/fact/{fact.pk}/change/", {"text_en": "x"})

    assert answer.status_code == 403


def test_the_list_of_facts_writes_days_and_no_range_of_the_database(administrator: Client) -> None:
    shown = administrator.get("/admin/licensing/fact/?kind__exact=event").content.decode()

    assert re.search(r'class="field-_days">[^<]*\d{4}<', shown)
    assert not re.search(r"[\[(](None|\d{4}-\d\d-\d\d), ", shown)


@pytest.mark.parametrize("model", [m._meta.model_name for m in apps.get_app_config("licensing").get_models()])
def test_every_list_and_form_opens(administrator: Client, model: str) -> None:
    assert administrator.get(f"/admin/licensing/{model}/?q=a").status_code == 200
    assert administrator.get(f"/admin/licensing/{model}/add/").status_code in (200, 403)


def test_reading_the_facts_again_costs_one_small_query(django_assert_num_queries: object) -> None:
    editions.current()

    with django_assert_num_queries(1):  # type: ignore[operator]
        editions.current()


# --- what must not be published, and what does not change once it is ------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "key", "broken"),
    [
        ("sentence", "R05", {"text_en": "Buy {product_x}."}),
        ("sentence", "R05", {"text_fr": "Achetez {0}."}),
        ("sentence", "R05", {"text_fr": " "}),
        ("number", "perpetual.return", {"value": {"amount": "thirty"}}),
        ("number", "perpetual.return", {"value": {"amount": True}}),
        ("event", "open_end", {"valid": DateRange(None, None)}),
    ],
)
def test_what_no_page_could_show_is_not_published(
    administrator: Client, kind: str, key: str, broken: dict[str, Any]
) -> None:
    before = Edition.objects.get(state="published")
    edition = editions.draft(note="broken")
    row = Fact.objects.filter(edition=edition, kind=kind, key=key).order_by("valid").last()
    assert row is not None
    Fact.objects.filter(pk=row.pk).update(**broken)
    place = f"/admin/licensing/edition/{edition.pk}/preview/"

    shown = administrator.get(place).content.decode()
    administrator.post(place)

    assert f"{kind} / {key}: " in shown
    assert "Publish this edition" not in shown
    assert Edition.objects.get(state="published") == before


def test_what_is_shipped_can_be_shown() -> None:
    assert editions.faults(editions.current()) == []


def test_a_source_that_is_corrected_changes_no_edition_that_was_published() -> None:
    published = Edition.objects.get(state="published")
    before = published.sources["guide"]["title_en"]

    Source.objects.filter(pk="guide").update(title_en="Another guide")
    facts = editions._read(published.pk)
    editions.publish(edition=editions.draft(note="the title"), by=None, now=timezone.now())
    after = editions._read(Edition.objects.get(state="published").pk)

    assert facts.sources["guide"].title_en == before
    assert after.sources["guide"].title_en == "Another guide"


def test_sources_that_nobody_read_for_long_are_told_to_administrators_once() -> None:
    admin = make_user(is_superuser=True, is_staff=True)
    make_user()
    make_user(is_superuser=True, is_staff=True, is_active=False)
    make_user(is_superuser=True)  # may not open the admin
    last = max(Source.objects.values_list("read_on", flat=True))
    Source.objects.update(read_on=last)
    cited = len(Edition.objects.get(state="published").sources)

    counts = [
        reviews.remind(dt.datetime.combine(last, dt.time(12, tzinfo=dt.UTC)) + dt.timedelta(days=days))
        for days in (0, 179, 180, 181)
    ]
    Source.objects.filter(pk="guide").update(review_days=400)

    assert (counts[0], counts[2], counts[3]) == (0, cited, cited)
    assert len(reviews.due(today=last + dt.timedelta(days=181))) == cited - 1
    assert list(Mail.objects.filter(code="sources_due").values_list("to", flat=True)) == [admin.email]


@pytest.mark.parametrize("field", ["read_on", "published_on"])
@pytest.mark.parametrize(("days", "status"), [(1, 200), (400, 200), (0, 302), (-30, 302)])
def test_nobody_has_read_a_source_on_a_day_to_come(administrator: Client, field: str, days: int, status: int) -> None:
    source = Source.objects.exclude(place="").first()
    assert source is not None
    day = timezone.localdate() + dt.timedelta(days=days)
    answers = {
        "kind": source.kind, "title_fr": source.title_fr, "title_en": source.title_en, "place": source.place,
        "published_on": source.published_on or "", "read_on": source.read_on, "review_days": 180, field: day,
    }  # fmt: skip

    answer = administrator.post(f"/admin/licensing/source/{source.pk}/change/", {"code": source.pk, **answers})

    source.refresh_from_db()
    assert (answer.status_code, getattr(source, field) == day) == (status, status == 302)
