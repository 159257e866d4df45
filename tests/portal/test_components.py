"""What the pieces print: meanings by shape and word, moments, numbers, links."""

import datetime as dt
import zoneinfo
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import timezone, translation

from portal.web.templatetags import portal as tags
from tests.portal.people import Page


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en-gb"):
        yield


@pytest.mark.parametrize(
    ("code", "css"),
    [
        ("passed", "is-done"), ("waived", "is-done"), ("in_progress", "is-moving"), ("microsoft", "is-moving"),
        ("action_needed", "is-turn"), ("reseller", "is-turn"), ("refused", "is-refused"), ("different", "is-refused"),
        ("locked", "is-none"), ("not_started", "is-none"), ("nobody", "is-none"), ("unheard-of", "is-none"),
    ],
)  # fmt: skip
def test_a_status_has_a_meaning_a_drawing_and_a_word(code: str, css: str):
    html = render_to_string("components/status_badge.html", {"status": code, "label": "The word"})

    shown = Page(html)
    assert css in shown.elements[0].attrs["class"].split()
    assert shown.all("svg")[0].attrs["aria-hidden"] == "true"
    assert shown.elements[0].text.strip() == "The word"


def test_the_four_meanings_differ_in_shape():
    drawings = {tags.status_icon(code) for code in ("passed", "in_progress", "action_needed", "refused", "locked")}

    assert len(drawings) == 5


@pytest.mark.parametrize(
    ("number", "groups"),
    [("123456789", ["12", "345", "6789"]), ("4823911", ["4", "823", "911"]), ("12345", ["12", "345"])],
)
def test_grouped_numbers_are_one_number_when_copied(number: str, groups: list[str]):
    shown = Page(tags.grouped(number))

    assert [e.text for e in shown.all("span")[1:]] == groups
    assert shown.all("span")[0].text == number


def test_grouped_leaves_other_texts_alone_and_escapes_them():
    assert tags.grouped("<b>RCS 1</b>") == "&lt;b&gt;RCS 1&lt;/b&gt;"


def test_a_moment_is_absolute_with_its_distance_beside_it():
    paris = zoneinfo.ZoneInfo("Europe/Paris")
    moment = timezone.now() - dt.timedelta(days=3, minutes=5)

    shown = Page(tags.when(moment))

    [time] = shown.all("time")
    local = moment.astimezone(paris)
    assert time.attrs["datetime"] == local.isoformat(timespec="minutes")
    assert time.text == f"{local.day} {local:%B %Y}, {local:%H:%M} (3\xa0days ago)"


def test_a_moment_of_the_first_is_written_as_french_counts_it():
    noon = dt.datetime(2026, 12, 1, 11, 0, tzinfo=dt.UTC)

    with translation.override("fr"):
        assert (tags.minute(noon), tags.day(noon)) == ("1er décembre 2026, 12:00", "1er décembre 2026")


def test_days_that_are_one_are_said_once():
    first, last = dt.date(2026, 12, 1), dt.date(2026, 12, 4)

    with translation.override("fr"):
        assert tags.to(first, last) == "du 1er décembre 2026 au 4 décembre 2026"
        assert (tags.to(last, last), tags.to(last, None)) == ("4 décembre 2026", "4 décembre 2026")


def test_a_day_says_how_far_it_is():
    assert "(tomorrow)" in tags.when(timezone.localdate() + dt.timedelta(days=1))
    assert "(in 5 days)" in tags.when(timezone.localdate() + dt.timedelta(days=5))
    assert tags.when(None) == ""


def test_an_external_link_leads_only_to_the_web():
    assert 'rel="noopener noreferrer external"' in tags.external_link("https://learn.microsoft.com/", "Guide")
    assert tags.external_link("javascript:alert(1)", "Guide") == "Guide"


def test_the_journey_tells_the_current_step_and_links_no_locked_one():
    steps = [
        SimpleNamespace(
            number=n, title=f"Step {n}", url=url, status=status, status_label=status, minutes=3, current=n == 2, note=""
        )
        for n, url, status in [(1, "/1", "done"), (2, "/2", "action_needed"), (3, "", "locked")]
    ]

    shown = Page(render_to_string("components/journey.html", {"steps": steps}))

    assert "Step 2 of 3" in shown.all("summary")[0].text
    # Printed twice: the rail, and the list behind "Step 2 of 3".
    assert [e.attrs["href"] for e in shown.all("a")] == ["/1", "/2"] * 2
    assert len(shown.all("li", **{"aria-current": "step"})) == 2


def test_a_check_card_names_each_authority_beside_its_own_state():
    def side(label: str, state: str) -> SimpleNamespace:
        return SimpleNamespace(authority_label=label, state=state, state_label=state, headline="", what_to_do="")

    card = SimpleNamespace(
        kind="domain",
        title="Domain",
        proves="",
        ours=side("Our check", "passed"),
        theirs=side("Microsoft's decision", "refused"),
    )

    shown = Page(render_to_string("components/check_card.html", {"card": card}))

    told = [" ".join(e.text.split()) for e in shown.all("div") if "check-side " in (e.attrs["class"] or "") + " "]
    assert told == ["Our check passed", "Microsoft's decision refused"]


def test_a_page_prints_what_people_typed_as_text():
    html = Template('{% include "components/timeline.html" with events=events only %}').render(
        Context(
            {"events": [SimpleNamespace(at=timezone.now(), title="<script>", who="<b>", source_label="", detail="")]}
        )
    )

    assert "<script>" not in html
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [("fr", "1er novembre 2026", "2 novembre 2026"), ("en-gb", "1 November 2026", "2 November 2026")],
)
def test_first_of_a_month_is_written_as_its_language_does(language: str, first: str, second: str):
    with translation.override(language):
        days = [tags.day(dt.date(2026, 11, day)) for day in (1, 2)]
        moment = tags.when(dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC))

    assert days == [first, second]
    assert f">{first}, 13:00 <" in moment


@pytest.mark.parametrize(("language", "text"), [("fr", "50\u00a0000"), ("en-gb", "50,000")])
def test_thousands_stand_apart(language: str, text: str):
    with translation.override(language):
        assert (tags.counted(50_000), tags.counted(7)) == (text, "7")


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("fr", ["0 étape terminée sur 5", "1 étape terminée sur 5", "2 étapes terminées sur 5"]),
        ("en-gb", ["0 of 5 steps done", "1 of 5 steps done", "2 of 5 steps done"]),
    ],
)
def test_steps_done_are_counted_in_the_reader_s_grammar(language: str, texts: list[str]):
    steps = [SimpleNamespace(status="done", title="", status_label="")] * 5
    with translation.override(language):
        shown = [render_to_string("onboarding/_progress.html", {"steps": steps, "done": n}) for n in range(3)]

    assert [text in html for text, html in zip(texts, shown, strict=True)] == [True] * 3
